//! The thread that drops silent clients.
//!
//! It sleeps until the first client in the queue is due. Nobody has to wake it sooner:
//! whatever happens in the meantime (a newcomer, a byte from a client) only makes
//! deadlines later. The article's server looks every 5 ms instead.

use std::{sync::Arc, time::Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::{connection::Connection, timeout_queue::TimeoutQueue};

/// Evicts silent connections until the other half of `stop` is dropped.
pub fn run(queue: &TimeoutQueue<Arc<Connection>>, stop: &Receiver<()>) {
    loop {
        let deadline = queue.next_deadline().unwrap_or_else(|| Instant::now() + queue.timeout());
        if stop.recv_deadline(deadline) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        for expired in queue.expire(Instant::now()) {
            expired.item.evict(expired.silent);
        }
    }
}
