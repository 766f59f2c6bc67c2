//! Load for any line-echo server: many connections from one thread, each reply checked and timed.
//!
//! Start with [`load`], and with its command line: `load --help` has examples.
//!
//! - [`load`]: the load itself
//! - [`compare`]: our server beside other servers
//! - [`growth`]: how the cost of each of them grows with the number of connections
//! - [`servers`]: these servers
//! - [`scenarios`]: what the server promises beside its speed
//! - [`soak`]: clients of every kind at once, whose counts must agree with the server's
//! - [`room`]: whether this machine has room for a load; [`output`]: where the results appear;
//!   `picture`: what the plots have in common

#![forbid(unsafe_code)]
#![allow(clippy::missing_errors_doc, clippy::missing_panics_doc)] // nobody else uses this

pub mod compare;
mod connection;
pub mod growth;
pub mod load;
pub mod output;
mod picture;
pub mod room;
#[cfg(unix)]
pub mod scenarios;
mod schedule;
pub mod servers;
#[cfg(target_os = "linux")]
pub mod soak;

use std::{
    io::{self, IsTerminal as _, Write as _},
    process::Command,
};

use tests::{binaries::json_command, tied::tied_to_us};

/// The most that `--connections` takes.
const MOST_CONNECTIONS: &str = "65535";

/// A command for our server on a free port, with room for the largest load. It logs only what
/// goes wrong, and ends with the load.
fn server_command() -> io::Result<Command> {
    server_command_on("127.0.0.1:0")
}

/// The same on this address.
fn server_command_on(address: &str) -> io::Result<Command> {
    let mut command = json_command("server")?;
    command.args(["-q", "--listen", address, "--max-connections", MOST_CONNECTIONS]);
    Ok(tied_to_us(&command))
}

/// Writes over the last line on the terminal, if stderr is one.
pub fn progress(text: &str) {
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r{text}");
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
