//! One client's connection, as its thread, the reaper and the stop share it.
//!
//! Each connection stands in the timeout queue, and one of three takes it out: its own thread
//! when the client is done, the reaper, or the stop. The last two [`cut`](Connection::cut) it:
//! they leave the reason here and shut the socket down, which wakes its thread.

use std::{
    fmt,
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpStream},
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use common::{
    diagnosis::Finding,
    kernel::{self, Backlog, Evidence, Side},
    socket,
    verdict::{Suspect, Unread, Verdict},
};
use parking_lot::Mutex;

use crate::limits::Place;

pub struct Connection {
    pub id: u64,
    pub stream: TcpStream,
    place: Place,
    /// Bytes that the thread has read and for which it has touched the queue.
    entered: AtomicU64,
    /// Whether the thread is writing, and so cannot read.
    writing: AtomicBool,
    /// Whether the client was sent a probe in this silence.
    probed: AtomicBool,
    /// Whether bytes waited for room at the client when the reaper last judged it.
    backlog: AtomicBool,
    /// The stamp of the silence that has had its grace. The thread may enter a byte while the reaper
    /// judges, and then the next silence has another stamp and a grace of its own.
    waited: Mutex<Option<Instant>>,
    cut: OnceLock<Cut>,
}

/// Why a connection was cut.
#[derive(Debug, Clone, Copy)]
pub enum Cut {
    Evicted(Eviction),
    ServerStopped,
}

/// What was known of a client when it was evicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eviction {
    /// How long it had sent nothing and taken nothing.
    pub silent: Duration,
    /// What the kernel knew, where it can be asked.
    pub evidence: Option<Evidence>,
    /// Whether it had been sent a probe.
    pub probed: bool,
}

impl Eviction {
    pub fn finding(&self) -> Option<Finding> {
        self.evidence.map(|evidence| Finding::new(evidence, self.silent))
    }
}

impl Connection {
    /// A connection under an id that is never used again.
    pub fn new(id: u64, stream: TcpStream, place: Place) -> Self {
        Self {
            id,
            stream,
            place,
            entered: AtomicU64::new(0),
            writing: AtomicBool::new(false),
            probed: AtomicBool::new(false),
            backlog: AtomicBool::new(false),
            waited: Mutex::default(),
            cut: OnceLock::new(),
        }
    }

    /// Enters that `total` bytes have come from the client so far. Touch the queue before this is
    /// called. Otherwise the reaper finds every byte entered and an old stamp, and evicts the client.
    pub fn enter(&self, total: u64) {
        self.entered.store(total, Ordering::Release);
        self.probed.store(false, Ordering::Relaxed);
        self.backlog.store(false, Ordering::Relaxed);
    }

    pub fn set_probed(&self) {
        self.probed.store(true, Ordering::Relaxed);
    }

    /// Writes all of `bytes`, and returns how many those are. The reaper knows meanwhile that the
    /// thread does not read.
    ///
    /// # Errors
    /// When the connection has failed or was cut.
    pub fn write(&self, bytes: &[u8]) -> io::Result<u64> {
        self.set_writing(true);
        let written = (&self.stream).write_all(bytes);
        self.set_writing(false);
        written.map(|()| bytes.len() as u64)
    }

    /// Enters whether the thread is writing.
    pub fn set_writing(&self, writing: bool) {
        self.writing.store(writing, Ordering::Relaxed);
    }

    /// Judges the client, which may be silent for `patience` and has been for longer: since `heard`.
    ///
    /// While the thread is writing and its reply waits for room, unread bytes prove nothing: a
    /// client that does not read its replies blocks the thread, and its bytes stay unread. But a
    /// thread whose reply does not wait was only held up, and goes on to read in a moment.
    pub fn judge(&self, patience: Duration, heard: Instant) -> Verdict {
        let backlog = Backlog::ask(&self.stream);
        let waits = backlog.is_some_and(|backlog| backlog.waits);
        // When the last of a backlog has gone out, the client took it.
        let waited_for_room = self.backlog.swap(waits, Ordering::Relaxed);
        let took = backlog.filter(|_| waits || waited_for_room).map(|backlog| backlog.last_taken);
        let unread = match self.writing.load(Ordering::Relaxed) {
            false => kernel::unread(&self.stream, self.entered.load(Ordering::Acquire)),
            true if waits => Unread::Nothing,
            true => Unread::Unknown,
        };
        let mut graced = self.waited.lock();
        let waited = *graced == Some(heard);
        let verdict = Suspect { patience, unread, took, waited }.judge();
        *graced = matches!(verdict, Verdict::Wait(_)).then_some(heard);
        verdict
    }

    /// Evicts the client after this much silence.
    pub fn evict(&self, silent: Duration) {
        let evidence = Evidence::ask(&self.stream, Side::Accepting);
        let probed = self.probed.load(Ordering::Relaxed);
        self.cut(Cut::Evicted(Eviction { silent, evidence, probed }));
    }

    /// Ends the connection for this reason. Only the thread that took the connection out of the
    /// queue may call this.
    pub fn cut(&self, why: Cut) {
        let _ = self.cut.set(why);
        self.shut_down();
    }

    /// Waits for the reason of the one who took the connection out of the queue.
    pub fn why_cut(&self) -> Cut {
        *self.cut.wait()
    }

    /// Ends a connection that no thread serves. The place is given back before the client can see
    /// the end.
    pub fn turn_away(&self) {
        self.place.give_back();
        close_unread(&self.stream);
    }

    /// Gives the place back, and then wakes the thread out of any read or write: a client that
    /// sees its end of stream can connect again at once.
    pub fn shut_down(&self) {
        self.place.give_back();
        socket::shut_down(&self.stream);
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conn-{}", self.id)
    }
}

/// Ends a connection from which nothing was read. The end of stream goes out first and what has
/// come is read, since closing a connection with bytes unread would reset it.
pub fn close_unread(mut stream: &TcpStream) {
    const MOST_READS: u32 = 16; // a client that sends without end is not waited for
    let _ = stream.shutdown(Shutdown::Write);
    if stream.set_nonblocking(true).is_ok() {
        let mut block = [0; 16 * 1024];
        let _ = (0..MOST_READS).try_for_each(|_| match stream.read(&mut block) {
            Ok(0) | Err(_) => Err(()),
            Ok(_) => Ok(()),
        });
    }
}
