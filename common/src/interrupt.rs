//! What stops a program from outside: Ctrl-C, SIGTERM, SIGHUP.
//!
//! A signal that the parent ignores stays ignored: `nohup` ignores SIGHUP for its child, and a
//! shell in a script ignores SIGINT for a command with `&`.

use std::{io, sync::Arc};

/// Calls `interrupted` for each Ctrl-C, SIGTERM and SIGHUP, from a thread of its own, unless the
/// signal was ignored when the program started.
///
/// # Errors
/// When a handler cannot be installed, or its thread cannot be started.
pub fn on_interrupt(interrupted: impl Fn() + Send + Sync + 'static) -> io::Result<()> {
    let interrupted = Arc::new(interrupted);
    let failed = |error| io::Error::other(format!("cannot catch Ctrl-C: {error}"));
    match ctrlc::try_set_handler({
        let interrupted = Arc::clone(&interrupted);
        move || interrupted()
    }) {
        // There is no other handler in this program, so the signal is ignored.
        Ok(()) | Err(ctrlc::Error::MultipleHandlers) => {}
        Err(ctrlc::Error::System(error)) => return Err(failed(error.to_string())),
        Err(error) => return Err(failed(error.to_string())),
    }
    #[cfg(unix)]
    unix::on_termination(interrupted)?;
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::{fs, io, sync::Arc, thread};

    use signal_hook::{
        consts::{SIGHUP, SIGTERM, SIGXFSZ},
        iterator::Signals,
    };

    pub(super) fn on_termination(
        interrupted: Arc<impl Fn() + Send + Sync + 'static>,
    ) -> io::Result<()> {
        let failed = |error| io::Error::other(format!("cannot catch SIGTERM: {error}"));
        let ignored = ignored();
        let caught = [SIGTERM, SIGHUP, SIGXFSZ].into_iter();
        let caught = caught.filter(|signal| ignored & (1 << (signal - 1)) == 0);
        let mut signals = Signals::new(caught).map_err(failed)?;
        let wait = move || {
            for signal in signals.forever() {
                // A file at its size limit is told by the failed write, as a full disk is.
                if signal != SIGXFSZ {
                    interrupted();
                }
            }
        };
        thread::Builder::new().name("signals".to_owned()).spawn(wait).map_err(failed)?;
        Ok(())
    }

    /// The ignored signals, one bit for each, as proc(5) has them. Elsewhere than on Linux none
    /// is known.
    fn ignored() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let field = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        field.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0)
    }
}
