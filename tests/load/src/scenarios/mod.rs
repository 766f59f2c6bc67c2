//! What the server promises beside its speed: how it takes a storm of clients, what an idle client
//! costs, when silent clients are evicted, and what our client costs a line.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod client;
mod eviction;

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use hdrhistogram::Histogram;
use tests::{
    binaries::Server,
    proc::{cost, sleeps},
};

use crate::{output::say, room::advise, server_command};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Many clients connect as fast as they can; what each then costs in memory
    Storm,
    /// Many silent clients fall due together, beside one that lives
    Eviction,
    /// How late a single silent client is evicted
    Lateness,
    /// How often an idle server with 100 silent clients wakes
    Idle,
    /// A line's round trip through our client, beside `nc` and `socat`
    Client,
    /// How fast many lines pass through our client, beside `socat`
    Throughput,
}

impl Scenario {
    /// Measures the promise with this number of clients, and prints the figures.
    pub fn measure(self, clients: usize) -> io::Result<()> {
        match self {
            Self::Storm => storm(clients),
            Self::Eviction => eviction::together(clients),
            Self::Lateness => eviction::one_by_one(),
            Self::Idle => idle(),
            Self::Client => client::round_trips(),
            Self::Throughput => client::throughput(),
        }
    }
}

fn start_server(timeout: &str) -> io::Result<Server> {
    Server::from_command(server_command()?.args(["--timeout", timeout]))
}

/// Clients that have each had a reply.
struct Clients {
    streams: Vec<TcpStream>,
    /// When the last client sent its line.
    last_sent: Instant,
    slowest_connect: Duration,
}

impl Clients {
    fn connect(server: &Server, clients: usize) -> io::Result<Self> {
        let mut slowest_connect = Duration::ZERO;
        let mut streams = Vec::with_capacity(clients);
        let mut last_sent = Instant::now();
        for _ in 0..clients {
            let start = Instant::now();
            let mut stream = TcpStream::connect(&server.address).map_err(advise)?;
            slowest_connect = slowest_connect.max(start.elapsed());
            last_sent = Instant::now();
            stream.write_all(b"hello\n")?;
            streams.push(stream);
        }
        for stream in &mut streams {
            let mut reply = [0; 6];
            stream.read_exact(&mut reply)?;
            if reply != *b"HELLO\n" {
                return Err(io::Error::other("a reply is wrong"));
            }
        }
        Ok(Self { streams, last_sent, slowest_connect })
    }
}

fn storm(clients: usize) -> io::Result<()> {
    let server = start_server("1h")?;
    let before = cost(server.program.pid())?;
    let start = Instant::now();
    let connected = Clients::connect(&server, clients)?;
    say(format_args!(
        "{clients} clients connected and got a reply in {:.2}s; the slowest connect took {:.1}ms \
         (a SYN that is dropped is sent again after 1000ms)",
        start.elapsed().as_secs_f64(),
        connected.slowest_connect.as_secs_f64() * 1e3
    ))?;
    let grown = cost(server.program.pid())?.memory.saturating_sub(before.memory);
    say(format_args!(
        "each idle connection takes {} bytes of the server's memory",
        grown / clients as u64
    ))?;
    let start = Instant::now();
    server.stop()?;
    say(format_args!(
        "the server stopped with all of them in {:.2}s",
        start.elapsed().as_secs_f64()
    ))?;
    Ok(())
}

fn idle() -> io::Result<()> {
    const WATCHED: Duration = Duration::from_secs(20);

    let server = start_server("60s")?;
    let pid = server.program.pid();
    let _clients = Clients::connect(&server, 100)?;
    let before = (cost(pid)?, sleeps(pid)?);
    thread::sleep(WATCHED);
    let after = (cost(pid)?, sleeps(pid)?);
    say(format_args!(
        "an idle server with 100 silent clients woke {} times in {}s, and used {}ms of CPU time",
        after.1 - before.1,
        WATCHED.as_secs(),
        after.0.cpu.saturating_sub(before.0.cpu).as_millis()
    ))?;
    Ok(())
}

fn round_trip(stream: &mut TcpStream, latency: &mut Histogram<u64>) -> io::Result<()> {
    let start = Instant::now();
    stream.write_all(b"hello\n")?;
    stream.read_exact(&mut [0; 6])?;
    record(latency, start.elapsed());
    Ok(())
}

fn histogram() -> Histogram<u64> {
    Histogram::new(3).expect("three digits are allowed")
}

fn record(histogram: &mut Histogram<u64>, duration: Duration) {
    let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    histogram.record(nanos).expect("the histogram grows to any value");
}

fn millis(histogram: &Histogram<u64>, quantile: f64) -> f64 {
    histogram.value_at_quantile(quantile) as f64 / 1e6
}
