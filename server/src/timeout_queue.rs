//! Who has been silent for how long.
//!
//! Every connection has the same time-out, so the order in which they were last heard
//! is the order in which they fall due. A linked hash map keeps that order: hearing
//! from a connection moves it to the back, and the front is always the next to expire.
//! Nothing is ever sorted or searched.
//!
//! ```text
//!      front: silent the longest                    back: heard just now
//!      ┌────────┐   ┌────────┐   ┌────────┐   ┌────────┐
//!      │ conn-7 │ → │ conn-2 │ → │ conn-9 │ → │ conn-4 │   one mutex around it all
//!      └────────┘   └────────┘   └────────┘   └────────┘
//!        expire(now) takes here     touch(id) moves to the back
//! ```
//!
//! The article keeps a list and a map from descriptors to places in it. Descriptors
//! are used again by the kernel; the ids here never are, so an entry that is gone
//! cannot be mistaken for a newcomer.
//!
//! It holds no socket and reads no clock: `now` is passed in.

use std::time::{Duration, Instant};

use hashlink::LinkedHashMap;

use crate::sync::Mutex;

struct Entry<T> {
    heard: Instant,
    item: T,
}

/// An entry whose time-out has passed.
#[derive(Debug, PartialEq, Eq)]
pub struct Expired<T> {
    /// What was inserted.
    pub item: T,
    /// How long it had been silent.
    pub silent: Duration,
}

/// Items by id, ordered by when they were last heard. Each call locks the queue for
/// a few map operations and for nothing else.
pub struct TimeoutQueue<T> {
    timeout: Duration,
    entries: Mutex<LinkedHashMap<u64, Entry<T>>>,
}

impl<T> TimeoutQueue<T> {
    /// An empty queue in which an item expires after `timeout` of silence.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, entries: Mutex::new(LinkedHashMap::new()) }
    }

    /// The silence after which an item expires.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Puts a new item at the back. O(1).
    ///
    /// An id must never be used twice. `now` is read before the lock is taken, so two
    /// threads may enter a moment out of order: an item can expire late by that
    /// much, and never early.
    pub fn insert(&self, id: u64, item: T, now: Instant) {
        let replaced = self.entries.lock().insert(id, Entry { heard: now, item });
        debug_assert!(replaced.is_none(), "connection ids are never used again");
    }

    /// Moves an item to the back. O(1). Says whether it was still here: once expired
    /// or removed, it cannot come back.
    pub fn touch(&self, id: u64, now: Instant) -> bool {
        let mut entries = self.entries.lock();
        let Some(entry) = entries.to_back(&id) else {
            return false;
        };
        entry.heard = now;
        true
    }

    /// Takes an item out, if it is still here. O(1).
    pub fn remove(&self, id: u64) -> Option<T> {
        self.entries.lock().remove(&id).map(|entry| entry.item)
    }

    /// Takes out every item that has been silent for the whole time-out at `now`, the
    /// longest silent first.
    pub fn expire(&self, now: Instant) -> Vec<Expired<T>> {
        let mut expired = Vec::new();
        let mut entries = self.entries.lock();
        while let Some((_, front)) = entries.front() {
            let silent = now.saturating_duration_since(front.heard);
            if silent < self.timeout {
                break;
            }
            expired.extend(
                entries.pop_front().map(|(_, Entry { item, .. })| Expired { item, silent }),
            );
        }
        expired
    }

    /// When the next item is due, if there is one. New items and touches only ever
    /// make it later, so who sleeps until then need not be woken earlier.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Instant> {
        self.entries.lock().front().map(|(_, entry)| entry.heard + self.timeout)
    }

    /// Takes out everything.
    pub fn drain(&self) -> Vec<T> {
        self.entries.lock().drain().map(|(_, entry)| entry.item).collect()
    }
}
