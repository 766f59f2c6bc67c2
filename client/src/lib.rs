//! A client that keeps its connection alive and notices when the server is gone.
//!
//! Start with [`liveness`], the heartbeat's rule. Then read [`heartbeat`], the thread that carries it
//! out. They are two of the seven files whose order the README gives.
//!
//! [`session`] is the conversation of a person, from stdin to stdout. It may outlive its
//! connections. [`connect`] finds a server: the [`attempts`] at its addresses race each other,
//! within one [`budget`] of time. [`connection`] is one connection with its threads. Bytes flow one
//! way through the files: [`input`] → [`session`] → [`outgoing`] → the server → [`receive`] → the
//! output. [`unanswered`] holds the text that has not come back. [`receive`] checks what comes
//! against it, and it is sent again on the next connection.
//!
//! Beside them the [`heartbeat`] thread sends a heartbeat whenever the pure rule in [`liveness`]
//! says so. It learns from [`activity`] when something last came or went. [`ending`] names why a
//! connection or a session ended. What follows from that is said by two pure rules: [`course`]
//! and [`servers`]. [`report`] puts the end into words. [`end_signal`] carries the first reason to
//! end from any thread to the main thread, and [`interrupt`] carries a signal there.

#![forbid(unsafe_code)]

pub mod activity;
pub mod attempts;
pub mod budget;
pub mod connect;
pub mod connection;
pub mod course;
pub mod end_signal;
pub mod ending;
pub mod heartbeat;
pub mod input;
pub mod interrupt;
pub mod liveness;
pub mod outgoing;
pub mod receive;
pub mod report;
pub mod servers;
pub mod session;
pub mod unanswered;
