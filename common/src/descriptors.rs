//! The limit of open files. The parent hands down a soft limit, often 1024 (256 on macOS), and
//! a hard one, up to which a process may raise it.

/// Raises the soft limit as far as it goes, and returns it. `None` where there is no such limit.
#[cfg(unix)]
#[allow(clippy::useless_conversion, reason = "the kernel's type is signed on FreeBSD")]
pub fn raise_limit() -> Option<u64> {
    use nix::sys::resource::{Resource::RLIMIT_NOFILE, getrlimit, setrlimit};

    let limits = || {
        let (soft, hard) = getrlimit(RLIMIT_NOFILE).ok()?;
        Some((u64::try_from(soft).ok()?, u64::try_from(hard).ok()?))
    };
    let (soft, hard) = limits()?;
    Some(raise(soft, hard, |limit| {
        setrlimit(RLIMIT_NOFILE, limit.try_into().ok()?, hard.try_into().ok()?).ok()?;
        Some(limits()?.0) // a kernel may have lowered it
    }))
}

/// Where there is no such limit, nothing is raised.
#[cfg(not(unix))]
pub fn raise_limit() -> Option<u64> {
    None
}

/// The most that macOS takes where the hard limit says `unlimited` (`OPEN_MAX`).
const OPEN_MAX: u64 = 10_240;

/// Raises a limit from `soft` towards `hard`, and returns it. `set` tries a limit, and returns
/// the one that then holds; a system may refuse one below `hard`.
pub fn raise(soft: u64, hard: u64, mut set: impl FnMut(u64) -> Option<u64>) -> u64 {
    let mut wanted = hard;
    while wanted > soft {
        if let Some(limit) = set(wanted) {
            return limit;
        }
        wanted = if wanted > OPEN_MAX { OPEN_MAX } else { wanted / 2 };
    }
    soft
}
