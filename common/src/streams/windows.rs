//! The streams as Rust has them. What Windows cannot say about the reader of a stream, the next write
//! finds out.
#![allow(clippy::unnecessary_wraps, reason = "on Unix there are errors")]

use std::{
    io::{self, IsTerminal as _, Write},
    net::TcpStream,
    time::Instant,
};

use parking_lot::Mutex;
use windows_sys::Win32::Foundation::ERROR_PIPE_NOT_CONNECTED;

use super::{Ready, lossy::Lossy};
use crate::ready::{For, ready};

/// The standard output's type.
pub struct Stdout {
    stream: io::Stdout,
    /// A console takes only text, and Rust's `stdout` refuses what is not UTF-8.
    console: Option<Mutex<Lossy>>,
}

/// The standard input.
///
/// # Errors
/// Never.
pub fn stdin() -> io::Result<io::Stdin> {
    Ok(io::stdin())
}

/// The standard output. A console is shown `�` in the place of bytes that are not UTF-8.
///
/// # Errors
/// Never.
pub fn stdout() -> io::Result<Stdout> {
    let stream = io::stdout();
    let console = stream.is_terminal().then(Mutex::default);
    Ok(Stdout { stream, console })
}

/// The standard error stream.
///
/// # Errors
/// Never.
pub fn stderr() -> io::Result<io::Stderr> {
    Ok(io::stderr())
}

impl Write for &Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &self.console {
            None => (&self.stream).write(bytes),
            Some(console) => {
                let mut console = console.lock();
                (&self.stream).write_all(console.take(bytes).as_bytes())?;
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        (&self.stream).flush()
    }
}

/// Waits until a read of `connection` returns at once, or until `deadline`. Without a deadline the
/// waiting is left to the read.
///
/// # Errors
/// When the connection cannot be asked.
pub fn wait_for_bytes(
    connection: &TcpStream,
    _: &Stdout,
    deadline: Option<Instant>,
) -> io::Result<Ready> {
    let Some(deadline) = deadline else { return Ok(Ready::Bytes) };
    let has_come = ready(&[connection], For::Reading, Some(deadline))?[0];
    Ok(if has_come { Ready::Bytes } else { Ready::Deadline })
}

/// Whether nobody reads `output` any more. Only a write can tell that here.
pub fn reader_has_gone(_: &Stdout) -> bool {
    false
}

/// Whether an error of a write says that nobody reads any more. A pipe whose reader has gone has
/// three errors, of which Rust knows two.
pub fn says_reader_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
        || error.raw_os_error() == i32::try_from(ERROR_PIPE_NOT_CONNECTED).ok()
}
