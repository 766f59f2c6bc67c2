//! The options of the three ways to detect, on the live sockets of both programs, and on
//! their command lines.
#![cfg(target_os = "linux")]

use std::fs;

use tests::{
    binaries::{Server, client, command, start_client},
    wait_until,
};

const BOTH: [&str; 2] = ["--detect", "both"];
const KEEPALIVE: [&str; 2] = ["--detect", "keepalive"];

/// The kernel's timer on the socket at `local`, of the connection to `remote`: its kind, 2
/// for keepalive, and the seconds until it fires.
fn timer(local: &str, remote: &str) -> (u8, u64) {
    let hex = |address: &str| {
        let port: u16 = address.rsplit_once(':').expect("a port").1.parse().expect("a port");
        format!("0100007F:{port:04X}") // 127.0.0.1 on a little-endian machine
    };
    let table = fs::read_to_string("/proc/net/tcp").expect("proc(5)");
    let row = table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|row| row[1] == hex(local) && row[2] == hex(remote))
        .expect("the connection stands");
    let (kind, when) = row[5].split_once(':').expect("tr:tm->when");
    let ticks = u64::from_str_radix(when, 16).expect("a number");
    (u8::from_str_radix(kind, 16).expect("a number"), ticks / 100)
}

/// Waits until no acknowledgement is under way, so that the timer is the idle line's.
fn idle_timer(local: &str, remote: &str, kind: u8) -> u64 {
    let mut seconds = 0;
    wait_until("the line is idle", || {
        let (found, left) = timer(local, remote);
        seconds = left;
        found == kind
    });
    seconds
}

/// A server and a client in these modes, and the client's address.
fn pair(server: &[&str], client_arguments: &[&str]) -> (Server, tests::program::Program, String) {
    let mut server = Server::start(server);
    let client = client(&server.address, client_arguments);
    let line = server.program.wait_for("conn-1 connected from ");
    let address = line.split_once(" from ").expect("an address").1.to_owned();
    (server, client, address)
}

#[test]
fn by_default_the_kernel_is_not_asked_to_detect() {
    let (server, _client, peer) = pair(&[], &[]);
    assert_eq!(idle_timer(&server.address, &peer, 0), 0);
    assert_eq!(idle_timer(&peer, &server.address, 0), 0);
}

#[test]
fn the_articles_figures_are_set_on_the_sockets_of_both_programs() {
    for mode in [KEEPALIVE, BOTH] {
        let (mut server, client, peer) = pair(&mode, &[&mode[..], &["-v"]].concat());
        server.program.wait_for("conn-1 keepalive idle 7200s, interval 75s, count 9");
        for (local, remote) in [(&server.address, &peer), (&peer, &server.address)] {
            let seconds = idle_timer(local, remote, 2);
            assert!((7190..=7200).contains(&seconds), "{seconds}");
        }
        client.finish_with("hello\n", b"HELLO\n");
    }
}

/// The names of a process's threads.
fn threads(pid: u32) -> Vec<String> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).ok();
    tasks.flatten().filter_map(name).map(|name| name.trim().to_owned()).collect()
}

#[test]
fn with_keepalive_alone_nobody_counts_time_in_the_programs() {
    for (mode, by_heartbeat) in [(&KEEPALIVE, false), (&BOTH, true)] {
        let (server, client, _) = pair(mode, mode);
        let has = |pid, name: &str| threads(pid).iter().any(|thread| thread == name);
        assert_eq!(has(server.program.pid(), "reaper"), by_heartbeat);
        assert!(has(server.program.pid(), "conn-1"));
        // The receiver is started first, the heartbeat thread next, and stdin's last.
        wait_until("its threads are started", || has(client.pid(), "stdin"));
        assert_eq!(has(client.pid(), "heartbeat"), by_heartbeat);
    }
}

#[test]
fn figures_of_ones_own_are_read_back_from_the_kernel() {
    let figures = ["--keepalive-idle", "10m", "--keepalive-interval", "7s"];
    let more = ["--keepalive-count", "3", "--user-timeout", "5m"];
    let all = [&BOTH[..], &figures, &more].concat();
    let mut server = Server::start(&all);
    let mut client = start_client(&server.address, &all);
    let held = "keepalive idle 600s, interval 7s, count 3, user time-out 300s";
    client.wait_for(held);
    server.program.wait_for(&format!("conn-1 {held}"));
}

#[test]
fn keepalive_without_a_limit_for_bytes_in_flight_is_warned_of_once() {
    // 7200 + 9 × 75 = 7875 seconds, and just under that.
    let warning = "--user-timeout '2h 11m 14s'";
    let server = Server::start(&BOTH);
    let mut client = start_client(&server.address, &BOTH);
    client.close_stdin();
    for log in [client.finish().log, server.stop().log] {
        let warned = log.iter().filter(|line| line.contains(warning)).count();
        assert_eq!(warned, 1, "{log:?}");
    }
}

#[test]
fn figures_that_make_no_sense_are_refused_by_the_flags_name() {
    let cases: &[(&str, &[&str])] = &[
        ("--keepalive-idle", &["--detect=keepalive", "--keepalive-idle=1500ms"]),
        ("--keepalive-idle", &["--detect=keepalive", "--keepalive-idle=0s"]),
        ("--keepalive-idle", &["--detect=both", "--keepalive-idle=10h"]),
        ("--keepalive-interval", &["--detect=both", "--keepalive-interval=0.5s"]),
        ("--keepalive-count", &["--detect=both", "--keepalive-count=0"]),
        ("--keepalive-count", &["--detect=both", "--keepalive-count=128"]),
        ("--user-timeout", &["--detect=both", "--user-timeout=999ms"]),
        ("--user-timeout", &["--user-timeout=5s"]),
        ("--keepalive-idle", &["--keepalive-idle=5s"]),
        ("--keepalive-interval", &["--detect=heartbeat", "--keepalive-interval=5s"]),
        ("--keepalive-count", &["--keepalive-count=5"]),
        ("--detect", &["--detect=telepathy"]),
    ];
    let server_alone: &[(&str, &[&str])] = &[
        ("--probe", &["--probe=0s"]),
        ("--probe", &["--probe=60s"]),
        ("--probe", &["--timeout=5s", "--probe=5s"]),
        ("--probe", &["--probe=5s", "--detect=keepalive"]),
    ];
    let both = ["server", "client"]
        .into_iter()
        .flat_map(|program| cases.iter().map(move |&(flag, arguments)| (program, flag, arguments)));
    let server = server_alone.iter().map(|&(flag, arguments)| ("server", flag, arguments));
    for (program, flag, arguments) in both.chain(server) {
        let output = command(program).args(arguments).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{program} {arguments:?}: {message}");
        assert!(message.contains(flag), "{program} {arguments:?}: {message}");
        if arguments.iter().any(|argument| argument.contains("1500ms")) {
            assert!(message.contains("whole seconds"), "{message}");
        }
    }
}
