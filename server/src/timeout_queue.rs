//! Which clients have been silent, and for how long.
//!
//! Every connection has the same timeout, so the order in which they were last heard is the
//! order in which they are due. A linked hash map keeps that order: a byte from a connection
//! moves it to the back, and the front is always the next to expire. Nothing is sorted or
//! searched.
//!
//! ```text
//!      front: silent the longest                    back: heard just now
//!      ┌────────┐   ┌────────┐   ┌────────┐   ┌────────┐
//!      │ conn-7 │ → │ conn-2 │ → │ conn-9 │ → │ conn-4 │   one mutex around it all
//!      └────────┘   └────────┘   └────────┘   └────────┘
//!        expire(now) takes here     touch(id) moves to the back
//! ```
//!
//! The queue has no socket and reads no clock: `now` is passed in.
//!
//! In the article: the list `timeque` and the map `up` under `quemutex`, whose items are of the
//! class `HeartBeat`. `insert_que` is [`insert`](TimeoutQueue::insert) here, `update_que` is
//! [`touch`](TimeoutQueue::touch), `del_que` is [`remove`](TimeoutQueue::remove), and `timecheck`
//! is in [`due`](TimeoutQueue::due). The article's keys are descriptors, which the kernel uses
//! again. The ids here are never used again, so an entry that is gone cannot be mistaken for a
//! newcomer.

use std::time::{Duration, Instant};

use hashlink::LinkedHashMap;

use crate::sync::Mutex;

/// Items by id, ordered by when they were last heard: no stamp is older than the one in front
/// of it. Each call locks the queue for a few map operations and for nothing else.
pub struct TimeoutQueue<T> {
    timeout: Duration,
    entries: Mutex<LinkedHashMap<u64, Entry<T>>>,
}

struct Entry<T> {
    heard: Instant,
    item: T,
}

/// An item whose timeout has passed, and which is still in the queue.
#[derive(Debug, PartialEq, Eq)]
pub struct Due<T> {
    pub id: u64,
    pub item: T,
    /// The stamp of its silence.
    pub heard: Instant,
}

/// An item that was taken out because its timeout had passed.
#[derive(Debug, PartialEq, Eq)]
pub struct Expired<T> {
    pub item: T,
    /// How long it had been silent.
    pub silent: Duration,
}

impl<T> TimeoutQueue<T> {
    /// An empty queue in which an item is due after `timeout` of silence.
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, entries: Mutex::new(LinkedHashMap::new()) }
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Puts a new item, heard just now, at the back. An id must never be used twice.
    pub fn insert(&self, id: u64, item: T, now: Instant) {
        let replaced = put(&mut self.entries.lock(), id, Entry { heard: now, item });
        debug_assert!(replaced.is_none(), "connection ids are never used again");
    }

    /// Moves an item that was heard at this moment to its place: to the back, if nothing else was
    /// heard later. O(1) then. Returns whether the item was still here: once it was taken out, it
    /// cannot come back.
    pub fn touch(&self, id: u64, heard: Instant) -> bool {
        let mut entries = self.entries.lock();
        if entries.back().is_none_or(|(_, back)| back.heard <= heard) {
            return entries.to_back(&id).map(|entry| entry.heard = heard).is_some();
        }
        let Some(entry) = entries.remove(&id) else {
            return false;
        };
        let heard = heard.max(entry.heard); // a later touch may have come first
        put(&mut entries, id, Entry { heard, ..entry });
        true
    }

    /// Takes an item out, if it is still here. O(1).
    pub fn remove(&self, id: u64) -> Option<T> {
        self.entries.lock().remove(&id).map(|entry| entry.item)
    }

    /// The items that have been silent for the whole timeout at `now`, the longest silent
    /// first. They stay in the queue: each may still be touched before it is [expired](Self::expire).
    pub fn due(&self, now: Instant) -> Vec<Due<T>>
    where
        T: Clone,
    {
        let entries = self.entries.lock();
        debug_assert!(entries.values().is_sorted_by_key(|entry| entry.heard), "sorted by stamp");
        let mut due = Vec::new();
        for (&id, Entry { heard, item }) in entries.iter() {
            let silent = now.saturating_duration_since(*heard);
            if silent < self.timeout {
                break;
            }
            due.push(Due { id, item: item.clone(), heard: *heard });
        }
        due
    }

    /// Takes an item out if it is still due at `now`. O(1).
    pub fn expire(&self, id: u64, now: Instant) -> Option<Expired<T>> {
        let mut entries = self.entries.lock();
        let silent = now.saturating_duration_since(entries.get(&id)?.heard);
        if silent < self.timeout {
            return None;
        }
        entries.remove(&id).map(|Entry { item, .. }| Expired { item, silent })
    }

    /// When the next item is due, if there is one. New items and touches only make it later, so
    /// a thread that sleeps until then need not be woken earlier.
    pub fn next_deadline(&self) -> Option<Instant> {
        self.entries.lock().front().map(|(_, entry)| entry.heard + self.timeout)
    }

    /// What is in the queue, the front first: each item with its id and when it was last heard.
    pub fn entries(&self) -> Vec<(u64, Instant, T)>
    where
        T: Clone,
    {
        let entries = self.entries.lock();
        entries.iter().map(|(&id, entry)| (id, entry.heard, entry.item.clone())).collect()
    }

    /// Takes out everything.
    pub fn drain(&self) -> Vec<T> {
        self.entries.lock().drain().map(|(_, entry)| entry.item).collect()
    }
}

/// Puts an entry behind all that were heard no later than it, and returns the one that it
/// replaced. That is at the back, or near it: two threads may read the clock in one order and
/// take the lock in the other.
fn put<T>(
    entries: &mut LinkedHashMap<u64, Entry<T>>,
    id: u64,
    entry: Entry<T>,
) -> Option<Entry<T>> {
    let mut place = entries.cursor_back_mut();
    while place.current().is_some_and(|(_, other)| other.heard > entry.heard) {
        place.move_prev();
    }
    place.insert_after(id, entry)
}
