//! The harness of the suite: the real [`binaries`], started on port 0, each a [`program`]
//! to be watched; [`peer`]s that speak raw TCP to them; and a [`namespace`] to cut lines in.
//! [`process`] asks proc(5) what they cost.
//!
//! Whatever is waited for is waited for by its own event, and only a suite that hangs
//! ever meets [`DEADLINE`].

#![forbid(unsafe_code)]

pub mod binaries;
pub mod namespace;
pub mod peer;
pub mod process;
pub mod program;

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long anything may take before the test that waits for it fails. No test is about
/// this figure; it is far beyond what a busy machine needs.
pub const DEADLINE: Duration = Duration::from_mins(1);

/// Waits for what gives no sign of its own when it comes.
///
/// # Panics
/// If it does not come within the deadline; `what` says what.
pub fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "{what}: not within {DEADLINE:?}");
        thread::yield_now();
    }
}
