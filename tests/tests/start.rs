//! A system that gives a program too few threads to start.
#![cfg(target_os = "linux")]

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::PathBuf,
    process::Command,
};

use tempfile::TempDir;
use tests::{
    binaries::{Server, binary},
    finished::{Finished, run},
};

/// A copy of a program in a folder from which every user can run it.
fn readable_copy(name: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let readable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(folder.path(), readable).expect("the folder is ours");
    let program = folder.path().join(name);
    // `cp` copies in its own process: a file that this one has open for writing, even in a
    // thread that starts another program, cannot be run.
    let copied =
        run(Command::new("cp").arg(binary(name).expect("the program builds")).arg(&program));
    copied.expect("cp is installed").expect_code(0);
    (folder, program)
}

/// Runs a program that may have this many threads. Root's cannot be limited, so root becomes
/// `user`, of whom no other process runs.
fn with_threads(threads: u32, user: u32, program: &PathBuf, arguments: &[&str]) -> Finished {
    let mut command = Command::new("prlimit");
    if fs::metadata("/proc/self").expect("proc(5) is mounted").uid() == 0 {
        command = Command::new("setpriv");
        command.args([format!("--reuid={user}"), format!("--regid={user}")]);
        command.args(["--clear-groups", "--", "prlimit"]);
    }
    command.arg(format!("--nproc={threads}")).arg(program).args(arguments);
    run(&mut command).expect("util-linux is installed")
}

/// Checks that the program failed, and that its last line says which thread it could not have.
#[track_caller]
fn expect_advice(finished: &Finished) {
    finished.expect_code(1);
    let log = finished.log();
    let line = log.lines().last().unwrap_or_default();
    let names_it = line.contains(" thread: ") || line.contains("cannot catch Ctrl-C: ");
    assert!(line.contains("error: cannot ") && names_it, "nothing is named: {log}");
    assert!(line.ends_with("; raise the limit of processes (ulimit -u)"), "no advice: {log}");
}

// With two threads, a thread of the log that has just ended may still count, so that is not tried.

#[test]
fn a_server_without_threads_says_which_it_could_not_start() {
    let (_folder, server) = readable_copy("server");
    for threads in [1, 3] {
        let finished = with_threads(threads, 61_234, &server, &["--listen", "127.0.0.1:0"]);
        expect_advice(&finished);
    }
}

#[test]
fn a_client_without_threads_says_which_it_could_not_start() {
    let (_folder, client) = readable_copy("client");
    let server = Server::start(&[]).expect("the server starts");
    for threads in [1, 3, 4] {
        expect_advice(&with_threads(threads, 61_235, &client, &["--server", &server.address]));
    }
}
