//! The tests. Each has a lab of its own. A lab mostly waits, so four are played at once.

use libtest_mimic::{Arguments, Trial};
use tests::{binaries::built, namespace, tools::is_installed};

use crate::{joining, keys, leaving, recordings, refused, screen};

/// A test: its name, and what it does.
pub(crate) type Case = (&'static str, fn());

pub(crate) fn run() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(4);
    let has_terminals = is_installed("setsid");
    let terminal = (!has_terminals)
        .then(|| "setsid is not installed, which gives a test its terminal".to_owned());
    let refused: Vec<_> = terminal.into_iter().chain(refusals()).collect();
    if !arguments.list {
        drop(built().expect("the programs build")); // once, before many tests need them
        for why in &refused {
            println!("ignored: {why}");
        }
    }
    let is_refused = !refused.is_empty();
    let anywhere = [&screen::CASES[..], &recordings::CASES, &refused::CASES].concat();
    let in_a_namespace = [&leaving::CASES[..], &keys::CASES, &joining::CASES].concat();
    // With --ignored, tests that the system refuses are left out.
    let in_a_namespace = in_a_namespace.iter().filter(|_| !(arguments.ignored && is_refused));
    let in_a_namespace = in_a_namespace.map(|case| trial(case).with_ignored_flag(is_refused));
    let anywhere = anywhere.iter().map(|case| trial(case).with_ignored_flag(!has_terminals));
    let trials = anywhere.chain(in_a_namespace).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

/// Why the tests that need a private network cannot be played, if they cannot.
fn refusals() -> Vec<String> {
    let network = namespace::available().err();
    let network = network.map(|why| format!("this system refuses network namespaces: {why}"));
    let tie = "without setpriv the programs outlive a lab that is killed".to_owned();
    network.into_iter().chain((!is_installed("setpriv")).then_some(tie)).collect()
}

fn trial(&(name, test): &Case) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}
