//! An echo server that drops the clients that fall silent.
//!
//! [`server`] accepts and stops; each client has a thread of its own, on which its
//! [`conversation`] runs; whatever it sends puts its [`connection`] at the back of the
//! [`timeout_queue`]; the [`reaper`] sleeps until the one at the front is due. [`ending`]
//! says why a connection ended, [`totals`] what all of them amounted to.

#![forbid(unsafe_code)]

pub mod config;
pub mod connection;
pub mod conversation;
pub mod ending;
pub mod listen;
pub mod reaper;
pub mod room;
pub mod server;
pub mod stopper;
mod sync;
pub mod timeout_queue;
pub mod totals;
