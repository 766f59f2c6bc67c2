//! What the server and the client share: the bytes on the wire ([`wire`]), what
//! a flag may say ([`args`]) and how things are said to a person ([`console`]).
//!
//! Nothing here holds a socket, starts a thread or reads a clock.

#![forbid(unsafe_code)]

pub mod args;
pub mod console;
pub mod wire;
