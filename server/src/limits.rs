//! How many connections the server holds: what the process has room for, and the places that
//! `--max-connections` grants.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use common::descriptors;

/// The places for connections.
pub struct Places {
    limit: usize,
    taken: Arc<AtomicUsize>,
}

/// One connection's place. It is given back early by [`give_back`](Self::give_back), or else
/// when it is dropped.
pub struct Place {
    taken: Arc<AtomicUsize>,
    given_back: AtomicBool,
}

impl Places {
    pub fn new(limit: usize) -> Self {
        Self { limit, taken: Arc::default() }
    }

    /// A place, if one is free.
    pub fn take(&self) -> Option<Place> {
        let one_more = |taken| (taken < self.limit).then_some(taken + 1);
        self.taken.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).ok()?;
        Some(Place { taken: Arc::clone(&self.taken), given_back: AtomicBool::new(false) })
    }
}

impl Place {
    /// Gives the place back, once, however often this is called.
    pub fn give_back(&self) {
        if !self.given_back.swap(true, Ordering::AcqRel) {
            self.taken.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.give_back();
    }
}

/// Descriptors that other things need: the standard streams, the listener, a client that is
/// about to be refused.
const RESERVED_DESCRIPTORS: u64 = 16;

/// Raises the limit of open descriptors as far as it goes, and returns how many connections
/// the process has room for. Each takes a descriptor and a thread.
pub fn room() -> usize {
    let descriptors = descriptors::raise_limit()
        .map_or(u64::MAX, |limit| limit.saturating_sub(RESERVED_DESCRIPTORS));
    usize::try_from(descriptors.min(room_for_threads())).unwrap_or(usize::MAX)
}

/// How many threads there is room for. A process that runs out of memory maps while a thread
/// starts is aborted, so this limit must be known in advance.
#[cfg(target_os = "linux")]
fn room_for_threads() -> u64 {
    /// Memory maps that other things need.
    const RESERVED: u64 = 2000;
    /// A thread's stack, its stack for signals, and a guard page for each.
    const PER_THREAD: u64 = 4;

    let maps = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    let maps = maps.trim().parse().unwrap_or(65_530_u64);
    maps.saturating_sub(RESERVED) / PER_THREAD
}

/// On other systems than Linux this limit is not known.
#[cfg(not(target_os = "linux"))]
fn room_for_threads() -> u64 {
    u64::MAX
}
