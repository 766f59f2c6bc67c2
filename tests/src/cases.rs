//! A suite whose cases run each in a network namespace of its own: the test binary starts itself
//! there again, with the case's name in the environment. Where the system refuses namespaces,
//! the cases are reported as ignored.

use std::{env, path::PathBuf, process::Command, sync::Arc};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::{
    binaries::{built, example, variable},
    namespace,
};

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
    run_with_examples(cases, &[]);
}

/// Runs all cases, which use these examples of these packages.
///
/// # Panics
/// As [`run`] does.
pub fn run_with_examples(cases: &[Case], examples: &[(&str, &str)]) {
    if let Ok(name) = env::var(CASE) {
        let (_, case) =
            cases.iter().find(|(case, _)| *case == name).expect("this binary has the case");
        return case();
    }
    let (arguments, refused) = prepared();
    let are_needed = !arguments.list && refused.is_none();
    let examples = examples.iter().filter(|_| are_needed);
    let examples: Arc<[_]> =
        examples.map(|&(package, name)| built_example(package, name)).collect();
    let trial = |&(name, _): &Case| {
        let examples = Arc::clone(&examples);
        Trial::test(name, move || run_inside(name, &examples)).with_ignored_flag(refused.is_some())
    };
    libtest_mimic::run(&arguments, cases.iter().map(trial).collect()).exit();
}

/// The arguments of a suite, and why the system refuses namespaces, if it does. If cases are to be
/// run, the programs are built before many of them need them at once.
///
/// # Panics
/// If the programs do not build.
#[must_use]
pub fn prepared() -> (Arguments, Option<String>) {
    let arguments = Arguments::from_args();
    let refused = namespace::available().err();
    if !arguments.list {
        drop(built().expect("the programs build"));
        if let Some(reason) = &refused {
            println!("ignored: this system refuses network namespaces: {reason}");
        }
    }
    (arguments, refused)
}

/// The environment variable that tells a case where an example is.
fn built_example(package: &str, name: &str) -> (String, PathBuf) {
    (variable(name), example(package, name).expect("the example builds"))
}

fn run_inside(name: &str, examples: &[(String, PathBuf)]) -> Result<(), Failed> {
    let this = env::current_exe()?;
    let output = namespace::run(
        Command::new(this).env(CASE, name).envs(built()?).envs(examples.iter().cloned()),
    )?;
    if output.status.success() {
        let skipped = String::from_utf8_lossy(&output.stdout);
        skipped.lines().filter(|line| line.starts_with(SKIPPED)).for_each(|why| eprintln!("{why}"));
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}
