//! Every fault in every mode: which end detects it, by what means, when it should and when it
//! did.
//!
//! A cell is a scene with the settings of its mode. Another process of the lab plays it in its own
//! network, so that cells can be played side by side.

pub mod table;

use std::{
    env, io,
    process::{Command, Stdio},
    sync::Mutex,
    thread,
};

use serde::Serialize;
use tests::{binaries::built, tied::tied_to_us};

use crate::run::Summary;

/// Cells that are played at once. Each is idle for nearly all of its time.
const SIDE_BY_SIDE: usize = 8;

pub const FAULTS: [&str; 8] = [
    "client-killed",
    "client-stopped",
    "server-killed",
    "server-stopped",
    "reset",
    "cut-idle",
    "cut-writing",
    "not-reading",
];

pub const MODES: [(&str, &str); 4] = [
    ("heartbeat", "--detect heartbeat"),
    ("keepalive", "--detect keepalive"),
    ("both", "--detect both"),
    ("both, user timeout", "--detect both --user-timeout 2s"),
];

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cell {
    pub fault: &'static str,
    pub mode: &'static str,
    /// What the run showed. `None` if this system refuses to play it.
    pub summary: Option<Summary>,
    pub refused: Option<String>,
    /// What the first run showed, if it failed and the cell was played again.
    pub first_try: Option<Summary>,
}

impl Cell {
    /// Whether a prediction failed. A cell that the system refuses to play has none.
    pub fn failed(&self) -> bool {
        self.summary.as_ref().is_some_and(|summary| !summary.is_as_predicted())
    }
}

/// Plays every cell, and a failed one once more while nothing else is played: a busy machine may
/// have been the reason. `progress` is called with the number of cells that are done, and with
/// the number of those that are played again.
pub fn play_all(progress: impl Fn(usize, usize) + Sync) -> io::Result<Vec<Cell>> {
    let all: Vec<_> = FAULTS.iter().flat_map(|fault| MODES.map(|mode| (*fault, mode))).collect();
    let (waiting, done) = (Mutex::new(all.iter().enumerate()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        let play_many = || -> io::Result<()> {
            loop {
                let next = waiting.lock().expect("no thread panics with the lock").next();
                let Some((number, &(fault, (mode, flags)))) = next else { return Ok(()) };
                let cell = play(fault, mode, flags)?;
                let mut done = done.lock().expect("no thread panics with the lock");
                done.push((number, cell, flags));
                progress(done.len(), 0);
            }
        };
        let players: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(play_many)).collect();
        players.into_iter().try_for_each(|player| player.join().expect("a player returns"))
    })?;
    let mut done = done.into_inner().expect("no thread panics with the lock");
    done.sort_by_key(|(number, ..)| *number);
    let mut again = 0;
    for (_, cell, flags) in &mut done {
        if cell.failed() {
            again += 1;
            progress(all.len(), again);
            let first_try = cell.summary.take();
            *cell = Cell { first_try, ..play(cell.fault, cell.mode, flags)? };
        }
    }
    Ok(done.into_iter().map(|(_, cell, _)| cell).collect())
}

fn play(fault: &'static str, mode: &'static str, flags: &str) -> io::Result<Cell> {
    let mut lab = Command::new(env::current_exe()?);
    lab.args(["run", fault, "--json"]).args(flags.split_whitespace()).envs(built()?);
    let output = tied_to_us(&lab).stdin(Stdio::null()).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    let mut cell = Cell { fault, mode, summary: None, refused: None, first_try: None };
    if output.status.code() == Some(2) {
        cell.refused = Some(errors.trim().to_owned()); // a flag that this system does not have
        return Ok(cell);
    }
    let refused = |said: serde_json::Value| said["refused"].as_str().map(str::to_owned);
    cell.refused = serde_json::from_slice(&output.stdout).ok().and_then(refused);
    if cell.refused.is_none() {
        let summary = serde_json::from_slice(&output.stdout);
        cell.summary =
            Some(summary.map_err(|_| {
                io::Error::other(format!("{fault} was not played: {}", errors.trim()))
            })?);
    }
    Ok(cell)
}
