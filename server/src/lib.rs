//! An echo server that evicts clients that fall silent.
//!
//! Start with [`timeout_queue`], the clients in the order in which they are due. Then read
//! [`reaper`], the thread that evicts them, and [`conversation`], which serves one client. They are
//! three of the seven files whose order the README gives.
//!
//! [`listen`] binds the [`listeners`], and [`server`] accepts and stops; [`accept_error`] says what
//! an error of `accept` means. Each client has its own thread, which runs a [`conversation`]. Every
//! byte that a client sends moves its [`connection`] to the back of the [`timeout_queue`]; the
//! [`reaper`] sleeps until the connection at the front is due. Before it evicts a client, it asks
//! the kernel whether the client has sent something unread, or has taken some of the replies that
//! wait for it: then the client lives. [`moves`] logs each move of the queue. [`ending`] says why a
//! connection ended, and [`totals`] sums all of them up. [`limits`] says how many connections there
//! is room for, and the [`stopper`] stops everything.

#![forbid(unsafe_code)]

pub mod accept_error;
pub mod connection;
pub mod conversation;
pub mod ending;
pub mod limits;
pub mod listen;
pub mod listeners;
pub mod moves;
pub mod reaper;
pub mod server;
pub mod stopper;
mod sync;
pub mod timeout_queue;
pub mod totals;
