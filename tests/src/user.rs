//! Programs as another user. Root's number of threads cannot be limited; another user's can.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

use crate::{binaries::binary, finished::run};

/// A command as `user` where this process is root's, and as ourselves elsewhere.
///
/// # Errors
/// When proc(5) is not mounted.
pub fn as_user(user: u32, program: &str) -> io::Result<Command> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={user}"), format!("--regid={user}")]);
    command.args(["--clear-groups", "--", program]);
    Ok(command)
}

/// A copy of the `server` or the `client`, in a folder from which every user can run it.
///
/// # Errors
/// When the binary does not build or cannot be copied.
pub fn copy_for_everyone(name: &str) -> io::Result<(TempDir, PathBuf)> {
    let folder = copies_for_everyone(&[binary(name)?])?;
    let program = folder.path().join(name);
    Ok((folder, program))
}

/// A folder with copies of these programs, from which every user can run them.
///
/// # Errors
/// When they cannot be copied.
pub fn copies_for_everyone(programs: &[&Path]) -> io::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755))?;
    // `cp` copies in its own process: a file that this one has open for writing, even in a
    // thread that starts another program, cannot be run.
    let copied = run(Command::new("cp").args(programs).arg(folder.path()))?;
    if copied.status.success() { Ok(folder) } else { Err(io::Error::other(copied.log())) }
}
