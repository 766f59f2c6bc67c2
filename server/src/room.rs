//! How many connections fit into this process: each takes a descriptor and a thread.

/// Descriptors kept for everything else: the standard streams, the listener, one client
/// that is about to be refused.
#[cfg(target_os = "linux")]
const DESCRIPTORS_KEPT: u64 = 16;

/// Maps kept for everything else, and maps that a thread takes: its stack, the stack for
/// signals, and a guard page for each.
#[cfg(target_os = "linux")]
const MAPS_KEPT: u64 = 2000;
#[cfg(target_os = "linux")]
const MAPS_A_THREAD: u64 = 4;

/// Raises the limit of open descriptors as far as it goes, and returns how many
/// connections can be held. Beyond that, threads fail to start, or start to fail: a
/// process whose maps run out is aborted, so the limit has to be met before.
#[cfg(target_os = "linux")]
#[must_use]
pub fn for_connections() -> usize {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};

    let descriptors = getrlimit(Resource::RLIMIT_NOFILE).map_or(1024, |(soft, hard)| {
        setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_or(soft, |()| hard)
    });
    let maps = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    let maps = maps.trim().parse().unwrap_or(65_530_u64);
    let room = descriptors
        .saturating_sub(DESCRIPTORS_KEPT)
        .min(maps.saturating_sub(MAPS_KEPT) / MAPS_A_THREAD);
    usize::try_from(room).unwrap_or(usize::MAX)
}

/// How many connections can be held is known on Linux alone.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn for_connections() -> usize {
    usize::MAX
}
