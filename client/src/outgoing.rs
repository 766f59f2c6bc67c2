//! Everything that goes out, in order: lines from the main thread, heartbeats from the
//! heartbeat thread.
//!
//! One lock orders both and is held while writing, so the order in which heartbeats are
//! announced to the receiver is their order on the wire. A heartbeat is announced before its
//! bytes are written, so the receiver knows of each heartbeat before its acknowledgement comes.

use std::{
    io::{self, ErrorKind, Write as _},
    net::{Shutdown, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use common::{
    diagnosis::Finding,
    event_with_finding,
    kernel::{self, Backlog, Evidence, GaveUp, Side},
    socket::write_within,
    verdict::Unread,
    wire::{Escaper, HEARTBEAT, SentHeartbeat},
};
use crossbeam_channel::Sender;
use parking_lot::Mutex;

use crate::activity::Activity;

/// How long to wait for a write that is failing. A blocked write on a connection that has not
/// failed takes longer.
const FAILING_WRITE: Duration = Duration::from_millis(100);

/// The text and the heartbeats that went out.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Whole lines.
    pub lines: u64,
    pub heartbeats: u64,
}

impl Sent {
    /// Adds what went out on another connection.
    pub fn add(&mut self, other: &Self) {
        self.lines += other.lines;
        self.heartbeats += other.heartbeats;
    }
}

/// The writing half of the connection.
pub struct Outgoing {
    stream: Arc<TcpStream>,
    /// The times of the last activity; each write updates them.
    activity: Arc<Activity>,
    /// Tells the receiver of each heartbeat.
    expected: Sender<SentHeartbeat>,
    /// Whether our half of the connection is closed. It is set before that is done: the server's
    /// answer to the end of the stream may come before the lock is free again.
    closed: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    text: Escaper,
    /// The rest of a heartbeat that is announced and not wholly written.
    unwritten: &'static [u8],
    /// Heartbeats that are wholly written.
    heartbeats: u64,
    /// How the kernel gave up, if a write was told. The kernel tells each error once: a read that
    /// comes later gets an end of stream.
    gave_up: Option<GaveUp>,
}

impl State {
    fn keep<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result {
            self.gave_up = self.gave_up.or(GaveUp::from_error(error));
        }
        result
    }
}

/// Why a heartbeat did not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The text before it, or the heartbeat itself, waits for room in the send buffer.
    #[error("what was sent before is still waiting")]
    Blocked,
    /// A line longer than a chunk is half sent, and a heartbeat cannot follow half a line.
    #[error("half a line has been sent, and its rest has not been typed")]
    HalfLine,
    /// Our half of the connection is closed: we are waiting for the last replies.
    #[error("our half of the connection is closed")]
    Closed,
    /// The connection has failed, or has been ended.
    #[error("the connection has ended")]
    Failed,
}

impl NotSent {
    fn of(error: &io::Error) -> Self {
        if error.kind() == ErrorKind::WouldBlock { Self::Blocked } else { Self::Failed }
    }
}

impl Outgoing {
    /// Writes to `stream`, and announces each heartbeat on `expected`.
    pub fn new(
        stream: Arc<TcpStream>,
        activity: Arc<Activity>,
        expected: Sender<SentHeartbeat>,
    ) -> Self {
        let closed = AtomicBool::new(false);
        Self { stream, activity, expected, closed, state: Mutex::default() }
    }

    /// Sends text whose echo is due from now on. Blocks while the server does not read.
    ///
    /// # Errors
    /// When the connection has failed or has been ended.
    pub fn text(&self, text: &[u8]) -> io::Result<()> {
        let mut state = self.state.lock();
        self.write_rest(&mut state, None)?;
        let escaped = state.text.escape(text);
        self.activity.sending();
        let written = self.stream.as_ref().write_all(&escaped);
        self.activity.sent(Instant::now());
        state.keep(written)
    }

    /// Tells the server that nothing more will come.
    ///
    /// # Errors
    /// As [`text`](Self::text).
    pub fn close(&self) -> io::Result<()> {
        let mut state = self.state.lock();
        self.write_rest(&mut state, None)?;
        self.closed.store(true, Ordering::Release);
        self.stream.shutdown(Shutdown::Write)
    }

    /// Sends the heartbeat of this number, or one without a number, and waits until `deadline` at
    /// most.
    ///
    /// # Errors
    /// When it could not be sent by then, and why.
    pub fn heartbeat(&self, number: Option<u32>, deadline: Instant) -> Result<(), NotSent> {
        let mut state = self.state.try_lock_until(deadline).ok_or(NotSent::Blocked)?;
        if self.is_closed() {
            return Err(NotSent::Closed);
        }
        if !state.text.at_boundary() {
            return Err(NotSent::HalfLine);
        }
        self.write_rest(&mut state, Some(deadline)).map_err(|error| NotSent::of(&error))?;
        let after_lines = state.text.lines();
        let _ = self.expected.send(SentHeartbeat { number, after_lines, at: Instant::now() });
        state.unwritten = HEARTBEAT;
        self.write_rest(&mut state, Some(deadline)).map_err(|error| NotSent::of(&error))
    }

    /// Writes what is left of the last heartbeat, until `deadline` if there is one. What is left
    /// then goes out before anything else.
    fn write_rest(&self, state: &mut State, deadline: Option<Instant>) -> io::Result<()> {
        if state.unwritten.is_empty() {
            return Ok(());
        }
        while !state.unwritten.is_empty() {
            match self.write_once(state.unwritten, deadline) {
                Ok(count) => state.unwritten = &state.unwritten[count..],
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(error),
                Err(error) => return state.keep(Err(error)),
            }
        }
        state.heartbeats += 1;
        self.activity.sent(Instant::now());
        Ok(())
    }

    fn write_once(&self, bytes: &[u8], deadline: Option<Instant>) -> io::Result<usize> {
        let Some(deadline) = deadline else {
            return self.stream.as_ref().write(bytes);
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(ErrorKind::WouldBlock.into());
        }
        write_within(&self.stream, bytes, left) // the holder of the lock is the only writer
    }

    /// What the kernel knows of a server from which no byte has come for `silence`, where the
    /// kernel can be asked.
    pub fn finding(&self, silence: Duration) -> Option<Finding> {
        let evidence = Evidence::ask(&self.stream, Side::Connecting)?;
        let finding = Finding::new(evidence, silence);
        event_with_finding!(debug, Some(finding), { event = "kernel" }, "{finding}");
        Some(finding)
    }

    /// Whether bytes have come from the server beyond the `entered` ones.
    pub fn unread(&self, entered: u64) -> Unread {
        kernel::unread(&self.stream, entered)
    }

    /// How long ago the server last took bytes of ours, if some wait for room, or `waited` for it.
    pub fn took(&self, waited: bool) -> Option<Duration> {
        let backlog = Backlog::ask(&self.stream)?;
        (backlog.waits || waited).then_some(backlog.last_taken)
    }

    /// How the kernel gave up, if a write was told so. A write in progress is waited for: it may
    /// be the one that is told.
    pub fn gave_up(&self) -> Option<GaveUp> {
        self.state.try_lock_for(FAILING_WRITE)?.gave_up
    }

    /// Whether our half of the connection is closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// What went out.
    pub fn sent(&self) -> Sent {
        let State { text, heartbeats, .. } = &*self.state.lock();
        Sent { lines: text.lines(), heartbeats: *heartbeats }
    }
}
