//! What the server promises beside its speed: how it takes a storm of clients, what an idle
//! one costs, when the silent are dropped, and what our client adds to a round trip.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

use std::{
    error::Error,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{ChildStdout, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use hdrhistogram::Histogram;

use super::process::{self, Started};
use tests::binaries::binary;

/// A promise to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Many clients connect as fast as they can; what each then costs in memory
    Storm,
    /// Many silent clients fall due together, beside one that lives
    Eviction,
    /// How late a single silent client is dropped
    Lateness,
    /// How often an idle server with 100 silent clients wakes
    Idle,
    /// A line's round trip through our client, beside a raw socket's
    Client,
}

type Outcome = Result<(), Box<dyn Error>>;

/// Measures a promise with so many clients, and prints the figures.
///
/// # Errors
/// When the server cannot be started or fails.
pub fn measure(scenario: Scenario, clients: usize) -> Outcome {
    match scenario {
        Scenario::Storm => storm(clients),
        Scenario::Eviction => eviction(clients),
        Scenario::Lateness => lateness(),
        Scenario::Idle => idle(),
        Scenario::Client => client(),
    }
}

fn server(timeout: &str) -> Result<Started, Box<dyn Error>> {
    let mut command = Command::new(binary("server"));
    command.args(["--listen", "127.0.0.1:0", "--max-connections", "12000", "--timeout", timeout]);
    Started::start(command.arg("-q"))
}

/// Connects so many clients, has each say a word, and returns them, with when the last one
/// did and how long the slowest connect took.
fn connect(
    server: &Started,
    clients: usize,
) -> Result<(Vec<TcpStream>, Instant, Duration), Box<dyn Error>> {
    let mut slowest = Duration::ZERO;
    let mut streams = Vec::with_capacity(clients);
    let mut said = Instant::now();
    for _ in 0..clients {
        let start = Instant::now();
        let mut stream = TcpStream::connect(server.address)?;
        slowest = slowest.max(start.elapsed());
        said = Instant::now();
        stream.write_all(b"hello\n")?;
        streams.push(stream);
    }
    for stream in &mut streams {
        let mut reply = [0; 6];
        stream.read_exact(&mut reply)?;
        if reply != *b"HELLO\n" {
            return Err("a reply is wrong".into());
        }
    }
    Ok((streams, said, slowest))
}

fn storm(clients: usize) -> Outcome {
    let server = server("1h")?;
    let before = process::cost(server.pid())?;
    let start = Instant::now();
    let (streams, _, slowest) = connect(&server, clients)?;
    println!(
        "{clients} clients connected and answered in {:.2}s; the slowest connect took {:.1}ms \
         (a SYN that is dropped is sent again after 1000ms)",
        start.elapsed().as_secs_f64(),
        slowest.as_secs_f64() * 1e3
    );
    let after = process::cost(server.pid())?;
    let each = (after.memory - before.memory) / streams.len() as u64;
    println!("each idle connection takes {each} bytes of the server's memory");
    let start = Instant::now();
    server.stop()?;
    println!("stopped, with all of them connected, in {:.2}s", start.elapsed().as_secs_f64());
    Ok(())
}

fn eviction(clients: usize) -> Outcome {
    const TIMEOUT: Duration = Duration::from_secs(5);

    let server = server("5s")?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let healthy = scope.spawn(|| ping(&server, &done));
        let (mut streams, said, _) = connect(&server, clients)?;
        for stream in &mut streams {
            if stream.read(&mut [0; 1])? != 0 {
                return Err("an evicted client was sent something".into());
            }
        }
        let after_the_last_deadline = said.elapsed().checked_sub(TIMEOUT);
        done.store(true, Ordering::Relaxed);
        let latency = healthy.join().expect("the healthy client does not panic")?;
        println!(
            "{clients} silent clients were evicted and closed {:.0}ms after the last one's deadline; \
             a healthy client's round trip meanwhile: p99 {:.2}ms, longest {:.2}ms",
            after_the_last_deadline.ok_or("a client was evicted too early")?.as_secs_f64() * 1e3,
            latency.value_at_quantile(0.99) as f64 / 1e6,
            latency.max() as f64 / 1e6
        );
        Ok(())
    })
}

