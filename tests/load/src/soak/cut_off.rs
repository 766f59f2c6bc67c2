//! Our own client with `--reconnect`, whose connection is cut again and again.

use std::{io, thread, time::Duration};

use fastrand::Rng;
use tests::{
    binaries::start_client,
    relay::{Cut, From, How, Relay},
};

use super::{
    Account,
    clients::Done,
    script::{Script, check},
};

/// Beginnings of lines that look like something else on the wire.
const BEGINNINGS: [&[u8]; 6] = [b"HeartBeat", b"ok", b"\x10", b"HeartBeats", b"", b"h"];

/// No cut comes before this byte: a first connection on which nothing came back ends the session.
const PROVEN: u64 = 10;

fn lines(random: &mut Rng) -> Script {
    let mut script = Script::default();
    for _ in 0..random.usize(5..40) {
        let rest = vec![random.lowercase() as u8; random.usize(..100)];
        script.line(&[BEGINNINGS[random.usize(..BEGINNINGS.len())], &rest].concat());
    }
    script
}

/// Types lines, half of them after a pause. Some cuts come after the last byte, and cut nothing.
pub(super) fn session(address: &str, random: &mut Rng) -> Done {
    let script = lines(random);
    let length = script.request.len() as u64;
    let cuts = (0..random.usize(1..4)).map(|_| Cut {
        from: [From::Client, From::Server][random.usize(..2)],
        after: PROVEN + random.u64(..length),
        how: [How::Reset, How::Close][random.usize(..2)],
    });
    let cuts: Vec<_> = cuts.collect();
    let relay = Relay::start(address, move |connection| cuts.get(connection).copied())?;
    let rule = ["--reconnect", "--idle", "500ms", "--retry-interval", "10s"];
    let mut client = start_client(&relay.address, &rule)?;
    let (first, second) = script.request.split_at(random.usize(..script.request.len()));
    for (text, pause) in [(first, random.u64(..1500)), (second, 0)] {
        let _ = client.type_in(text); // if it has ended too early, its log says why
        thread::sleep(Duration::from_millis(pause));
    }
    client.close_stdin();
    let finished = client.finish()?;
    let failed = |what: &str| io::Error::other(format!("{what}:\n{}", finished.log()));
    check(&finished.stdout, &script.reply).map_err(|error| failed(&error.to_string()))?;
    let summary = finished.event("summary").ok_or_else(|| failed("there is no summary"))?;
    let count = |field| summary.u64(field).unwrap_or_default();

    let passed = relay.passed(From::Client);
    let (connections, bytes) = (passed.len() as u64, passed.iter().sum::<u64>());
    let (again, heartbeats) = (count("lines_again"), count("heartbeats_sent"));
    // A line may be escaped, and so may the rest of one on a new connection. A heartbeat may have
    // been cut short.
    let escapes = script.lines + again + connections;
    let most = length + count("bytes_again") + escapes + 9 * (heartbeats + connections);
    let is_exact = finished.status.success()
        && [count("lines_sent"), count("lines_answered")] == [script.lines; 2]
        && count("connections") == connections
        && (length..=most).contains(&bytes);
    if !is_exact {
        return Err(failed(&format!("{bytes} bytes on {connections} connections do not fit")));
    }
    Ok(Account {
        connections,
        echoed: script.lines,
        sent: length,
        received: length,
        again,
        ..Account::default()
    })
}
