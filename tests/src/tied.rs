//! Programs that do not outlive the one that started them.

use std::process::Command;

use crate::tools::is_installed;

/// The same command, whose process the kernel kills when the thread that starts it ends, and so
/// at the latest with this process, even by SIGKILL. Where there is no `setpriv`, the command is
/// unchanged.
#[must_use]
pub fn tied_to_us(command: &Command) -> Command {
    let mut tied = if is_installed("setpriv") {
        let mut setpriv = Command::new("setpriv");
        setpriv.args(["--pdeathsig", "KILL", "--"]).arg(command.get_program());
        setpriv
    } else {
        Command::new(command.get_program())
    };
    tied.args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => tied.env(name, value),
            None => tied.env_remove(name),
        };
    }
    tied
}
