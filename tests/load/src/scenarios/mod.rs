//! What the server promises beside its speed: how it takes a storm of clients, what an idle client
//! costs, when silent clients are evicted, and what our client costs a line. Beside it, how a herd
//! of clients comes back to a restarted server.

#![allow(clippy::cast_precision_loss, reason = "figures for people")]

mod client;
mod eviction;
pub mod herd;
mod restart;

use std::{
    error::Error,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use hdrhistogram::Histogram;
use tests::{
    binaries::Server,
    proc::{cost, sleeps},
};

use crate::{output::say, room::advise, server_command, server_command_on};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Many clients connect as fast as they can; what each then costs in memory
    Storm,
    /// Many silent clients fall due together, beside one that lives
    Eviction,
    /// Many clients lose their server at once and come back, with and without jitter
    Herd,
    /// How soon idle clients with `--reconnect` are back after their server's restart
    Restart,
    /// How late a single silent client is evicted
    Lateness,
    /// How often an idle server with 100 silent clients wakes
    Idle,
    /// A line's round trip through our client, beside `nc` and `socat`
    Client,
    /// How fast many lines pass through our client, with `--reconnect`, and through `socat`
    Throughput,
}

impl Scenario {
    /// Whether it has something to draw.
    pub fn has_plot(self) -> bool {
        self == Self::Herd
    }

    /// Measures the promise with this number of clients, and prints the figures. A scenario that
    /// has something to draw draws it to `plot`.
    pub fn measure(self, clients: usize, plot: Option<&Path>) -> Result<(), Box<dyn Error>> {
        match self {
            Self::Storm => storm(clients)?,
            Self::Eviction => eviction::together(clients)?,
            Self::Herd => herd::herds(clients, plot)?,
            Self::Restart => restart::restarts()?,
            Self::Lateness => eviction::one_by_one()?,
            Self::Idle => idle()?,
            Self::Client => client::round_trips()?,
            Self::Throughput => client::throughput()?,
        }
        Ok(())
    }
}

fn start_server(timeout: &str) -> io::Result<Server> {
    Server::from_command(server_command()?.args(["--timeout", timeout]))
}

fn start_server_on(address: &str) -> io::Result<Server> {
    Server::from_command(server_command_on(address)?.args(["--timeout", "1h"]))
}

/// Kills the server, and starts another one at its address. Returns it, and when it had said that it
/// listens.
fn restart(server: Server, away: Duration) -> io::Result<(Server, Instant)> {
    let Server { program, address } = server;
    program.signal(nix::sys::signal::Signal::SIGKILL)?;
    drop(program); // waits for its end
    thread::sleep(away);
    let server = start_server_on(&address)?;
    Ok((server, Instant::now()))
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
