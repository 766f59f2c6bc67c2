//! One client, start to end, on one thread: read, answer in place, write.
//!
//! Any byte from the client proves that it lives, so each read touches the queue. Where
//! the server probes, a read has a time limit: when it passes, this very thread asks the
//! client for a sign of life, once in each silence. A client that does not read can hold
//! up nobody but itself.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    console::Escaped,
    diagnosis::{Finding, Lost},
    kernel::{Evidence, GaveUp, Side},
    wire::{HEARTBEAT, Request, RequestReader},
};
use tracing::{Level, debug, enabled, info};

use crate::{
    connection::{Connection, Evicted},
    ending::{Ending, Eviction},
    timeout_queue::TimeoutQueue,
    totals::Traffic,
};

/// Bytes taken by one read at most.
const READ_SIZE: usize = 64 * 1024;

/// A conversation with one client.
pub struct Conversation<'a> {
    connection: &'a Connection,
    queue: &'a TimeoutQueue<Arc<Connection>>,
    probe: Option<Duration>,
    heard: Instant,
    asked: Asked,
    traffic: Traffic,
}

/// Whether the client has been asked for a sign of life in this silence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    NotYet,
    Probed,
    /// A probe would have landed within an echo.
    Omitted,
}

/// What ended it other than the end of the client's stream.
enum Broken {
    /// The reaper or the stop had just taken the connection out of the queue.
    Displaced,
    Reading(io::Error),
    Writing(io::Error),
}

impl<'a> Conversation<'a> {
    /// A conversation that begins now. After `probe` of silence, if given, the client is
    /// asked for a sign of life.
    #[must_use]
    pub fn new(
        connection: &'a Connection,
        queue: &'a TimeoutQueue<Arc<Connection>>,
        probe: Option<Duration>,
    ) -> Self {
        let (heard, traffic) = (Instant::now(), Traffic::default());
        Self { connection, queue, probe, heard, asked: Asked::NotYet, traffic }
    }

    /// Serves the client until it or somebody else ends the connection. A panic ends this
    /// connection alone.
    pub fn run(mut self, server_is_stopping: impl FnOnce() -> bool) -> (Ending, Traffic) {
        let ended = catch_unwind(AssertUnwindSafe(|| self.converse()));
        self.queue.remove(self.connection.id());
        let ending = match ended {
            Err(_) => Ending::Panicked,
            Ok(ended) => self.ending(ended, server_is_stopping()),
        };
        self.connection.shut_down(); // the kernel is asked for evidence before
        (ending, self.traffic)
    }

    fn converse(&mut self) -> Result<(), Broken> {
        let mut requests = RequestReader::new(READ_SIZE);
        self.limit_reads(self.probe)?;
        loop {
            let received = self.read(&mut requests)?;
            let mut heartbeats = 0;
            let seen = |request: Request<'_>| match request {
                Request::Heartbeat => heartbeats += 1,
                Request::Text(text) => show(self.connection, text),
            };
            let replies = match received {
                0 => requests.finish(seen),
                _ => requests.answer(received, seen),
            };
            match heartbeats {
                0 => {}
                1 => info!("{} heartbeat", self.connection),
                _ => info!("{} heartbeat ({heartbeats} in one read)", self.connection),
            }
            self.traffic.heartbeats += heartbeats;
            self.connection.stream().write_all(replies).map_err(Broken::Writing)?;
            self.traffic.bytes_out += replies.len() as u64;
            if received == 0 {
                return Ok(());
            }
        }
    }

    fn read(&mut self, requests: &mut RequestReader) -> Result<usize, Broken> {
        loop {
            match self.connection.stream().read(requests.space()) {
                Ok(0) => return Ok(0),
                Ok(received) => {
                    self.traffic.bytes_in += received as u64;
                    self.hear()?;
                    return Ok(received);
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if is_time_limit(&error) => self.probe(requests.at_boundary())?,
                Err(error) => return Err(Broken::Reading(error)),
            }
        }
    }

    fn hear(&mut self) -> Result<(), Broken> {
        let now = Instant::now();
        if !self.queue.touch(self.connection.id(), now) {
            return Err(Broken::Displaced);
        }
        self.heard = now;
        if self.asked != Asked::NotYet {
            self.asked = Asked::NotYet;
            self.limit_reads(self.probe)?;
        }
        Ok(())
    }

    /// Asks the client for a sign of life, unless it would land within an echo; then waits
    /// without a limit, for there is one probe for each silence.
    fn probe(&mut self, at_boundary: bool) -> Result<(), Broken> {
        self.limit_reads(None)?;
        self.asked = if at_boundary { Asked::Probed } else { Asked::Omitted };
        if at_boundary {
            self.connection.stream().write_all(HEARTBEAT).map_err(Broken::Writing)?;
            self.traffic.bytes_out += HEARTBEAT.len() as u64;
            info!("{} probe sent", self.connection);
        }
        Ok(())
    }

    fn limit_reads(&self, limit: Option<Duration>) -> Result<(), Broken> {
        self.connection.stream().set_read_timeout(limit).map_err(Broken::Reading)
    }

    /// Who ended it matters more than how that showed: an eviction and a stop look to the
    /// conversation like the client's end of stream or a broken pipe. A write that an
    /// eviction ended had been blocked ever since the client was last heard.
    fn ending(&self, ended: Result<(), Broken>, server_is_stopping: bool) -> Ending {
        let silent = self.heard.elapsed();
        let evicted = match (self.connection.evicted(), &ended) {
            (None, Err(Broken::Displaced)) if !server_is_stopping => {
                Some(Evicted { silent, evidence: None }) // the reaper has not come to it yet
            }
            (evicted, _) => evicted,
        };
        if let Some(Evicted { silent, evidence }) = evicted {
            let blocked = matches!(ended, Err(Broken::Writing(_)));
            let finding = evidence.map(|evidence| Finding::new(evidence, silent));
            let probed = self.asked == Asked::Probed;
            return Ending::Evicted(Eviction { silent, blocked, probed, finding });
        }
        match ended {
            _ if server_is_stopping => Ending::ServerStopped,
            Ok(()) | Err(Broken::Displaced) => Ending::ClosedByClient,
            Err(Broken::Reading(error) | Broken::Writing(error)) => {
                match GaveUp::from_error(&error) {
                    Some(verdict) => {
                        let evidence = Evidence::ask(self.connection.stream(), Side::Accepting);
                        Ending::Lost(Lost { verdict, evidence })
                    }
                    // The client closed, and did not wait for its replies.
                    None if error.kind() == ErrorKind::BrokenPipe => Ending::ClosedByClient,
                    None => Ending::Failed(error),
                }
            }
        }
    }
}

/// Whether a read ended because of its time limit; Windows says so in another way.
fn is_time_limit(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::WouldBlock => true,
        ErrorKind::TimedOut => cfg!(windows),
        _ => false,
    }
}

fn show(connection: &Connection, text: &[u8]) {
    if enabled!(Level::DEBUG) {
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            debug!("{connection} text {}", Escaped(line));
        }
    }
}
