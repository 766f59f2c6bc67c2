//! The standard streams, as the parent hands them down.
//!
//! A parent may hand down a stream that does not block (the article's client leaves its terminal
//! so, and so do other programs that share one), or one that is closed. So on Unix each stream is
//! used through its descriptor: it is waited for until it is ready, and an error says that it is
//! closed. Rust's own `stdout` reports the first as an error, and hides the second.

pub mod lossy;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub use unix::*;
#[cfg(windows)]
pub use windows::*;

/// The end of a wait for bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// A read returns at once.
    Bytes,
    /// Nobody reads the output any more.
    OutputGone,
    /// The deadline has passed.
    Deadline,
}
