//! The load is left alone: nobody reads its results any more, or it is killed.
#![cfg(target_os = "linux")]

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tests::{binaries::Server, proc, tools::are_installed, wait_until};

fn start(arguments: &[&str]) -> Child {
    let mut load = Command::new(env!("CARGO_BIN_EXE_load"));
    load.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    load.spawn().expect("the load starts")
}

#[test]
fn a_reader_that_has_enough_ends_the_load_without_a_word() {
    let server = Server::start(&["-q"]).expect("the server starts");
    let server = ["--server", &server.address, "--duration", "100ms", "--connections", "1,1,1"];
    for form in [&server[..], &[&server[..], &["--json"]].concat()] {
        let mut load = start(form);
        let mut stdout = BufReader::new(load.stdout.take().expect("it is piped"));
        stdout.read_line(&mut String::new()).expect("a first line");
        drop(stdout); // as `head -1` does
        let output = load.wait_with_output().expect("the load ends");
        let log = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), &*log), (Some(0), ""));
    }
}

#[test]
fn results_that_cannot_be_written_are_an_error() {
    let server = Server::start(&["-q"]).expect("the server starts");
    let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
    let mut load = Command::new(env!("CARGO_BIN_EXE_load"));
    load.args(["--server", &server.address, "--duration", "100ms"]).stdout(full);
    let output = load.output().expect("the load starts");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(log.starts_with("error: cannot write the results: "), "{log}");
}

/// The server that a load has started.
fn server_of(load: &Child) -> u32 {
    let mut found = None;
    let is_server =
        |pid| proc::thread_names(pid).is_ok_and(|names| names.contains(&"reaper".to_owned()));
    wait_until(|| {
        let children = proc::children(load.id())?;
        found = children.into_iter().map(|child| child.pid).find(|&pid| is_server(pid));
        Ok(found.is_some())
    })
    .expect("the load starts a server");
    found.expect("it was found")
}

#[test]
fn a_load_that_is_killed_leaves_no_server_behind() {
    if !are_installed(&["setpriv"]) {
        return; // nothing else can end a program with its parent
    }
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL] {
        for mode in [["--scenario", "idle"], ["--soak", "10m"]] {
            let mut load = start(&mode);
            let server = server_of(&load);
            let pid = Pid::from_raw(load.id().try_into().expect("a process id"));
            kill(pid, signal).expect("the load runs");
            load.wait().expect("the load ends");
            wait_until(|| Ok(!proc::is_alive(server)?)).expect("the server ends, too");
            let mut output = String::new();
            load.stderr.take().expect("it is piped").read_to_string(&mut output).unwrap();
            assert!(!output.contains("panicked"), "{output}");
        }
    }
}
