//! What stops a program from outside: Ctrl-C, SIGTERM, SIGHUP.

use std::io;

/// Keeps the signals without effect that the parent ignores: `nohup` ignores SIGHUP for its
/// child, and a shell in a script ignores SIGINT for a command with `&`. The handler of
/// [`on_interrupt`] would replace that, so these signals are blocked. So is SIGXFSZ: a file at its
/// size limit is then told by the failed write, as a full disk is.
///
/// Threads inherit what is blocked, so this must be called before any is started. Elsewhere than
/// on Linux it is not known what is ignored.
pub fn keep_ignored_signals() {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::signal::{SigSet, Signal};

        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let ignored = field.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
        let is_ignored = |signal: &Signal| ignored & (1 << (*signal as i32 - 1)) != 0;
        let stops = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP].into_iter();
        let blocked: SigSet = stops.filter(is_ignored).chain([Signal::SIGXFSZ]).collect();
        let _ = blocked.thread_block(); // it can only fail for signals that do not exist
    }
}

/// Calls `interrupted` for each Ctrl-C, SIGTERM and SIGHUP, from a thread of its own.
///
/// # Errors
/// When no handler can be installed, or its thread cannot be started.
pub fn on_interrupt(interrupted: impl Fn() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(interrupted).map_err(|error| {
        let why = match error {
            ctrlc::Error::System(error) => error.to_string(),
            other => other.to_string(),
        };
        io::Error::other(format!("cannot catch Ctrl-C: {why}"))
    })
}
