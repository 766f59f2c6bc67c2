//! What the server and the client share.
//!
//! - [`wire`]: the bytes of both directions
//! - [`detect`]: the ways to detect a dead peer, and TCP keepalive's options
//! - [`kernel`]: what the kernel knows of a connection; [`diagnosis`]: what follows from it
//! - [`verdict`]: the question that both programs ask before they call a peer dead
//! - [`address`]: `HOST:PORT`, and the addresses that it stands for; [`socket`]: reading, writing
//!   and ending a connection; [`ready`]: waiting for several; [`descriptors`]: the limit of open files
//! - [`start`]: threads and signals; [`streams`]: the standard streams
//! - [`args`] and [`period`]: the flags; [`log`] and [`words`]: what is said to people

#![cfg_attr(not(windows), forbid(unsafe_code))]
#![cfg_attr(windows, deny(unsafe_code))] // `windows` has two calls
#![warn(missing_docs)]

pub mod address;
pub mod args;
pub mod descriptors;
pub mod detect;
pub mod diagnosis;
pub mod kernel;
pub mod log;
pub mod period;
pub mod ready;
pub mod socket;
pub mod start;
pub mod streams;
pub mod verdict;
#[cfg(windows)]
mod windows;
pub mod wire;
pub mod words;
