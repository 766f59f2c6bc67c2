//! What a process costs and holds, from proc(5). On other systems than Linux each question is an
//! error.

mod files;
mod tcp;

use std::{fs, io, path::PathBuf, time::Duration};

use files::{Stat, status_number};
pub use tcp::{TcpSocket, TcpTimer, tcp_sockets, tcp_timer};

/// The error "no such process", with which the kernel answers while a thread ends.
const ESRCH: i32 = 3;

/// What a process has cost so far.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// CPU time of all its threads, in user and kernel mode. The kernel counts it in ticks of
    /// 10 ms.
    pub cpu: Duration,
    /// Resident memory, in bytes.
    pub memory: u64,
}

impl Cost {
    /// Microseconds of CPU time since `before` per reply, for this number of replies.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "a figure for people")]
    pub fn micros_per_reply(&self, before: &Self, replies: u64) -> f64 {
        self.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / replies as f64
    }
}

/// What the process `pid` has cost.
///
/// # Errors
/// When there is no such process.
pub fn cost(pid: u32) -> io::Result<Cost> {
    let stat = Stat::read(&process(pid))?;
    let ticks = stat.number(14)? + stat.number(15)?;
    let memory = status_number(&process(pid), "VmRSS:")? * 1024;
    Ok(Cost { cpu: Duration::from_millis(ticks * 10), memory })
}

/// The most memory that the process `pid` has held so far, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn peak_memory(pid: u32) -> io::Result<u64> {
    Ok(status_number(&process(pid), "VmHWM:")? * 1024)
}

/// What a process holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    pub threads: usize,
    /// Open file descriptors.
    pub descriptors: usize,
}

impl Size {
    /// Whether neither number is larger than in `other`.
    #[must_use]
    pub fn is_within(&self, other: Self) -> bool {
        self.threads <= other.threads && self.descriptors <= other.descriptors
    }
}

/// What the process `pid` holds.
///
/// # Errors
/// When there is no such process.
pub fn size(pid: u32) -> io::Result<Size> {
    let descriptors = fs::read_dir(process(pid).join("fd"))?.count();
    Ok(Size { threads: threads(pid)?.len(), descriptors })
}

/// How often the threads of the process `pid` have gone to sleep so far. Threads that have ended
/// are not counted. With thousands of threads this takes a while.
///
/// # Errors
/// When there is no such process.
pub fn sleeps(pid: u32) -> io::Result<u64> {
    let sleeps = |thread: &PathBuf| status_number(thread, "voluntary_ctxt_switches:");
    threads(pid)?.iter().filter_map(|thread| unless_ended(sleeps(thread))).sum()
}

/// The names of the threads of the process `pid`.
///
/// # Errors
/// When there is no such process.
pub fn thread_names(pid: u32) -> io::Result<Vec<String>> {
    let name = |thread: &PathBuf| Ok(fs::read_to_string(thread.join("comm"))?.trim().to_owned());
    threads(pid)?.iter().filter_map(|thread| unless_ended(name(thread))).collect()
}

/// A child of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    pub pid: u32,
    /// The state as one letter: `S` sleeping, `T` stopped, `Z` ended but not waited for.
    pub state: char,
}

/// The children of the process `parent`.
///
/// # Errors
/// When the processes cannot be listed.
pub fn children(parent: u32) -> io::Result<Vec<Child>> {
    let mut children = Vec::new();
    for pid in pids()? {
        let Some(stat) = unless_ended(Stat::read(&process(pid))) else { continue };
        let stat = stat?;
        if stat.number(4)? == u64::from(parent) {
            children.push(Child { pid, state: stat.state()? });
        }
    }
    Ok(children)
}

/// Whether the process `pid` runs or is stopped. One that has ended does not, even before it is
/// waited for.
///
/// # Errors
/// When proc(5) cannot be read.
pub fn is_alive(pid: u32) -> io::Result<bool> {
    Ok(state(pid)?.is_some_and(|state| state != 'Z'))
}

/// The state of the process `pid` as one letter, as in [`Child`]. `None` if there is no such
/// process.
///
/// # Errors
/// When proc(5) cannot be read.
pub fn state(pid: u32) -> io::Result<Option<char>> {
    unless_ended(Stat::read(&process(pid))).map(|stat| stat?.state()).transpose()
}

/// The ids of all processes.
///
/// # Errors
/// When the processes cannot be listed.
pub fn pids() -> io::Result<Vec<u32>> {
    let pid = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    fs::read_dir("/proc")?.filter_map(|entry| entry.map(pid).transpose()).collect()
}

/// The command line of the process `pid`: the program and its arguments.
///
/// # Errors
/// When there is no such process.
pub fn command_line(pid: u32) -> io::Result<Vec<String>> {
    let bytes = fs::read(process(pid).join("cmdline"))?;
    let words = bytes.split_inclusive(|byte| *byte == 0);
    Ok(words.map(|word| String::from_utf8_lossy(word).trim_end_matches('\0').to_owned()).collect())
}

/// The inodes of the sockets that the process `pid` holds. Several descriptors may be one socket.
///
/// # Errors
/// When there is no such process, or we may not look into it.
pub fn socket_inodes(pid: u32) -> io::Result<Vec<u64>> {
    let inode = |entry: fs::DirEntry| {
        let target = fs::read_link(entry.path()).ok()?; // it may have been closed meanwhile
        target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    let descriptors = fs::read_dir(process(pid).join("fd"))?;
    descriptors.filter_map(|entry| entry.map(inode).transpose()).collect()
}

fn process(pid: u32) -> PathBuf {
    format!("/proc/{pid}").into()
}

/// The folders of a process's threads.
fn threads(pid: u32) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(process(pid).join("task"))?.map(|entry| Ok(entry?.path())).collect()
}

/// `None` for what ended between its listing and its reading.
fn unless_ended<T>(read: io::Result<T>) -> Option<io::Result<T>> {
    match &read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) if error.raw_os_error() == Some(ESRCH) => None,
        _ => Some(read),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process;

    use super::*;

    #[test]
    fn this_process_costs_and_holds_something() {
        let pid = process::id();
        assert!(cost(pid).unwrap().memory > 0);
        assert!(peak_memory(pid).unwrap() > 0);
        assert!(size(pid).unwrap().descriptors >= 3);
        assert!(sleeps(pid).is_ok());
        assert!(!thread_names(pid).unwrap().is_empty());
        assert!(is_alive(pid).unwrap());
    }

    #[test]
    fn a_process_that_does_not_exist_is_an_error_and_not_a_zero() {
        let gone = u32::MAX;
        assert!(cost(gone).is_err() && size(gone).is_err() && sleeps(gone).is_err());
        assert!(!is_alive(gone).unwrap());
    }

    #[test]
    fn the_sockets_of_a_process_are_found_by_their_inodes() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let _stream = std::net::TcpStream::connect(address).unwrap();
        let of_the_client = tcp_sockets()
            .unwrap()
            .into_iter()
            .find(|one| std::net::SocketAddr::from(one.remote) == address);
        let inode = of_the_client.unwrap().inode;
        assert!(socket_inodes(process::id()).unwrap().contains(&inode), "{inode}");
    }

    #[test]
    fn a_child_is_found_with_its_state() {
        let mut child = process::Command::new("sleep").arg("60").spawn().unwrap();
        let found = children(process::id()).unwrap();
        assert!(found.iter().any(|one| one.pid == child.id()), "{} in {found:?}", child.id());
        assert!(matches!(state(child.id()), Ok(Some('R' | 'S' | 'D'))));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_alive(child.id()).unwrap());
    }
}
