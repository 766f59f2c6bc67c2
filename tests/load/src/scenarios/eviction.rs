//! When silent clients are evicted: many together, and one after the other.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tests::binaries::Server;

use crate::output::say;

use super::{Clients, histogram, millis, record, round_trip, start_server};

pub(super) fn together(clients: usize) -> io::Result<()> {
    const TIMEOUT: Duration = Duration::from_secs(5);

    let server = start_server("5s")?;
    let (address, done) = (&*server.address, AtomicBool::new(false));
    thread::scope(|scope| {
        let healthy = scope.spawn(|| talk_until(address, &done));
        let evicted = evict_all(&server, clients, TIMEOUT);
        done.store(true, Ordering::Relaxed);
        let latency = healthy.join().expect("the healthy client does not panic")?;
        say(format_args!(
            "{clients} silent clients were evicted and closed {:.0}ms after the last one's \
             deadline; a healthy client's round trip meanwhile: p99 {:.2}ms, longest {:.2}ms",
            evicted?.as_secs_f64() * 1e3,
            millis(&latency, 0.99),
            millis(&latency, 1.0)
        ))?;
        Ok(())
    })
}

/// Waits until all clients are evicted. Returns how long after the last deadline that was.
fn evict_all(server: &Server, clients: usize, timeout: Duration) -> io::Result<Duration> {
    let mut clients = Clients::connect(server, clients)?;
    for stream in &mut clients.streams {
        expect_end(stream)?;
    }
    lateness(clients.last_sent, timeout)
}

/// A client that sends a line every millisecond.
fn talk_until(address: &str, done: &AtomicBool) -> io::Result<Histogram<u64>> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut latency = histogram();
    while !done.load(Ordering::Relaxed) {
        round_trip(&mut stream, &mut latency)?;
        thread::sleep(Duration::from_millis(1));
    }
    Ok(latency)
}

pub(super) fn one_by_one() -> io::Result<()> {
    const TIMEOUT: Duration = Duration::from_millis(100);

    let server = start_server("100ms")?;
    let mut latenesses = histogram();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(&server.address)?;
        let sent = Instant::now();
        stream.write_all(b"hello\n")?;
        stream.read_exact(&mut [0; 6])?;
        expect_end(&mut stream)?;
        record(&mut latenesses, lateness(sent, TIMEOUT)?);
    }
    say(format_args!(
        "200 silent clients, one after the other, were evicted p50 {:.2}ms and p99 {:.2}ms after \
         their deadline, and never before it",
        millis(&latenesses, 0.5),
        millis(&latenesses, 0.99)
    ))?;
    Ok(())
}

fn expect_end(stream: &mut TcpStream) -> io::Result<()> {
    match stream.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(io::Error::other("a silent client was sent something")),
    }
}

/// How long the deadline of a client that was last heard at `sent` is over.
fn lateness(sent: Instant, timeout: Duration) -> io::Result<Duration> {
    let late = sent.elapsed().checked_sub(timeout);
    late.ok_or_else(|| io::Error::other("a client was closed before its deadline"))
}
