//! Load for any line-echo server: many connections from one thread, each reply checked and timed.
//!
//! - [`load`]: the load itself
//! - [`compare`]: our server beside other servers
//! - [`growth`]: how the cost grows with the number of connections
//! - [`scenarios`]: what the server promises beside its speed
//! - [`soak`]: clients of every kind at once, whose counts must agree with the server's

#![forbid(unsafe_code)]
#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc)] // nobody else uses this

pub mod compare;
mod connection;
pub mod growth;
pub mod load;
#[cfg(unix)]
pub mod scenarios;
mod schedule;
#[cfg(target_os = "linux")]
pub mod soak;

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::Command,
};

use tests::binaries::json_command;

/// A command for our server on a free port, with room for the largest load. It logs only what
/// goes wrong.
fn server_command() -> io::Result<Command> {
    let mut command = json_command("server")?;
    command.args(["-q", "--listen", "127.0.0.1:0", "--max-connections", "12000"]);
    Ok(command)
}

/// Writes over the last line on the terminal, if stderr is one.
pub fn progress(text: &str) {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r{text}");
    }
}
