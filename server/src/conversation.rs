//! One client, start to end, on one thread: read, answer in place, write.
//!
//! Any byte from the client proves that it lives, so each read touches the queue. If the server
//! sends probes, this thread also sends the client one in each silence: its read ends at the
//! moment the probe is due. A client that does not read holds up only its own thread.
//!
//! In the article: the part of `et_ser::run_loop` that reads from a client and answers it.

use std::{
    io::{self, ErrorKind, Read as _},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    diagnosis::Lost,
    kernel::{Evidence, GaveUp, Side},
    socket::{read_within, says_ended},
    targets::HEARTBEATS,
    wire::{HEARTBEAT, Request, RequestReader},
    words::Escaped,
};
use tracing::{Level, debug, enabled, info};

use crate::{
    connection::{Connection, Cut},
    ending::{Ending, Traffic},
    moves,
    timeout_queue::TimeoutQueue,
};

/// The most that one read takes.
const READ_SIZE: usize = 64 * 1024;

/// The shortest limit of a read: no time at all would mean no limit.
const AT_ONCE: Duration = Duration::from_micros(1);

/// A reply that takes this long to write had to wait for room at the client, as far as this thread
/// can tell. It may have been held up itself, and then the client lives for one more timeout.
const SLOW_WRITE: Duration = Duration::from_millis(100);

pub struct Conversation<'a> {
    connection: &'a Connection,
    queue: &'a TimeoutQueue<Arc<Connection>>,
    probe: Option<Duration>,
    /// When the client last sent a byte, or made room for one.
    heard: Instant,
    /// Whether the probe of this silence is behind us, sent or not.
    past_probe: bool,
    traffic: Traffic,
}

impl<'a> Conversation<'a> {
    /// A conversation that begins now. After `probe` of silence, if given, the client is sent a
    /// probe.
    pub fn new(
        connection: &'a Connection,
        queue: &'a TimeoutQueue<Arc<Connection>>,
        probe: Option<Duration>,
    ) -> Self {
        let (heard, traffic) = (Instant::now(), Traffic::default());
        Self { connection, queue, probe, heard, past_probe: false, traffic }
    }

    /// Serves the client until the connection ends, and returns why it ended. A panic ends this
    /// connection alone.
    pub fn run(mut self) -> (Ending, Traffic) {
        let conversed = catch_unwind(AssertUnwindSafe(|| self.converse()));
        let was_cut = self.queue.remove(self.connection.id).is_none();
        let ending = match conversed {
            Err(_) => Ending::Panicked,
            Ok(_) if was_cut => match self.connection.why_cut() {
                Cut::Evicted(eviction) => Ending::Evicted(eviction),
                Cut::ServerStopped => Ending::ServerStopped,
            },
            Ok(Ok(())) => Ending::ClosedByClient,
            Ok(Err(error)) => self.why_broken(error),
        };
        self.connection.shut_down(); // after the kernel was asked for evidence
        (ending, self.traffic)
    }

    /// Answers until the client ends its stream, or somebody else takes the connection.
    fn converse(&mut self) -> io::Result<()> {
        let mut requests = RequestReader::new(READ_SIZE);
        loop {
            let received = self.read(&mut requests)?;
            if received > 0 && !self.enter(received) {
                return Ok(());
            }
            let mut heartbeats = 0;
            let seen = |request: Request<'_>| match request {
                Request::Heartbeat => heartbeats += 1,
                Request::Text(text) => log_text(self.connection, text),
            };
            let replies = match received {
                0 => requests.finish(seen),
                _ => requests.answer(received, seen),
            };
            if heartbeats > 0 {
                log_heartbeats(self.connection, heartbeats);
            }
            self.traffic.heartbeats += heartbeats;
            self.traffic.bytes_out += self.connection.write(replies)?;
            if received == 0 {
                return Ok(());
            }
            self.enter_slow_write();
        }
    }

    fn read(&mut self, requests: &mut RequestReader) -> io::Result<usize> {
        let mut stream = &self.connection.stream;
        loop {
            let read = match self.probe {
                None => stream.read(requests.space()),
                Some(probe) => read_within(stream, requests.space(), self.time_to(probe)),
            };
            match read {
                // A read with a limit is interrupted when the process is stopped and continued.
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.send_probe(requests.at_boundary())?;
                }
                read => return read,
            }
        }
    }

    /// How long a read may last: until the probe is due, unless that is behind us. The kernel takes
    /// a duration that starts over with each read, so it is worked out from that moment each time.
    fn time_to(&self, probe: Duration) -> Option<Duration> {
        let left = (self.heard + probe).saturating_duration_since(Instant::now());
        (!self.past_probe).then_some(left.max(AT_ONCE))
    }

    /// Enters that bytes have come. Returns whether the connection is still in the queue.
    fn enter(&mut self, received: usize) -> bool {
        self.heard = Instant::now();
        self.past_probe = false;
        self.traffic.bytes_in += received as u64;
        let stays = self.queue.touch(self.connection.id, self.heard);
        self.connection.enter(self.traffic.bytes_in);
        if stays {
            moves::touched(self.connection.id, self.heard);
        }
        stays
    }

    /// A write that had to wait has ended because the client made room for it: the client lives.
    fn enter_slow_write(&mut self) {
        let now = Instant::now();
        if now.saturating_duration_since(self.heard) >= SLOW_WRITE {
            self.heard = now;
            if self.queue.touch(self.connection.id, now) {
                moves::touched(self.connection.id, now);
            }
        }
    }

    /// Sends the client the one probe of this silence, unless it would land within an echo.
    fn send_probe(&mut self, at_boundary: bool) -> io::Result<()> {
        self.past_probe = true;
        if at_boundary {
            self.traffic.bytes_out += self.connection.write(HEARTBEAT)?;
            self.connection.set_probed();
            let conn = self.connection.id;
            info!(event = "probe_sent", conn, "{} probe sent", self.connection);
        }
        Ok(())
    }

    fn why_broken(&self, error: io::Error) -> Ending {
        match GaveUp::from_error(&error) {
            Some(verdict) => {
                let evidence = Evidence::ask(&self.connection.stream, Side::Accepting);
                Ending::Lost(Lost { verdict, evidence })
            }
            // The client closed the connection and did not wait for its replies.
            None if says_ended(&error) => Ending::ClosedByClient,
            None => Ending::Failed(error),
        }
    }
}

fn log_heartbeats(connection: &Connection, count: u64) {
    let conn = connection.id;
    let in_one_read = match count {
        1 => String::new(),
        _ => format!(" ({count} in one read)"),
    };
    info!(target: HEARTBEATS, event = "heartbeat", conn, count, "{connection} heartbeat{in_one_read}");
}

fn log_text(connection: &Connection, text: &[u8]) {
    if enabled!(Level::DEBUG) {
        for line in text.split_inclusive(|&byte| byte == b'\n') {
            let (conn, bytes, shown) = (connection.id, line.len(), Escaped(line));
            debug!(event = "text", conn, bytes, text = %shown, "{connection} text {shown}");
        }
    }
}
