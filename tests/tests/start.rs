//! A system that gives a program too few threads to start.
#![cfg(target_os = "linux")]

use std::path::Path;

use tests::{
    binaries::Server,
    finished::{Finished, run},
    tools::are_installed,
    user::{as_user, copy_for_everyone},
};

/// Runs a program that may have this many threads, as `user`, of whom no other process runs.
fn with_threads(threads: u32, user: u32, program: &Path, arguments: &[&str]) -> Finished {
    let mut command = as_user(user, "prlimit").expect("proc(5) is mounted");
    command.arg(format!("--nproc={threads}")).arg(program).args(arguments);
    run(&mut command).expect("prlimit starts")
}

/// Checks that the program failed, and that its last line says which thread it could not have.
#[track_caller]
fn expect_advice(finished: &Finished) {
    finished.expect_code(1);
    let log = finished.log();
    let line = log.lines().last().unwrap_or_default();
    let names_it = line.contains(" thread: ") || line.contains("cannot catch Ctrl-C: ");
    assert!(line.contains("error: cannot ") && names_it, "nothing is named: {log}");
    assert!(
        line.ends_with("; raise the limit of processes (ulimit -u), or free some memory"),
        "no advice: {log}"
    );
}

// With two threads, a thread of the log that has just ended may still count, so that is not tried.

#[test]
fn a_server_without_threads_says_which_it_could_not_start() {
    if !are_installed(&["prlimit", "setpriv"]) {
        return;
    }
    let (_folder, server) = copy_for_everyone("server").expect("the server builds");
    for threads in [1, 3] {
        let finished = with_threads(threads, 61_234, &server, &["--listen", "127.0.0.1:0"]);
        expect_advice(&finished);
    }
}

#[test]
fn a_client_without_threads_says_which_it_could_not_start() {
    if !are_installed(&["prlimit", "setpriv"]) {
        return;
    }
    let (_folder, client) = copy_for_everyone("client").expect("the client builds");
    let server = Server::start(&[]).expect("the server starts");
    for threads in [1, 3, 4] {
        expect_advice(&with_threads(threads, 61_235, &client, &["--server", &server.address]));
    }
}
