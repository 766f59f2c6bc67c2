//! The thread that drops silent clients.
//!
//! It sleeps until the first client in the queue is due. Nobody has to wake it sooner:
//! whatever happens in the meantime (a newcomer, a byte from a client) only makes
//! deadlines later. The article's server looks every 5 ms instead.
//!
//! If it wakes far too late, the whole process was stopped, and what the clients said in
//! the meantime has still to be read: then it sleeps once more, for a moment, first.
//!
//! It reads no clock and holds no channel: how to sleep is passed in.

use std::time::{Duration, Instant};

use crate::timeout_queue::{Expired, TimeoutQueue};

/// What is too late: longer than a busy machine keeps a thread waiting. A process that was
/// stopped for less than that past a deadline evicts whom it would not have to.
const LATE: Duration = Duration::from_secs(1);

/// How long the connections' threads are given to read it.
const GRACE: Duration = Duration::from_millis(500);

/// Evicts what has expired in the queue, from `now` on. `sleep` returns at its deadline
/// or later and says what time it is then, or none if the reaper is to stop.
pub fn run<T>(
    queue: &TimeoutQueue<T>,
    now: Instant,
    mut sleep: impl FnMut(Instant) -> Option<Instant>,
    evict: impl Fn(Expired<T>),
) {
    let mut deadline = first_deadline(queue, now);
    while let Some(now) = sleep(deadline) {
        deadline = if now.saturating_duration_since(deadline) > LATE {
            now + GRACE
        } else {
            queue.expire(now).into_iter().for_each(&evict);
            first_deadline(queue, now)
        };
    }
}

/// When the first client is due; with none, when one that comes now will be. `now` was read
/// before the look at the queue: who came in between would be due before a later one.
fn first_deadline<T>(queue: &TimeoutQueue<T>, now: Instant) -> Instant {
    queue.next_deadline().unwrap_or_else(|| now + queue.timeout())
}
