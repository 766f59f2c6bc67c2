//! What a process costs and holds, from proc(5). Linux only.

use std::{fs, io, time::Duration};

/// What a process has cost so far.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// Processor time of all its threads, in user and kernel mode; counted in ticks of 10 ms.
    pub processor: Duration,
    /// Resident memory, in bytes.
    pub memory: u64,
}

impl Cost {
    /// Microseconds of processor time since `before`, for each of so many replies.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn micros_a_reply(&self, before: &Self, replies: u64) -> f64 {
        self.processor.saturating_sub(before.processor).as_secs_f64() * 1e6 / replies as f64
    }
}

/// Asks what the process `pid` has cost. Linux only.
///
/// # Errors
/// When there is no such process, or no proc(5).
pub fn cost(pid: u32) -> io::Result<Cost> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks = |field: usize| -> u64 {
        fields.split(' ').nth(field - 3).and_then(|ticks| ticks.parse().ok()).unwrap_or_default()
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(Cost {
        processor: Duration::from_millis((ticks(14) + ticks(15)) * 10),
        memory: figure(&status, "VmRSS:") * 1024,
    })
}

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Its threads.
    pub threads: usize,
    /// Its open descriptors.
    pub descriptors: usize,
}

impl Size {
    /// Whether neither figure is larger than there.
    #[must_use]
    pub fn is_within(&self, other: Self) -> bool {
        self.threads <= other.threads && self.descriptors <= other.descriptors
    }
}

/// Asks what the process `pid` holds. Linux only.
///
/// # Errors
/// When there is no such process, or no proc(5).
pub fn size(pid: u32) -> io::Result<Size> {
    let entries = |folder| Ok(fs::read_dir(format!("/proc/{pid}/{folder}"))?.count());
    entries("task").and_then(|threads| Ok(Size { threads, descriptors: entries("fd")? }))
}

/// The most memory that the process `pid` has held so far, in bytes. Linux only.
///
/// # Errors
/// When there is no such process, or no proc(5).
pub fn peak_memory(pid: u32) -> io::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(figure(&status, "VmHWM:") * 1024)
}

/// How often the threads of the process `pid` have gone to sleep so far. It takes a while
/// where there are thousands: not to be asked during a load. Linux only.
///
/// # Errors
/// When there is no such process, or no proc(5).
pub fn sleeps(pid: u32) -> io::Result<u64> {
    let mut sleeps = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))?.flatten() {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        sleeps += figure(&status, "voluntary_ctxt_switches:");
    }
    Ok(sleeps)
}

fn figure(status: &str, name: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    line.split_whitespace().next().and_then(|figure| figure.parse().ok()).unwrap_or_default()
}
