//! A suite whose cases run each in a network namespace of its own: the test binary starts itself
//! there again, with the case's name in the environment. Where the system refuses namespaces,
//! the cases are reported as ignored.

use std::{env, process::Command};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::{binaries::built, namespace};

/// The environment variable with the case's name, inside a namespace.
const CASE: &str = "TESTS_CASE";

/// How a case begins the line on stdout that says why it could not be played.
pub const SKIPPED: &str = "skipped: ";

/// A case: its name, and what it does inside its namespace.
pub type Case = (&'static str, fn());

/// Runs all cases, or, inside a namespace, the case of the environment variable.
///
/// # Panics
/// If the programs do not build, or, inside a namespace, if the case fails.
pub fn run(cases: &[Case]) {
    if let Ok(name) = env::var(CASE) {
        let (_, case) =
            cases.iter().find(|(case, _)| *case == name).expect("this binary has the case");
        return case();
    }
    let arguments = Arguments::from_args();
    let refused = namespace::available().err();
    match &refused {
        _ if arguments.list => {}
        Some(reason) => println!("ignored: this system refuses network namespaces: {reason}"),
        None => _ = built().expect("the programs build"), // before the cases need them
    }
    let trial = |&(name, _): &Case| {
        Trial::test(name, move || run_inside(name)).with_ignored_flag(refused.is_some())
    };
    libtest_mimic::run(&arguments, cases.iter().map(trial).collect()).exit();
}

fn run_inside(name: &str) -> Result<(), Failed> {
    let this = env::current_exe()?;
    let output = namespace::run(Command::new(this).env(CASE, name).envs(built()?))?;
    if output.status.success() {
        let skipped = String::from_utf8_lossy(&output.stdout);
        skipped.lines().filter(|line| line.starts_with(SKIPPED)).for_each(|why| eprintln!("{why}"));
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
