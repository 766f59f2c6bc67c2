//! The streams as Rust has them.
#![allow(clippy::unnecessary_wraps, reason = "on Unix there are errors")]

use std::io;

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
