//! What the server and the client share.
//!
//! Start with [`wire`], the messages and where one ends. Then read [`diagnosis`], which says from the
//! kernel's evidence why a peer is silent. They are the first and the last of the seven files whose
//! order the README gives.
//!
//! - [`wire`]: the bytes of both directions
//! - [`detect`]: the ways to detect a dead peer, and TCP keepalive's options
//! - [`kernel`]: what the kernel knows of a connection; [`diagnosis`]: what follows from it
//! - [`verdict`]: the question that both programs ask before they call a peer dead
//! - [`address`]: `HOST:PORT`, and the addresses that it stands for; [`socket`]: reading, writing
//!   and ending a connection; [`ready`]: waiting for several; [`descriptors`]: the limit of open files
//! - [`start`]: threads and signals; [`streams`]: the standard streams
//! - [`period`]: durations that have been checked; [`words`]: what is said to people; [`targets`]:
//!   the log's events that can be hidden
//! - [`args`]: the flags, and [`log`]: where the log goes. Only a program needs them, and the
//!   feature `cli` brings them. It is on by default; a library turns it off. Then nothing runs before
//!   `main`, either: with `cli`, [`streams`] looks there whether stdout is closed.

#![cfg_attr(not(windows), forbid(unsafe_code))]
#![cfg_attr(windows, deny(unsafe_code))] // `windows` has two calls
#![warn(missing_docs)]

pub mod address;
#[cfg(feature = "cli")]
pub mod args;
pub mod descriptors;
pub mod detect;
pub mod diagnosis;
pub mod kernel;
#[cfg(feature = "cli")]
pub mod log;
pub mod period;
pub mod ready;
pub mod socket;
pub mod start;
pub mod streams;
pub mod targets;
pub mod verdict;
#[cfg(windows)]
mod windows;
pub mod wire;
pub mod words;
