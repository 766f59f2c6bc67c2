//! The streams as Rust has them.
#![allow(clippy::unnecessary_wraps, reason = "on Unix there are errors")]

use std::{io, net::TcpStream, time::Instant};

use super::Ready;

/// The standard output's type.
pub type Stdout = io::Stdout;

/// The standard input.
///
/// # Errors
/// Never.
pub fn stdin() -> io::Result<io::Stdin> {
    Ok(io::stdin())
}

/// The standard output.
///
/// # Errors
/// Never.
pub fn stdout() -> io::Result<io::Stdout> {
    Ok(io::stdout())
}

/// The standard error stream.
///
/// # Errors
/// Never.
pub fn stderr() -> io::Result<io::Stderr> {
    Ok(io::stderr())
}

/// Leaves the waiting to the read: here nothing else can be waited for.
///
/// # Errors
/// Never.
pub fn wait_for_bytes(
    _: &TcpStream,
    _: &io::Stdout,
    deadline: Option<Instant>,
) -> io::Result<Ready> {
    Ok(if deadline.is_some() { Ready::Deadline } else { Ready::Bytes })
}

/// Whether nobody reads `output` any more. Only a write can tell that here.
pub fn reader_has_gone(_: &io::Stdout) -> bool {
    false
}