/// A client that says a word every millisecond.
fn ping(server: &Started, done: &AtomicBool) -> std::io::Result<Histogram<u64>> {
    let mut stream = TcpStream::connect(server.address)?;
    stream.set_nodelay(true)?;
    let mut latency = histogram();
    while !done.load(Ordering::Relaxed) {
        round_trip(&mut stream, &mut latency)?;
        thread::sleep(Duration::from_millis(1));
    }
    Ok(latency)
}

fn round_trip(stream: &mut TcpStream, latency: &mut Histogram<u64>) -> std::io::Result<()> {
    let start = Instant::now();
    stream.write_all(b"hello\n")?;
    stream.read_exact(&mut [0; 6])?;
    record(latency, start.elapsed());
    Ok(())
}

fn lateness() -> Outcome {
    const TIMEOUT: Duration = Duration::from_millis(100);

    let server = server("100ms")?;
    let mut lateness = histogram();
    for _ in 0..200 {
        let mut stream = TcpStream::connect(server.address)?;
        let said = Instant::now();
        stream.write_all(b"hello\n")?;
        stream.read_exact(&mut [0; 6])?;
        let _ = stream.read(&mut [0; 1])?;
        let late = said.elapsed().checked_sub(TIMEOUT).ok_or("a client was evicted too early")?;
        record(&mut lateness, late);
    }
    println!(
        "200 silent clients, one after the other: dropped p50 {:.2}ms, p99 {:.2}ms after their \
         deadline, and never before",
        lateness.value_at_quantile(0.5) as f64 / 1e6,
        lateness.value_at_quantile(0.99) as f64 / 1e6
    );
    Ok(())
}

fn idle() -> Outcome {
    const WATCHED: Duration = Duration::from_secs(20);

    let server = server("60s")?;
    let (_streams, ..) = connect(&server, 100)?;
    let (before, slept) = (process::cost(server.pid())?, process::sleeps(server.pid())?);
    thread::sleep(WATCHED);
    let (after, sleeps) = (process::cost(server.pid())?, process::sleeps(server.pid())?);
    println!(
        "an idle server with 100 silent clients woke {} times in {}s, and used {}ms of processor time",
        sleeps - slept,
        WATCHED.as_secs(),
        (after.processor.saturating_sub(before.processor)).as_millis()
    );
    Ok(())
}

fn client() -> Outcome {
    const ROUNDS: usize = 20_000;

    let server = server("1h")?;
    let mut client = Command::new(binary("client"))
        .args(["-q", "--server", &server.address.to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (mut stdin, stdout) = (client.stdin.take(), client.stdout.take());
    let stdin = stdin.as_mut().ok_or("stdin is piped")?;
    let mut stdout: BufReader<ChildStdout> = BufReader::new(stdout.ok_or("stdout is piped")?);
    let mut raw = TcpStream::connect(server.address)?;
    raw.set_nodelay(true)?;
    let (mut ours, mut raws, mut line) = (histogram(), histogram(), String::new());
    let (before, slept) = (process::cost(client.id())?, process::sleeps(client.id())?);
    for _ in 0..ROUNDS {
        round_trip(&mut raw, &mut raws)?;
        let start = Instant::now();
        stdin.write_all(b"hello\n")?;
        line.clear();
        stdout.read_line(&mut line)?;
        record(&mut ours, start.elapsed());
    }
    let (ours, raw) = (ours.value_at_quantile(0.5) as f64, raws.value_at_quantile(0.5) as f64);
    println!(
        "a line's round trip: through our client {:.1}us, through a raw socket {:.1}us (medians of \
         {ROUNDS}), ratio {:.2}",
        ours / 1e3,
        raw / 1e3,
        ours / raw
    );
    let after = process::cost(client.id())?;
    println!(
        "for each line the client's threads went to sleep {:.2} times, and used {:.1}us of processor \
         time",
        (process::sleeps(client.id())? - slept) as f64 / ROUNDS as f64,
        after.micros_a_reply(&before, ROUNDS as u64)
    );
    client.kill()?;
    client.wait()?;
    Ok(())
}

fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are allowed")
}

fn record(histogram: &mut Histogram<u64>, duration: Duration) {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    histogram.record(nanos).expect("an unbounded histogram takes any value");
}
