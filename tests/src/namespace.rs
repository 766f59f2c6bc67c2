//! Networks that can be cut: a private network namespace, whose loopback goes down and up. Its
//! files can be replaced by mounts that nobody else sees.
//!
//! A proxy that stops forwarding is no cut, because its kernel still acknowledges what it
//! receives. When loopback is down, nothing passes. This needs no privileges where the system
//! allows user namespaces.

use std::{
    io,
    process::{Command, Output},
};

use crate::tools::is_installed;

/// The command that runs `command` in its own namespace, in which loopback is up.
#[must_use]
pub fn inside(command: &Command) -> Command {
    let mut inside = Command::new("unshare");
    inside.args(["--user", "--map-root-user", "--net", "--mount", "--"]);
    inside.args(["sh", "-c", "ip link set lo up && exec \"$@\"", "sh"]);
    inside.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    inside
}

/// Runs a command in its own namespace and collects its output.
///
/// # Errors
/// When `unshare` cannot be started.
pub fn run(command: &Command) -> Result<Output, String> {
    inside(command).output().map_err(|error| format!("unshare: {error}"))
}

/// Whether this system gives us namespaces.
///
/// # Errors
/// When it does not; the error says why.
pub fn available() -> Result<(), String> {
    let tools = ["unshare", "ip"];
    let missing: Vec<_> = tools.into_iter().filter(|tool| !is_installed(tool)).collect();
    if !missing.is_empty() {
        return Err(format!("not installed: {}", missing.join(", ")));
    }
    let output = run(&Command::new("true"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}

/// Takes the namespace's loopback down or up.
///
/// # Panics
/// If `ip` fails, as it does outside a namespace that is ours.
pub fn set_loopback(state: Loopback) {
    try_set_loopback(state).expect("we are in a namespace of ours");
}

/// Takes the namespace's loopback down or up.
///
/// # Errors
/// When `ip` fails, as it does outside a namespace that is ours.
pub fn try_set_loopback(state: Loopback) -> io::Result<()> {
    let state = match state {
        Loopback::Up => "up",
        Loopback::Down => "down",
    };
    let output = Command::new("ip").args(["link", "set", "lo", state]).output()?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("loopback does not go {state}: {}", why.trim())))
}

/// The state of loopback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loopback {
    /// Everything passes.
    Up,
    /// Nothing passes.
    Down,
}
