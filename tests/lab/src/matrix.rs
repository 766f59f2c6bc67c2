//! Every fault in every mode: who notices, by what, when it should and when it did.
//!
//! A cell is a scene with the settings of its mode, played by another process of the lab in
//! a network of its own, so that cells can be played side by side.

use std::{
    env, io,
    process::{Command, Stdio},
    sync::Mutex,
    thread,
    time::Duration,
};

use client::liveness::HeartbeatRule;
use common::detect::{Detect, Keepalive};
use serde_json::Value;

use super::{
    scene::by_name,
    settings::{Defaults, Settings},
};
use tests::binaries::built;

/// Cells that are played at once. Each is idle for nearly all of its time.
const SIDE_BY_SIDE: usize = 8;

/// The faults, by their scenes' names.
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

/// The modes.
pub const MODES: [&str; 4] = ["heartbeat", "keepalive", "both", "both, user time-out"];

/// What came of a cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// The fault's scene.
    pub fault: &'static str,
    /// The mode.
    pub mode: &'static str,
    /// What `lab run --json` said of it, or why it could not be played.
    pub outcome: Result<Value, String>,
}

impl Cell {
    /// Whether it left its prediction. A cell that the system refuses to play has none.
    #[must_use]
    pub fn failed(&self) -> bool {
        let failed = |witness: &Value| witness["as_predicted"] != true;
        let Ok(outcome) = &self.outcome else { return false };
        outcome["witnesses"].as_array().is_none_or(|witnesses| witnesses.iter().any(failed))
    }
}

/// The figures of a scene: short ones, so that it comes to its end while one watches.
///
/// # Panics
/// Never: they make sense together.
#[must_use]
pub fn defaults() -> Defaults {
    let second = Duration::from_secs(1);
    Defaults {
        rule: HeartbeatRule::new(second, 2, second / 2).expect("none of them is zero"),
        timeout: 3 * second,
        keepalive: Keepalive { idle: second, interval: second, count: 3, user_timeout: None },
    }
}

/// The settings of a mode.
///
/// # Panics
/// Never: they make sense together.
#[must_use]
pub fn settings(mode: &str) -> Settings {
    let Defaults { rule, timeout, keepalive } = defaults();
    let limit = Some(Duration::from_secs(2));
    let detect = match mode {
        "heartbeat" => Detect::Heartbeat,
        "keepalive" => Detect::Keepalive(keepalive),
        "both" => Detect::Both(keepalive),
        _ => Detect::Both(Keepalive { user_timeout: limit, ..keepalive }),
    };
    Settings::new(rule, timeout, None, detect).expect("there is no probe to contradict it")
}

/// Plays every cell. `played` is called after each with how many that makes.
///
/// # Errors
/// When the lab cannot be started again, or does not say what came of a cell.
///
/// # Panics
/// When a binary does not build.
pub fn matrix(played: impl Fn(usize) + Sync) -> io::Result<Vec<Cell>> {
    let cells: Vec<_> =
        FAULTS.iter().flat_map(|fault| MODES.iter().map(move |mode| (*fault, *mode))).collect();
    let (waiting, done) = (Mutex::new(cells.iter().enumerate()), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        let play_all = || -> io::Result<()> {
            loop {
                let next = waiting.lock().expect("nobody panics with it").next();
                let Some((number, &(fault, mode))) = next else { return Ok(()) };
                let outcome = play(fault, &settings(mode))?;
                let mut done = done.lock().expect("nobody panics with it");
                done.push((number, Cell { fault, mode, outcome }));
                played(done.len());
            }
        };
        let players: Vec<_> = (0..SIDE_BY_SIDE).map(|_| scope.spawn(play_all)).collect();
        players.into_iter().try_for_each(|player| player.join().expect("a player returns"))
    })?;
    let mut done = done.into_inner().expect("nobody panics with it");
    done.sort_by_key(|(number, _)| *number);
    Ok(done.into_iter().map(|(_, cell)| cell).collect())
}

/// Plays a cell in another process.
fn play(fault: &str, settings: &Settings) -> io::Result<Result<Value, String>> {
    debug_assert!(by_name(fault).is_some());
    let output = Command::new(env::current_exe()?)
        .args(["run", fault, "--json"])
        .args(settings.arguments())
        .envs(built())
        .stdin(Stdio::null())
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(2) {
        return Ok(Err(errors.trim().to_owned())); // a flag that this system does not have
    }
    let said: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| io::Error::other(format!("{fault} was not played: {}", errors.trim())))?;
    match said["refused"].as_str() {
        Some(reason) => Ok(Err(reason.to_owned())),
        None => Ok(Ok(said)),
    }
}
