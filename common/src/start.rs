//! What a program needs from the system before it can work, and the errors where it gets none.
//! The system's own words for them (`Resource temporarily unavailable`) do not say what failed.

use std::io::{self, ErrorKind};

/// The error of a thread that could not be started. It names the thread and says what to do.
pub fn thread_error(thread: &str, error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        ErrorKind::WouldBlock => "; raise the limit of processes (ulimit -u)",
        ErrorKind::OutOfMemory => "; raise the limit of memory (ulimit -v)",
        _ => "",
    };
    let message = format!("cannot start the {thread} thread: {error}{advice}");
    io::Error::new(error.kind(), message)
}

/// Calls `handler` at each Ctrl-C, SIGTERM or SIGHUP.
///
/// # Errors
/// When the system refuses what that takes: a pipe and a thread.
pub fn on_interrupt(handler: impl FnMut() + Send + 'static) -> io::Result<()> {
    ctrlc::set_handler(handler).map_err(|error| match error {
        ctrlc::Error::System(system) => interrupt_error(&system),
        other => io::Error::other(other),
    })
}

fn interrupt_error(error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        ErrorKind::WouldBlock => "; raise the limit of processes (ulimit -u)",
        _ => "",
    };
    io::Error::new(error.kind(), format!("cannot catch Ctrl-C: {error}{advice}"))
}
