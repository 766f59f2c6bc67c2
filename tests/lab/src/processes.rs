//! No program outlives the lab, however the lab ends.

use std::{
    process,
    sync::{Mutex, OnceLock},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tests::program::Program;

/// The running programs. They would outlive a lab that is interrupted.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// What else must be done before the lab ends.
static LAST: OnceLock<fn()> = OnceLock::new();

/// Has [`abandon`] call `last` before the lab ends. Only the first `last` counts.
pub fn before_leaving(last: fn()) {
    let _ = LAST.set(last);
}

/// Kills the running programs, and ends the lab with this exit code.
pub fn abandon(code: i32) -> ! {
    for &pid in RUNNING.lock().iter().flat_map(|pids| pids.iter()) {
        let _ = kill(pid, Signal::SIGKILL);
    }
    if let Some(last) = LAST.get() {
        last();
    }
    process::exit(code)
}

pub(crate) fn registered(program: Program) -> Program {
    if let (Ok(mut running), Ok(pid)) = (RUNNING.lock(), i32::try_from(program.pid())) {
        running.push(Pid::from_raw(pid));
    }
    program
}

/// Forgets the program that had this id, once it has ended: another process may soon have it.
pub(crate) fn forget(id: u32) {
    if let Ok(mut running) = RUNNING.lock() {
        running.retain(|pid| u32::try_from(pid.as_raw()) != Ok(id));
    }
}
