//! The thread that drops silent clients.
//!
//! It sleeps until the first client in the queue is due. Nobody has to wake it sooner:
//! whatever happens in the meantime (a newcomer, a byte from a client) only makes
//! deadlines later. The article's server looks every 5 ms instead.
//!
//! If it wakes far too late, the whole process was stopped, and what the clients said in
//! the meantime has still to be read: then it sleeps once more, for a moment, first.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::{connection::Connection, timeout_queue::TimeoutQueue};

/// What is too late: longer than a busy machine keeps a thread waiting. A process that was
/// stopped for less than that past a deadline evicts whom it would not have to.
const LATE: Duration = Duration::from_secs(1);

/// How long the connections' threads are given to read it.
const GRACE: Duration = Duration::from_millis(500);

/// Evicts silent connections until the other half of `stop` is dropped.
pub fn run(queue: &TimeoutQueue<Arc<Connection>>, stop: &Receiver<()>) {
    let mut deadline = first_deadline(queue);
    while stop.recv_deadline(deadline) == Err(RecvTimeoutError::Timeout) {
        let now = Instant::now();
        if now.saturating_duration_since(deadline) > LATE {
            deadline = now + GRACE;
            continue;
        }
        for expired in queue.expire(now) {
            expired.item.evict(expired.silent);
        }
        deadline = first_deadline(queue);
    }
}

/// When the first client is due; with none, when one that comes now will be.
fn first_deadline(queue: &TimeoutQueue<Arc<Connection>>) -> Instant {
    queue.next_deadline().unwrap_or_else(|| Instant::now() + queue.timeout())
}
