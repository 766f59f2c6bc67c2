//! A client that keeps its connection alive and notices when the server is gone.
//!
//! [`connect`] finds the server: the [`attempts`] at its addresses race each other, within one
//! [`budget`] of time. [`session`] starts the threads and waits for the end. Bytes flow one way
//! through the files: [`input`] → [`session`] → [`outgoing`] → the server → [`receive`] → the
//! output. [`unanswered`] holds the echo that is due, and [`receive`] checks what comes against it.
//!
//! Beside them the [`heartbeat`] thread sends a heartbeat whenever the pure rule in [`liveness`]
//! says so. It learns from [`activity`] when something last came or went. [`ending`] names why a
//! session ended, and [`report`] puts it into words. [`end_signal`] carries the first reason to
//! end from any thread to the main thread.

#![forbid(unsafe_code)]

pub mod activity;
pub mod attempts;
pub mod budget;
pub mod connect;
pub mod end_signal;
pub mod ending;
pub mod heartbeat;
pub mod input;
pub mod liveness;
pub mod outgoing;
pub mod receive;
pub mod report;
pub mod session;
pub mod unanswered;
