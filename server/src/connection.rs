//! One client, start to end, on one thread: read, answer in place, write.
//!
//! Any byte from the client proves that it lives, so each read touches the queue.
//! The reaper and the stop end a connection by shutting its socket down: the blocked
//! call returns, and this thread finds out why.

use std::{
    fmt,
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use common::{
    console::Escaped,
    wire::{Request, RequestReader},
};
use tracing::{Level, debug, enabled, info, warn};

use crate::{ending::Ending, timeout_queue::TimeoutQueue, totals::Traffic};

/// Bytes taken by one read at most.
const READ_SIZE: usize = 16 * 1024;

/// A client's socket, shared by its thread, the queue and whoever ends it.
pub struct Connection {
    id: u64,
    stream: TcpStream,
    /// How long the client was silent; set by the reaper before it shuts the socket down.
    evicted: OnceLock<Duration>,
}

/// How the conversation stopped.
enum Stopped {
    EndOfStream,
    /// Bytes came, but the connection had just been taken out of the queue.
    TooLate,
    Reading(io::Error),
    Writing(io::Error),
}

impl Connection {
    /// A connection under an id that is never used again.
    #[must_use]
    pub fn new(id: u64, stream: TcpStream) -> Self {
        Self { id, stream, evicted: OnceLock::new() }
    }

    /// Drops the client after this much silence.
    pub fn evict(&self, silent: Duration) {
        let _ = self.evicted.set(silent);
        self.shut_down();
    }

    /// Wakes the connection's thread out of any read or write. A connection that is
    /// already gone refuses, which is as good. (On Windows a blocked read goes on:
    /// rust-lang/rust#121594.)
    pub fn shut_down(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Serves the client until it or somebody else ends the connection. A panic ends
    /// this connection alone.
    pub fn serve(
        &self,
        peer: SocketAddr,
        queue: &TimeoutQueue<Arc<Connection>>,
        stopping: &AtomicBool,
    ) -> (Ending, Traffic) {
        info!("{self} connected from {peer}");
        let mut traffic = Traffic::default();
        let stopped = catch_unwind(AssertUnwindSafe(|| self.converse(queue, &mut traffic)));
        queue.remove(self.id);
        self.shut_down();

        let ending = self.ending(stopped.ok(), stopping.load(Ordering::Acquire));
        match ending {
            Ending::ClosedByClient | Ending::ServerStopped => info!("{self} {ending}"),
            _ => warn!("{self} {ending}"),
        }
        (ending, traffic)
    }

    fn converse(&self, queue: &TimeoutQueue<Arc<Connection>>, traffic: &mut Traffic) -> Stopped {
        let mut requests = RequestReader::new(READ_SIZE);
        let mut stream = &self.stream;
        loop {
            let received = match stream.read(requests.space()) {
                Ok(received) => received,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Stopped::Reading(error),
            };
            if received > 0 && !queue.touch(self.id, Instant::now()) {
                return Stopped::TooLate;
            }

            let seen = |request: Request<'_>| self.note(request, traffic);
            let replies = match received {
                0 => requests.finish(seen),
                _ => requests.answer(received, seen),
            };
            if let Err(error) = stream.write_all(replies) {
                return Stopped::Writing(error);
            }
            traffic.bytes_in += received as u64;
            traffic.bytes_out += replies.len() as u64;
            if received == 0 {
                return Stopped::EndOfStream;
            }
        }
    }

    fn note(&self, request: Request<'_>, traffic: &mut Traffic) {
        match request {
            Request::Heartbeat => {
                traffic.heartbeats += 1;
                info!("{self} heartbeat");
            }
            Request::Text(text) if enabled!(Level::DEBUG) => {
                for line in text.split_inclusive(|&byte| byte == b'\n') {
                    debug!("{self} text {}", Escaped(line));
                }
            }
            Request::Text(_) => {}
        }
    }

    /// Who ended it matters more than how that showed: an eviction and a stop look to
    /// the conversation like the client's end of stream or a broken pipe. A write that
    /// an eviction ended was blocked ever since the client was last heard.
    fn ending(&self, stopped: Option<Stopped>, server_stopping: bool) -> Ending {
        let Some(stopped) = stopped else {
            return Ending::Panicked;
        };
        match (self.evicted.get(), stopped) {
            (Some(&silent), Stopped::Writing(_)) => Ending::NotReading(silent),
            (Some(&silent), _) => Ending::Silent(silent),
            (None, _) if server_stopping => Ending::ServerStopped,
            (None, Stopped::EndOfStream | Stopped::TooLate) => Ending::ClosedByClient,
            (None, Stopped::Reading(error) | Stopped::Writing(error)) => match error.kind() {
                ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => Ending::ResetByClient,
                _ => Ending::Failed(error),
            },
        }
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conn-{}", self.id)
    }
}
