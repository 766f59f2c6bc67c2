//! Load for any line-echo server: many connections from one thread, each reply checked
//! and timed.
//!
//! Two ways to load. Closed: each connection sends its next line when the last is answered;
//! the server is saturated. Open: lines are due at a fixed rate, whatever the server does,
//! and a reply's latency counts from the moment its line was due, so a server that stalls
//! is charged for all who waited.

pub mod args;
pub mod compare;
mod connection;
pub mod growth;
pub mod process;
#[cfg(unix)]
pub mod scenarios;
#[cfg(target_os = "linux")]
pub mod soak;

use std::{
    io,
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use mio::{Events, Interest, Poll, Token};

use connection::Connection;

/// How much load, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Connections.
    pub connections: usize,
    /// Bytes of a line, with its newline.
    pub line: usize,
    /// How long replies are counted, after a warm-up.
    pub duration: Duration,
    /// Lines a second on all connections together; none to saturate the server.
    pub rate: Option<f64>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Replies that were counted; each was checked.
    pub replies: u64,
    /// In this time.
    pub elapsed: Duration,
    /// Nanoseconds from a line's sending, or from when it was due.
    pub latency: Histogram<u64>,
    /// How long it took to connect all.
    pub connecting: Duration,
    /// How long the slowest connect took.
    pub slowest_connect: Duration,
}

impl Outcome {
    /// Replies a second.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn rate(&self) -> f64 {
        self.replies as f64 / self.elapsed.as_secs_f64()
    }

    /// A percentile of the latency.
    #[must_use]
    pub fn percentile(&self, percent: f64) -> Duration {
        Duration::from_nanos(self.latency.value_at_percentile(percent))
    }
}

/// Part of a run in which nothing is counted yet.
const WARM_UP: Duration = Duration::from_millis(500);

/// The longest latency that is told from longer ones, in nanoseconds.
const LONGEST_LATENCY: u64 = 60_000_000_000;

/// How long to sleep where the next line is due sooner than `poll` can count.
const NAP: Duration = Duration::from_micros(50);

/// Loads the server at `address`. `progress` is called a few times a second with the replies
/// so far; `counting` when the warm-up is over.
///
/// # Errors
/// When a connection cannot be made or fails, or a reply is not its line in capitals.
pub fn run(
    address: SocketAddr,
    plan: Plan,
    mut progress: impl FnMut(u64),
    counting: impl FnOnce(),
) -> io::Result<Outcome> {
    let poll = Poll::new()?;
    let start = Instant::now();
    let mut slowest_connect = Duration::ZERO;
    let mut connections = Vec::with_capacity(plan.connections);
    for number in 0..plan.connections {
        let before = Instant::now();
        let mut connection = Connection::open(address, number, plan.line)?;
        slowest_connect = slowest_connect.max(before.elapsed());
        poll.registry().register(connection.stream(), Token(number), Interest::READABLE)?;
        connections.push(connection);
    }
    let connecting = start.elapsed();

    let latency = Histogram::new_with_bounds(1, LONGEST_LATENCY, 3).map_err(io::Error::other)?;
    let mut load = Load { poll, connections, latency };
    for connection in &mut load.connections {
        connection.send(Instant::now())?;
    }
    if plan.rate.is_some() {
        load.wait_for_all()?; // a rate is kept by a server that has started, not by one that starts
    }
    let mut schedule = plan.rate.map(|rate| Schedule::new(rate, Instant::now()));
    load.for_a_while(WARM_UP, &mut schedule, &mut progress)?;
    load.latency.reset();
    counting();
    let start = Instant::now();
    load.for_a_while(plan.duration, &mut schedule, &mut progress)?;
    let elapsed = start.elapsed();
    let replies = load.latency.len();
    Ok(Outcome { replies, elapsed, latency: load.latency, connecting, slowest_connect })
}

struct Load {
    poll: Poll,
    connections: Vec<Connection>,
    latency: Histogram<u64>,
}

impl Load {
    /// Waits until each connection has been answered once.
    fn wait_for_all(&mut self) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        while self.latency.len() < self.connections.len() as u64 {
            self.poll.poll(&mut events, None)?;
            for event in &events {
                self.connections[event.token().0].receive(&mut self.latency)?;
            }
        }
        Ok(())
    }

    fn for_a_while(
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
            let patience = match schedule {
                None => Duration::from_millis(100),
                Some(schedule) => {
                    while let Some((number, due)) = schedule.due(now) {
                        let number = number % self.connections.len();
                        self.connections[number].send(due)?;
                    }
                    match schedule.next().saturating_duration_since(Instant::now()) {
                        long if long > Duration::from_millis(2) => Duration::from_millis(1),
                        short => {
                            thread::sleep(short.min(NAP));
                            Duration::ZERO
                        }
                    }
                }
            };
            match self.poll.poll(&mut events, Some(patience)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            for event in &events {
                let connection = &mut self.connections[event.token().0];
                let answered = connection.receive(&mut self.latency)?;
                if schedule.is_none() && answered > 0 {
                    connection.send(Instant::now())?;
                }
            }
        }
    }
}

/// When lines are due.
struct Schedule {
    start: Instant,
    interval: f64,
    sent: usize,
}

impl Schedule {
    fn new(rate: f64, start: Instant) -> Self {
        Self { start, interval: 1.0 / rate, sent: 0 }
    }

    #[allow(clippy::cast_precision_loss, reason = "it takes thousands of years to matter")]
    fn next(&self) -> Instant {
        self.start + Duration::from_secs_f64(self.interval * self.sent as f64)
    }

    fn due(&mut self, now: Instant) -> Option<(usize, Instant)> {
        let due = self.next();
        if due > now {
            return None;
        }
        self.sent += 1;
        Some((self.sent, due))
    }
}
