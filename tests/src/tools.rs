//! Programs of the system, which are used where they are installed.

use std::env;

/// Whether a program is in one of the folders of `PATH`.
#[must_use]
pub fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
