//! The thread that drops silent clients.
//!
//! It sleeps until the first client in the queue is due. Nobody has to wake it sooner:
//! whatever happens in the meantime (a newcomer, a byte from a client) only makes
//! deadlines later. The article's server looks every 5 ms instead.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::{connection::Connection, timeout_queue::TimeoutQueue};

/// Who wakes this much too late was stopped, as by `kill -STOP`, and so was every other
/// thread: what the clients said in the meantime has still to be read.
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
