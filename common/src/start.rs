//! What a program needs from the system before it can work, and the errors where it gets none.
//! The system's own words for them (`Resource temporarily unavailable`) do not say what failed.

use std::io::{self, ErrorKind};
#[cfg(feature = "cli")]
use std::sync::Arc;

/// What to do where the system has no room for another thread.
const MAKE_ROOM: &str = "; raise the limit of processes (ulimit -u), or free some memory";

/// The error of a thread that could not be started. It names the thread and says what to do.
pub fn thread_error(thread: &str, error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        ErrorKind::WouldBlock => MAKE_ROOM,
        ErrorKind::OutOfMemory => "; raise the limit of memory (ulimit -v)",
        _ => "",
    };
    let message = format!("cannot start the {thread} thread: {error}{advice}");
    io::Error::new(error.kind(), message)
}

/// Keeps the signals without effect that the parent ignores: `nohup` ignores SIGHUP for its
/// child, and a shell in a script ignores SIGINT for a command with `&`. The handler of
/// [`on_interrupt`] would replace that, so these signals are blocked. So is SIGXFSZ: a file at its
/// size limit is then told by the failed write, as a full disk is.
///
/// Threads inherit what is blocked, so this must be called before any is started. Only on Linux is
/// it known what the parent ignores.
pub fn keep_ignored_signals() {
    #[cfg(unix)]
    {
        use nix::sys::signal::{SigSet, Signal};

        let ignored = ignored_signals();
        let is_ignored = |signal: &Signal| ignored & (1 << (*signal as i32 - 1)) != 0;
        let stops = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter();
        let blocked: SigSet = stops.filter(is_ignored).chain([Signal::SIGXFSZ]).collect();
        let _ = blocked.thread_block(); // it can only fail for signals that do not exist
    }
}

/// The ignored signals, one bit for each, as proc(5) has them.
#[cfg(unix)]
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    field.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
}

/// Calls `handler` at each Ctrl-C, SIGTERM or SIGHUP; on Windows at each Ctrl-C or Ctrl-Break, and
/// when the console is closed.
///
/// # Errors
/// When the system refuses what that takes: a pipe and a thread.
#[cfg(feature = "cli")]
pub fn on_interrupt(handler: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    let handler = Arc::new(handler);
    let on_signal = Arc::clone(&handler);
    ctrlc::set_handler(move || on_signal()).map_err(|error| interrupt_error(&error))?;
    // The last handler is asked first. The one of `ctrlc` takes every event, and then the system ends
    // the process at once if its console was closed.
    #[cfg(windows)]
    crate::windows::on_close(move || handler())?;
    Ok(())
}

/// The error of signals that cannot be caught: the system's, which ctrlc leaves out.
#[cfg(feature = "cli")]
fn interrupt_error(error: &ctrlc::Error) -> io::Error {
    let message = match error {
        ctrlc::Error::System(system) if system.kind() == ErrorKind::WouldBlock => {
            format!("{system}{MAKE_ROOM}")
        }
        ctrlc::Error::System(system) => system.to_string(),
        other => other.to_string(),
    };
    io::Error::other(format!("cannot catch Ctrl-C: {message}"))
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    #[test]
    fn signals_that_cannot_be_caught_are_named_with_the_systems_reason() {
        let error = |kind: ErrorKind| interrupt_error(&ctrlc::Error::System(kind.into()));
        let no_thread = error(ErrorKind::WouldBlock).to_string();
        assert!(no_thread.starts_with("cannot catch Ctrl-C: "), "{no_thread}");
        assert!(
            no_thread.ends_with("; raise the limit of processes (ulimit -u), or free some memory"),
            "{no_thread}"
        );
        let other = error(ErrorKind::OutOfMemory).to_string();
        assert_eq!(other, "cannot catch Ctrl-C: out of memory");
    }
}
