//! The moves of the timeout queue, as events of the trace level. A reader that makes the same
//! moves in a queue of its own gets the same order (`docs/log.md`).
//!
//! An entry that leaves the queue has no event here if its connection has a thread: the thread
//! logs `ended` at once. Either it took the entry out itself, or the reaper or the stop took the
//! entry out and woke the thread.

use std::{sync::OnceLock, time::Instant};

use tracing::trace;

/// The moment from which the log counts: when the first connection was queued.
static FIRST: OnceLock<Instant> = OnceLock::new();

/// Logs that a connection is put into the queue. Call this before it is done, so that no other
/// event about the connection can come first.
pub fn queued(conn: u64, heard: Instant) {
    trace!(
        event = "queued",
        conn,
        heard_us = micros(heard),
        "conn-{conn} put at the back of the timeout queue"
    );
}

/// Logs that the queue was touched for a connection that was heard at this moment.
pub fn touched(conn: u64, heard: Instant) {
    trace!(
        event = "touched",
        conn,
        heard_us = micros(heard),
        "conn-{conn} moved to its place in the timeout queue"
    );
}

/// Logs that a connection was taken out of the queue and that no event `ended` will say so.
pub fn left(conn: u64) {
    trace!(event = "left", conn, "conn-{conn} taken out of the timeout queue");
}

/// The microseconds from [`FIRST`] to this moment.
fn micros(heard: Instant) -> u64 {
    let first = *FIRST.get_or_init(|| heard);
    u64::try_from(heard.saturating_duration_since(first).as_micros()).unwrap_or(u64::MAX)
}
