//! More connections than this machine has room for, and limits that can be raised.
#![cfg(target_os = "linux")]

use std::process::Command;

use load::room::{Need, Room};
use tests::finished::{Finished, run};

const LOAD: &str = env!("CARGO_BIN_EXE_load");

const PLENTY: Room = Room { descriptors: Some(1_000_000), ports: Some(28_232), server: None };

fn shortage(room: Room, need: Need) -> String {
    room.check(need).expect_err("there is no room")
}

#[test]
fn what_is_short_is_named_with_advice() {
    let need = Need { connections: 2000, descriptors: 1 };
    assert_eq!(PLENTY.check(need), Ok(()));
    let no_limits = Room { descriptors: None, ports: None, server: None };
    assert_eq!(no_limits.check(Need { connections: 65_535, ..need }), Ok(()));

    let few_files = Room { descriptors: Some(2063), ..PLENTY };
    assert!(shortage(few_files, need).contains("may open 2063 files; raise the limit (ulimit -n)"));
    assert_eq!(Room { descriptors: Some(2064), ..PLENTY }.check(need), Ok(()));
    let few_ports = shortage(PLENTY, Need { connections: 65_535, ..need });
    assert!(few_ports.contains("28232 ports") && few_ports.contains("ip_local_port_range"));
    let small_server = shortage(Room { server: Some(1984), ..PLENTY }, need);
    assert!(small_server.contains("our server has room for 1984"), "{small_server}");
    let programs = shortage(few_files, Need { connections: 1000, descriptors: 4 });
    assert!(programs.contains("with 1000 connections"), "{programs}");
}

/// Runs the load under a shell's `ulimit`.
fn limited(limit: &str, arguments: &str) -> Finished {
    let script = format!("ulimit {limit} && exec {LOAD} {arguments}");
    run(Command::new("sh").args(["-c", &script])).expect("a shell starts")
}

#[track_caller]
fn expect_one_sentence(finished: &Finished, text: &str) {
    finished.expect_code(1);
    let log = finished.log();
    assert!(log.contains("cannot load with ") && log.contains(text), "{log}");
    assert!(log.ends_with("ask for fewer (--connections)"), "no advice: {log}");
    assert_eq!(finished.lines.len(), 1, "more than one line: {log}");
    assert!(finished.stdout.is_empty(), "something was measured: {finished:?}");
}

#[test]
fn a_low_soft_limit_of_open_files_is_raised() {
    let finished = limited("-Sn 64", "--scenario storm --connections 200");
    finished.expect_code(0);
    let output = String::from_utf8_lossy(&finished.stdout);
    assert!(output.contains("200 clients connected"), "{output}");
}

#[test]
fn a_low_hard_limit_of_open_files_is_told_before_anything_is_started() {
    for mode in
        ["--scenario storm", "--compare", "--plot /dev/null", "--soak 1s", "--server 127.0.0.1:1"]
    {
        let finished = limited("-n 100", &format!("{mode} --connections 200"));
        expect_one_sentence(&finished, "ulimit -n");
    }
}

#[test]
fn more_connections_than_ports_are_told_before_anything_is_started() {
    // No system has that many ports for them.
    let finished = run(Command::new(LOAD).args(["--scenario", "storm", "--connections", "65535"]));
    expect_one_sentence(&finished.expect("the load starts"), " 65535 connections");
}
