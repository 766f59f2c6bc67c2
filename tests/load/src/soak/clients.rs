//! The clients of a soak: one function for each kind. Each one knows what it must get back.

use std::{
    io::{self, Read as _, Write as _},
    iter,
    net::{Shutdown, TcpStream},
    thread,
    time::{Duration, Instant},
};

use fastrand::Rng;
use socket2::SockRef;
use tests::{DEADLINE, binaries::start_unread_client};

use super::{
    Account, TIMEOUT, cut_off,
    script::{Script, check, expect_all},
    slow,
};
use crate::room::advise;

/// What a client did and saw, or what it did not get.
pub(super) type Done = io::Result<Account>;
type Client = fn(&str, &mut Rng) -> Done;

/// The kinds of clients, each with its share.
const KINDS: [(usize, &str, Client); 12] = [
    (40, "busy, in pieces of any size", |address, random| exchange(address, random, 200, 2000, 0)),
    (10, "slow, byte by byte", |address, random| exchange(address, random, 3, 1, 9)),
    (10, "idle", idle),
    (10, "silent", silent),
    (10, "silent within a heartbeat", silent_within_a_heartbeat),
    (10, "resetting", resetting),
    (10, "leaving", leaving),
    (1, "deaf", deaf),
    (4, "our own", our_own),
    (3, "a slow reader", slow::reader),
    (2, "our own, which only receives", slow::receiver_only),
    (4, "our own, cut off again and again", cut_off::session),
];

/// Runs a client of a kind chosen at random. An error names the kind.
pub(super) fn run_one(address: &str, random: &mut Rng) -> Done {
    let kinds: Vec<_> = KINDS.iter().flat_map(|kind| iter::repeat_n(kind, kind.0)).collect();
    let (_, name, run) = kinds[random.usize(..kinds.len())];
    run(address, random).map_err(|error| io::Error::other(format!("a client ({name}): {error}")))
}

fn connect(address: &str) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).map_err(advise)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    Ok(stream)
}

/// Sends up to `messages` lines and heartbeats in pieces of up to `bytes` bytes, with pauses of up
/// to `pause` milliseconds.
fn exchange(address: &str, random: &mut Rng, messages: usize, bytes: usize, pause: u64) -> Done {
    let script = Script::random(random, messages);
    let mut stream = connect(address)?;
    let mut rest = &script.request[..];
    while !rest.is_empty() {
        let (piece, later) = rest.split_at(random.usize(1..=rest.len().min(bytes)));
        stream.write_all(piece)?;
        thread::sleep(Duration::from_millis(random.u64(..=pause)));
        rest = later;
    }
    stream.shutdown(Shutdown::Write)?;
    expect_all(&mut stream, &script.reply)?;
    Ok(script.answered())
}

/// Heartbeats, well within the timeout.
fn idle(address: &str, random: &mut Rng) -> Done {
    let mut script = Script::default();
    let mut stream = connect(address)?;
    for _ in 0..random.u8(1..12) {
        script.heartbeat();
        stream.write_all(b"HeartBeat")?;
        let mut reply = [0; 2];
        stream.read_exact(&mut reply)?;
        check(&reply, b"OK")?;
        thread::sleep(TIMEOUT / 16);
    }
    Ok(script.answered())
}

/// A line, and then nothing.
fn silent(address: &str, random: &mut Rng) -> Done {
    let mut script = Script::default();
    script.line(if random.bool() { b"last words" } else { b"" });
    fall_silent(address, &script)
}

/// Part of a heartbeat, and then nothing.
fn silent_within_a_heartbeat(address: &str, random: &mut Rng) -> Done {
    let half = b"HeartBeat"[..random.usize(1..9)].to_vec();
    fall_silent(address, &Script { request: half, ..Script::default() })
}

/// Sends a script, and then nothing: the client must be evicted, and not too early.
fn fall_silent(address: &str, script: &Script) -> Done {
    let mut stream = connect(address)?;
    let sent = Instant::now();
    stream.write_all(&script.request)?;
    expect_all(&mut stream, &script.reply)?;
    let silent = sent.elapsed();
    if silent < TIMEOUT {
        return Err(io::Error::other(format!("closed after only {silent:?} of silence")));
    }
    Ok(Account { evicted: 1, ..script.answered() })
}

/// Sends a part of what it has to send, and resets the connection.
fn resetting(address: &str, random: &mut Rng) -> Done {
    let script = Script::random(random, 20);
    let mut stream = connect(address)?;
    let part = &script.request[..random.usize(..script.request.len())];
    stream.write_all(part)?;
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    let lines = part.iter().filter(|&&byte| byte == b'\n').count() as u64;
    Ok(Account { connections: 1, abandoned: lines, died: 1, ..Account::default() })
}

fn leaving(address: &str, _: &mut Rng) -> Done {
    connect(address)?;
    Ok(Account { connections: 1, ..Account::default() })
}

/// Writes without end and reads nothing: it must be evicted although it sends so much.
fn deaf(address: &str, _: &mut Rng) -> Done {
    let mut stream = connect(address)?;
    stream.set_write_timeout(Some(DEADLINE))?;
    let error = loop {
        if let Err(error) = stream.write_all(&[b'x'; 8192]) {
            break error;
        }
    };
    match error.kind() {
        io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset => {
            Ok(Account { connections: 1, evicted: 1, ..Account::default() })
        }
        _ => Err(error),
    }
}

/// Our client program, which is fed with lines and pauses. In the pauses only its heartbeats keep
/// it alive. Some are killed.
fn our_own(address: &str, random: &mut Rng) -> Done {
    let rule = ["--idle", "500ms", "--retry-interval", "10s"];
    let mut client = start_unread_client(address, &rule)?;
    let mut output = client.take_stdout()?;
    let mut lines = 0;
    for _ in 0..random.u8(1..3) {
        let line = format!("{}\n", ["HeartBeat", "ok", "\x10", "HeartBeats"][random.usize(..4)]);
        client.type_in(&line)?;
        let mut echo = vec![0; line.len()];
        output.read_exact(&mut echo)?;
        check(&echo, line.to_ascii_uppercase().as_bytes())?;
        lines += 1;
        thread::sleep(TIMEOUT.mul_f64(random.f64() * 1.25)); // some are longer than the timeout
    }
    let account = Account { connections: 1, echoed: lines, ..Account::default() };
    if random.u8(..4) == 0 {
        drop(client); // which kills it
        return Ok(Account { died: 1, ..account });
    }
    client.close_stdin();
    let mut rest = Vec::new();
    output.read_to_end(&mut rest)?;
    check(&rest, b"")?;
    let finished = client.finish()?;
    let count = |field| finished.event("summary").and_then(|summary| summary.u64(field));
    let complete = finished.event("ended").is_some_and(|ended| ended.reason() == "complete");
    if complete && [count("lines_sent"), count("lines_answered")] == [Some(lines); 2] {
        return Ok(account);
    }
    Err(io::Error::other(format!("{lines} lines were not answered:\n{}", finished.log())))
}
