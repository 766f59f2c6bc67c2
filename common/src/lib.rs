//! What the server and the client share: the bytes on the wire ([`wire`]), the ways to
//! detect a dead peer ([`detect`]), what the kernel knows of a connection ([`kernel`]) and
//! what follows from it ([`diagnosis`]), what a flag may say ([`args`]) and how things are
//! said to a person ([`console`], through [`log`]).

#![forbid(unsafe_code)]

pub mod args;
pub mod console;
pub mod detect;
pub mod diagnosis;
pub mod kernel;
pub mod log;
#[cfg(feature = "model")]
pub mod model;
pub mod wire;

/// No wait in these programs is longer than this, 365 days; it keeps every sum of a moment
/// and a few durations far from overflow.
pub const LONGEST_WAIT: std::time::Duration = std::time::Duration::from_hours(365 * 24);
