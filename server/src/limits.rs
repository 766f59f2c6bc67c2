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

/// How many threads there is room for. A process that runs out of memory maps or of address space
/// while a thread starts is aborted, so this limit must be known in advance.
#[cfg(target_os = "linux")]
fn room_for_threads() -> u64 {
    /// Memory maps that other things need, and threads that are about to end: each has given its place
    /// back a moment before.
    const RESERVED: u64 = 2000;
    /// A thread's stack, its stack for signals, and a guard page for each.
    const PER_THREAD: u64 = 4;

    let maps = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    let maps = maps.trim().parse().unwrap_or(65_530_u64);
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let space = left_of_address_space().map_or(u64::MAX, |left| threads_within(left, cores));
    space.min(maps.saturating_sub(RESERVED) / PER_THREAD)
}

/// Bytes that may still be mapped, if there is a limit (`ulimit -v`, or `ulimit -d`).
#[cfg(target_os = "linux")]
fn left_of_address_space() -> Option<u64> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};

    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let used = |field| {
        let line = status.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let left = |(resource, field)| {
        let (soft, _) = getrlimit(resource).ok()?;
        let used = used(field).unwrap_or_default() * 1024;
        (soft != RLIM_INFINITY).then(|| soft.saturating_sub(used))
    };
    let limits = [(Resource::RLIMIT_AS, "VmSize:"), (Resource::RLIMIT_DATA, "VmData:")];
    limits.into_iter().filter_map(left).min()
}

/// How many threads of connections fit into this much address space. glibc's allocator reserves
/// space for the first threads that allocate, up to eight per core; later ones share it.
pub fn threads_within(space: u64, cores: u64) -> u64 {
    const MIB: u64 = 1024 * 1024;
    /// What the allocator reserves for one thread.
    const HEAP: u64 = 64 * MIB;
    /// A connection's stack, its stack for signals, its guard pages, and as much again.
    const STACK: u64 = MIB / 2;
    /// The stacks and heaps of the threads that are not a connection's.
    const OTHERS: u64 = 4 * (HEAP + 2 * MIB);

    let left = space.saturating_sub(OTHERS);
    let each_with_a_heap = left / (HEAP + STACK);
    let with_all_heaps = left.saturating_sub(8 * cores * HEAP) / STACK;
    each_with_a_heap.max(with_all_heaps)
}

/// On other systems than Linux this limit is not known.
#[cfg(not(target_os = "linux"))]
fn room_for_threads() -> u64 {
    u64::MAX
}
