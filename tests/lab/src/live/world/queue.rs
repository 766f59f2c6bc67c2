//! The server's queue, drawn from what the server says of each move.
//!
//! It is the server's own [`TimeoutQueue`]: each move is made here with the stamp that the server
//! gave it, so this queue has the same order.

use std::time::{Duration, Instant};

use server::timeout_queue::TimeoutQueue;

/// The queue of one server process.
pub struct Queue {
    /// Its stamps are the server's, counted from `epoch`.
    entries: TimeoutQueue<()>,
    epoch: Instant,
    /// What to add to a stamp of the server to get a time of the lab.
    ahead: Option<f64>,
}

/// An entry of the queue.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The number that the server gave to the connection.
    pub conn: u64,
    /// When the client was last heard, on the lab's clock.
    pub heard: Duration,
}

impl Queue {
    pub fn new(timeout: Duration) -> Self {
        // Only differences from `epoch` matter, so any moment will do.
        Self { entries: TimeoutQueue::new(timeout), epoch: Instant::now(), ahead: None }
    }

    pub fn timeout(&self) -> Duration {
        self.entries.timeout()
    }

    /// A connection was put at the back. `stamp` is when it was heard, on the server's clock in
    /// microseconds; the server said so no later than `at`, on the lab's clock.
    pub fn queued(&mut self, conn: u64, stamp: u64, at: Duration) {
        self.compare_clocks(stamp, at);
        self.entries.insert(conn, (), self.epoch + Duration::from_micros(stamp));
    }

    /// A connection was heard, and moved.
    pub fn touched(&mut self, conn: u64, stamp: u64, at: Duration) {
        self.compare_clocks(stamp, at);
        self.entries.touch(conn, self.epoch + Duration::from_micros(stamp));
    }

    pub fn left(&mut self, conn: u64) {
        self.entries.remove(conn);
    }

    /// The entries, from the front to the back.
    pub fn entries(&self) -> Vec<Entry> {
        let ahead = self.ahead.unwrap_or_default();
        let entry = |(conn, heard, ()): (u64, Instant, ())| {
            let stamp = heard.saturating_duration_since(self.epoch).as_secs_f64();
            Entry { conn, heard: Duration::from_secs_f64((stamp + ahead).max(0.0)) }
        };
        self.entries.entries().into_iter().map(entry).collect()
    }

    /// An event arrives no sooner than it happens, so the smallest difference seen is the nearest
    /// to the difference between the two clocks.
    fn compare_clocks(&mut self, stamp: u64, at: Duration) {
        let ahead = at.as_secs_f64() - Duration::from_micros(stamp).as_secs_f64();
        self.ahead = Some(self.ahead.map_or(ahead, |known| known.min(ahead)));
    }
}

impl Clone for Queue {
    fn clone(&self) -> Self {
        let entries = TimeoutQueue::new(self.timeout());
        for (conn, heard, ()) in self.entries.entries() {
            entries.insert(conn, (), heard);
        }
        Self { entries, epoch: self.epoch, ahead: self.ahead }
    }
}
