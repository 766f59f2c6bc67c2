//! What our client adds to a round trip.

use std::{
    io::{self, BufRead as _, BufReader},
    net::TcpStream,
    time::Instant,
};

use tests::{
    binaries::start_unread_client,
    proc::{cost, sleeps},
};

use super::{histogram, millis, record, round_trip, start_server};

pub(super) fn round_trips() -> io::Result<()> {
    const ROUNDS: u64 = 20_000;

    let server = start_server("1h")?;
    let mut client = start_unread_client(&server.address, &["-q"])?;
    let mut stdout = BufReader::new(client.take_stdout()?);
    let mut stream = TcpStream::connect(&server.address)?;
    stream.set_nodelay(true)?;
    let (mut ours, mut raw, mut line) = (histogram(), histogram(), String::new());
    let before = (cost(client.pid())?, sleeps(client.pid())?);
    for _ in 0..ROUNDS {
        round_trip(&mut stream, &mut raw)?;
        let start = Instant::now();
        client.type_in("hello\n")?;
        line.clear();
        stdout.read_line(&mut line)?;
        record(&mut ours, start.elapsed());
    }
    let after = (cost(client.pid())?, sleeps(client.pid())?);
    let (ours, raw) = (millis(&ours, 0.5) * 1e3, millis(&raw, 0.5) * 1e3);
    println!(
        "a line's round trip took {ours:.1}us through our client and {raw:.1}us through a raw \
         socket (medians of {ROUNDS}), ratio {:.2}",
        ours / raw
    );
    println!(
        "for each line the client's threads went to sleep {:.2} times, and used {:.1}us of CPU time",
        (after.1 - before.1) as f64 / ROUNDS as f64,
        after.0.micros_per_reply(&before.0, ROUNDS)
    );
    Ok(())
}
