//! How many connections the server holds: what the process has room for, and the places that
//! `--max-connections` grants.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

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
#[cfg(target_os = "linux")]
const RESERVED_DESCRIPTORS: u64 = 16;

/// Memory maps that other things need.
#[cfg(target_os = "linux")]
const RESERVED_MAPS: u64 = 2000;

/// Memory maps of one thread: its stack, its stack for signals, and a guard page for each.
#[cfg(target_os = "linux")]
const MAPS_PER_THREAD: u64 = 4;

/// Raises the limit of open descriptors as far as it goes, and returns how many connections
/// the process has room for. Each takes a descriptor and a thread. A process that runs out of
/// maps while a thread starts is aborted, so this limit must be known in advance.
#[cfg(target_os = "linux")]
pub fn room() -> usize {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    let descriptors = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, hard)| {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_or(soft, |()| hard)
    });
    let maps = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    let maps = maps.trim().parse().unwrap_or(65_530_u64);
    let room = descriptors
        .saturating_sub(RESERVED_DESCRIPTORS)
        .min(maps.saturating_sub(RESERVED_MAPS) / MAPS_PER_THREAD);
    usize::try_from(room).unwrap_or(usize::MAX)
}

/// On other systems than Linux the limits are not known.
#[cfg(not(target_os = "linux"))]
pub fn room() -> usize {
    usize::MAX
}
