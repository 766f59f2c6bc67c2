//! The thread that evicts silent clients.
//!
//! It sleeps until the first client in the queue is due. Nobody has to wake it earlier: a
//! newcomer or a byte only makes deadlines later.
//!
//! It reads no clock and has no channel: how to sleep and how to judge are passed in.
//!
//! In the article: `check_out`, which the server calls every 5 ms.

use std::time::Instant;

use common::verdict::Verdict;

use crate::{
    moves,
    timeout_queue::{Due, Expired, TimeoutQueue},
};

/// Evicts the expired, starting at `now`.
///
/// `sleep` returns at its deadline or later with the time it is then, or with none if the
/// reaper is to stop. `judge` gets an item whose deadline has passed, and the stamp of its silence.
/// `evict` gets what was taken out of the queue.
pub fn run<T: Clone>(
    queue: &TimeoutQueue<T>,
    now: Instant,
    mut sleep: impl FnMut(Instant) -> Option<Instant>,
    judge: impl Fn(&T, Instant) -> Verdict,
    evict: impl Fn(Expired<T>),
) {
    let mut deadline = first_deadline(queue, now);
    while let Some(now) = sleep(deadline) {
        let mut in_doubt = None;
        for Due { id, item, heard } in queue.due(now) {
            match judge(&item, heard) {
                Verdict::Alive(ago) => {
                    let heard = now.checked_sub(ago).unwrap_or(now);
                    if queue.touch(id, heard) {
                        moves::touched(id, heard);
                    }
                }
                Verdict::Wait(grace) => in_doubt = Some(now + grace),
                Verdict::Dead => queue.expire(id, now).into_iter().for_each(&evict),
            }
        }
        deadline = in_doubt.unwrap_or_else(|| first_deadline(queue, now));
    }
}

/// When the first client is due. `now` must be read before the queue is looked at: a client
/// that is inserted in between is due at its own `now + timeout`, which is later, so the reaper
/// still wakes in time for it.
fn first_deadline<T>(queue: &TimeoutQueue<T>, now: Instant) -> Instant {
    queue.next_deadline().unwrap_or_else(|| now + queue.timeout())
}
