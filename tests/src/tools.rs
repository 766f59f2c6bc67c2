//! Programs of the system, which are used where they are installed.

use std::{
    env,
    io::{self, Write as _},
    thread,
};

/// Whether a program is in one of the folders of `PATH`.
#[must_use]
pub fn is_installed(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Whether all these programs are installed, which a test cannot do without. If one is missing,
/// says on stderr that the test is skipped, and why. It does not use `eprintln!`: the harness
/// hides what a test that passes prints in that way.
#[must_use]
pub fn are_installed(programs: &[&str]) -> bool {
    let missing: Vec<_> =
        programs.iter().copied().filter(|program| !is_installed(program)).collect();
    if missing.is_empty() {
        return true;
    }
    let thread = thread::current();
    let test = thread.name().unwrap_or("a test");
    let _ = writeln!(io::stderr(), "{test}: skipped: not installed: {}", missing.join(", "));
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_program_that_is_missing_is_enough_to_skip_a_test() {
        assert!(are_installed(&["cargo"]));
        assert!(!are_installed(&["cargo", "no-such-program"]));
    }
}
