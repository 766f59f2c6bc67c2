//! A load on one server.
//!
//! In a closed load each connection sends its next line when the last one is answered, which
//! saturates the server. In an open load the lines are due at a fixed rate. A latency then counts
//! from the moment when the line was due, so a stall of the server counts against it once for
//! each line that waited.

use std::{
    io,
    net::TcpStream,
    time::{Duration, Instant},
};

use client::connect::connect;
use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};
use tests::proc::{Cost, cost};

use crate::{connection::Connection, room::advise, schedule::Schedule};

#[derive(Debug, Clone, Copy)]
pub struct Load {
    pub connections: usize,
    /// Bytes in a line, with its newline.
    pub line: usize,
    /// How long replies are counted, after a warm-up.
    pub duration: Duration,
    /// Lines per second on all connections together; `None` to saturate the server.
    pub rate: Option<f64>,
}

#[derive(Debug, Clone)]
pub struct Measurement {
    /// Replies that were counted. Each one was checked.
    pub replies: u64,
    pub elapsed: Duration,
    /// Nanoseconds from when a line was sent, or due, to its reply.
    pub latency: Histogram<u64>,
    pub connecting: Duration,
    pub slowest_connect: Duration,
    /// What the server's process had cost when counting began and when it ended, if it was asked.
    pub cost: Option<(Cost, Cost)>,
}

impl Measurement {
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn rate(&self) -> f64 {
        self.replies as f64 / self.elapsed.as_secs_f64()
    }

    /// A percentile of the latency, in microseconds.
    pub fn micros(&self, percent: f64) -> f64 {
        Duration::from_nanos(self.latency.value_at_percentile(percent)).as_secs_f64() * 1e6
    }

    /// Microseconds of the server's CPU time per reply, if its process was asked.
    pub fn cpu_micros(&self) -> Option<f64> {
        self.cost.map(|(before, after)| after.micros_per_reply(&before, self.replies))
    }

    /// The server's memory at the end, in bytes, if its process was asked.
    pub fn memory(&self) -> Option<u64> {
        self.cost.map(|(_, after)| after.memory)
    }
}

/// The first part of a load, in which nothing is counted.
const WARM_UP: Duration = Duration::from_millis(500);

/// The longest latency that is told from longer ones, in nanoseconds.
const LONGEST_LATENCY: u64 = 60_000_000_000;

impl Load {
    /// Loads the server at `address`, a `HOST:PORT`. If `pid` is the server's process, its cost is measured, too
    /// (Linux only). `progress` is called a few times per second with the replies so far.
    pub fn run(
        self,
        address: &str,
        pid: Option<u32>,
        mut progress: impl FnMut(u64),
    ) -> io::Result<Measurement> {
        let start = Instant::now();
        let (mut connections, slowest_connect) = Connections::open(address, self)?;
        let connecting = start.elapsed();
        connections.all.iter_mut().try_for_each(|connection| connection.send(Instant::now()))?;
        if self.rate.is_some() {
            // An open load measures a server that has started all its threads.
            connections.wait_for_first_replies()?;
        }
        let mut schedule = self.rate.map(Schedule::new);
        connections.run(WARM_UP, &mut schedule, &mut progress)?;
        connections.latency.reset();
        let before = pid.map(cost).transpose()?;
        let start = Instant::now();
        connections.run(self.duration, &mut schedule, &mut progress)?;
        let elapsed = start.elapsed();
        let after = pid.map(cost).transpose()?;
        let (replies, latency) = (connections.latency.len(), connections.latency);
        let cost = before.zip(after);
        Ok(Measurement { replies, elapsed, latency, connecting, slowest_connect, cost })
    }
}

struct Connections {
    poll: Poll,
    all: Vec<Connection>,
    latency: Histogram<u64>,
}

impl Connections {
    /// Makes all connections, to the first address of the host that answers. Returns them, and
    /// how long the slowest connect took.
    fn open(server: &str, load: Load) -> io::Result<(Self, Duration)> {
        let poll = Poll::new()?;
        let mut slowest = Duration::ZERO;
        let mut connections = Vec::with_capacity(load.connections);
        let mut found = None;
        for number in 0..load.connections {
            let start = Instant::now();
            let stream = if let Some(address) = found {
                TcpStream::connect(address).map_err(advise)?
            } else {
                let connected = connect(server).map_err(|error| io::Error::other(error.reason));
                let (stream, address) = connected?;
                found = Some(address);
                stream
            };
            let mut connection = Connection::new(stream, number, load.line)?;
            slowest = slowest.max(start.elapsed());
            poll.registry().register(&mut connection.stream, Token(number), Interest::READABLE)?;
            connections.push(connection);
        }
        let latency =
            Histogram::new_with_bounds(1, LONGEST_LATENCY, 3).map_err(io::Error::other)?;
        Ok((Self { poll, all: connections, latency }, slowest))
    }

    fn wait_for_first_replies(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        while self.latency.len() < self.all.len() as u64 {
            self.wait(&mut events, None)?;
            for event in &events {
                self.all[event.token().0].receive(&mut self.latency)?;
            }
        }
        Ok(())
    }

    /// Waits for events. There may be none: a process that was stopped and continued is
    /// interrupted.
    fn wait(&mut self, events: &mut Events, timeout: Option<Duration>) -> io::Result<()> {
        match self.poll.poll(events, timeout) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            polled => polled,
        }
    }

    fn run(
        &mut self,
        duration: Duration,
        schedule: &mut Option<Schedule>,
        progress: &mut impl FnMut(u64),
    ) -> io::Result<()> {
        let end = Instant::now() + duration;
        let mut events = Events::with_capacity(1024);
        let mut next_progress = Instant::now();
        loop {
            let now = Instant::now();
            if now >= end {
                return Ok(());
            }
            if now >= next_progress {
                progress(self.latency.len());
                next_progress = now + Duration::from_millis(250);
            }
            let timeout = match schedule {
                None => Duration::from_millis(100),
                Some(schedule) => {
                    while let Some((number, due)) = schedule.take_due(now) {
                        let number = number % self.all.len();
                        self.all[number].send(due)?;
                    }
                    schedule.poll_timeout()
                }
            };
            self.wait(&mut events, Some(timeout))?;
            for event in &events {
                let connection = &mut self.all[event.token().0];
                let answered = connection.receive(&mut self.latency)?;
                if schedule.is_none() && answered > 0 {
                    connection.send(Instant::now())?;
                }
            }
        }
    }
}
