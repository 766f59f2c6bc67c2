//! The server's timeout queue, as the server tells of its moves (`docs/log.md`).

use std::time::{Duration, Instant};

use server::timeout_queue::TimeoutQueue;
use tests::event::Event as Logged;

use super::{LastWords, Observer};
use crate::{
    event::{Entry, State, What},
    predict::fault::Means,
};

/// A copy of the server's queue.
pub(super) struct Queue {
    entries: TimeoutQueue<()>,
    start: Instant,
    /// A touch of which the log has not yet told what was read.
    touched: Option<(Duration, u64, Vec<Entry>)>,
}

impl Queue {
    pub(super) fn new() -> Self {
        // Entries leave when the server says so, and no timeout is asked for.
        let entries = TimeoutQueue::new(Duration::MAX);
        Self { entries, start: Instant::now(), touched: None }
    }

    fn entries(&self, moved: u64, stopped: Option<u64>) -> Vec<Entry> {
        let entry = |(conn, _, ())| {
            let state = match conn {
                _ if conn == moved => State::Moved,
                _ if Some(conn) == stopped => State::Stopped,
                _ => State::Waiting,
            };
            Entry { conn, state }
        };
        self.entries.entries().into_iter().map(entry).collect()
    }
}

impl Observer {
    /// Makes the move that the server has made, and tells of it. A touch is told together with
    /// what was read, which the server logs after it.
    pub(super) fn queue_logged(&mut self, at: Duration, event: &Logged) {
        let Some(conn) = event.u64("conn") else { return };
        let heard = event.u64("heard_us").map(Duration::from_micros).unwrap_or_default();
        let heard = self.queue.start + heard;
        let broken = self.view.broken();
        let stopped = self.stopped.map(|_| broken);
        match event.name() {
            "heartbeat" => {
                self.heartbeats += 1;
                self.touch_told(conn, "HeartBeat");
            }
            "text" => self.touch_told(conn, event.str("text").unwrap_or_default()),
            "queued" => {
                self.touch_told(conn, "");
                self.queue.entries.insert(conn, (), heard);
                self.moved(at, format!("c{conn} connects"), self.queue.entries(conn, stopped));
            }
            "touched" => {
                self.touch_told(conn, "");
                self.queue.entries.touch(conn, heard);
                self.queue.touched = Some((at, conn, self.queue.entries(conn, stopped)));
            }
            "ended" => {
                self.touch_told(conn, "");
                self.queue.entries.remove(conn);
                let reason = event.reason();
                let by_timeout = Means::of_reason(reason, &[]) == Some(Means::Timeout);
                let how = if by_timeout { "evicted" } else { "ended" };
                let text = format!("c{conn} {how}: {}", reason.replace('_', " "));
                self.moved(at, text, self.queue.entries(conn, stopped));
                if conn == broken {
                    self.server = Some(LastWords::new(at, event));
                }
            }
            _ => {}
        }
    }

    /// Tells of the last touch, if it was not told. The server logs what it `read` right after the
    /// touch of the same connection, unless another thread comes between, or nothing was read.
    fn touch_told(&mut self, conn: u64, read: &str) {
        if let Some((at, touched, entries)) = self.queue.touched.take() {
            let read = if conn == touched && !read.is_empty() { read } else { "is heard" };
            self.moved(at, format!("c{touched} {read}"), entries);
        }
    }

    fn moved(&mut self, at: Duration, text: String, order: Vec<Entry>) {
        self.add(at, What::Queue { text, order });
    }
}
