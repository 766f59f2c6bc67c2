//! No program outlives the lab, however the lab ends.

use std::{
    env,
    process::{self, Command},
    sync::Mutex,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tests::program::Program;

/// The running programs. They would outlive a lab that is interrupted.
static RUNNING: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Kills the running programs, and ends the lab with this exit code.
pub fn abandon(code: i32) -> ! {
    for &pid in RUNNING.lock().iter().flat_map(|pids| pids.iter()) {
        let _ = kill(pid, Signal::SIGKILL);
    }
    process::exit(code)
}

pub(crate) fn registered(program: Program) -> Program {
    if let (Ok(mut running), Ok(pid)) = (RUNNING.lock(), i32::try_from(program.pid())) {
        running.push(Pid::from_raw(pid));
    }
    program
}

/// The same command, whose process is killed when the lab's main thread ends, even by SIGKILL.
/// Where there is no `setpriv`, the command is unchanged.
pub fn ends_with_the_lab(command: Command) -> Command {
    let path = env::var_os("PATH").unwrap_or_default();
    if !env::split_paths(&path).any(|folder| folder.join("setpriv").is_file()) {
        return command;
    }
    let mut wrapped = Command::new("setpriv");
    wrapped.args(["--pdeathsig", "KILL", "--"]);
    wrapped.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped
}

/// Forgets the programs once they have ended: other processes may soon have their ids.
pub(crate) fn forget() {
    if let Ok(mut running) = RUNNING.lock() {
        running.clear();
    }
}
