//! The harness of the suite, the lab and the load.
//!
//! Start with [`binaries`], which starts the real programs, and [`peer`], which speaks to them byte by
//! byte. Most tests in `tests/tests` begin like this:
//!
//! ```no_run
//! use tests::{binaries::Server, peer::Peer};
//!
//! let server = Server::start(&["--timeout", "1s"]).expect("the server starts");
//! Peer::connect(&server.address).ask(b"hello\n", b"HELLO\n");
//! ```
//!
//! - [`binaries`]: the workspace's programs, built once and started on a free port
//! - [`program`]: one running program, with its input and output
//! - [`tied`]: programs that do not outlive the one that started them; [`tools`]: what is installed
//! - [`finished`]: a program that has ended
//! - [`log`]: the lines of a program's log; [`event`]: one event in it
//! - [`peer`]: one end of a connection as raw TCP; [`place`]: a port for servers that come and go
//! - [`relay`]: a path to a server that cuts connections at an exact byte
//! - [`namespace`]: a private network that can be cut; `cases`: a suite in such networks
//! - [`proc`]: what a process costs and holds, from proc(5)
//! - [`user`]: programs as another user
//! - [`flags`]: the values that a command line must refuse or take
//! - [`markdown`]: the parts of a page of the documentation
//! - [`measured`]: what a program prints, without times and other figures that are measured
//!
//! A test waits for events, not for an amount of time. [`DEADLINE`] only ends a test that hangs.

#![forbid(unsafe_code)]

pub mod binaries;
#[cfg(unix)]
pub mod cases;
pub mod event;
pub mod finished;
#[cfg(unix)]
pub mod flags;
pub mod log;
pub mod markdown;
pub mod measured;
pub mod namespace;
pub mod peer;
pub mod place;
pub mod proc;
pub mod program;
pub mod relay;
pub mod tied;
pub mod tools;
#[cfg(unix)]
pub mod user;

use std::{
    io, thread,
    time::{Duration, Instant},
};

/// How long a test waits for anything before it fails. It is far more than a busy machine needs,
/// and no test is about this figure.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Looks every millisecond whether `condition` holds, and returns when it does. For conditions
/// that no event announces.
///
/// # Errors
/// When the condition does not hold within [`DEADLINE`], or cannot be looked at.
pub fn wait_until(mut condition: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    let deadline = Instant::now() + DEADLINE;
    while !condition()? {
        if Instant::now() >= deadline {
            let message = format!("the condition did not hold within {DEADLINE:?}");
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

/// Checks that two texts of any bytes are the same; the message shows both.
///
/// # Panics
/// If they differ.
#[track_caller]
pub fn assert_same_bytes(found: &[u8], expected: &[u8]) {
    assert_eq!(found.escape_ascii().to_string(), expected.escape_ascii().to_string());
}
