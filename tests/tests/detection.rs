//! The modes of detection, their options on the live sockets, and what each can tell.
#![cfg(target_os = "linux")]

use std::{fs, io::Write as _, thread, time::Duration};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client, command, start_client},
    peer::{Listener, Peer},
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
        let (mut server, mut client, peer) = pair(&mode, &[&mode[..], &["-v"]].concat());
        server.program.wait_for("conn-1 keepalive idle 7200s, interval 75s, count 9");
        for (local, remote) in [(&server.address, &peer), (&peer, &server.address)] {
            let seconds = idle_timer(local, remote, 2);
            assert!((7190..=7200).contains(&seconds), "{seconds}");
        }
        client.type_in("hello\n");
        client.close_stdin();
        let finished = client.finish();
        finished.expect_code(0);
        assert_eq!(finished.stdout, b"HELLO\n");
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

#[test]
fn a_stopped_server_is_a_silent_service_to_the_heartbeat_and_alive_to_keepalive() {
    let server = Server::start(&[]);
    let figures =
        ["--keepalive-idle", "1s", "--keepalive-interval", "1s", "--keepalive-count", "1"];
    let mut unaware = client(&server.address, &[&KEEPALIVE[..], &figures].concat());
    unaware.type_in("before\n");
    // Three times the two seconds in which keepalive would notice a dead host.
    let rule = ["--idle", "3s", "--retry-interval", "1s", "--retries", "2"];
    let heartbeat = client(&server.address, &rule);
    let both = client(&server.address, &[&rule[..], &BOTH, &figures].concat());
    server.program.signal(Signal::SIGSTOP);
    for aware in [heartbeat, both] {
        let finished = aware.finish();
        let last_line = finished.expect_code(4);
        assert!(last_line.contains("the host is up, the service is not answering"), "{last_line}");
    }
    server.program.signal(Signal::SIGCONT);
    unaware.type_in("after\n");
    unaware.close_stdin();
    let finished = unaware.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"BEFORE\nAFTER\n");
}

#[test]
fn a_stopped_server_with_its_window_full_is_not_reading() {
    let server = Server::start(&[]);
    let rule = ["--idle", "2s", "--retry-interval", "500ms", "--retries", "3"];
    let mut client = client(&server.address, &rule);
    server.program.signal(Signal::SIGSTOP);
    let mut stdin = client.take_stdin();
    let flood = thread::spawn(move || while stdin.write_all(&[b'\n'; 8192]).is_ok() {});
    let finished = client.finish();
    let last_line = finished.expect_code(4);
    assert!(last_line.contains("the host is up, the service is not reading"), "{last_line}");
    flood.join().unwrap();
}

#[test]
fn a_reset_is_told_from_a_close() {
    let listener = Listener::bind();
    let mut client = client(&listener.address(), &["--idle", "1h"]);
    let mut peer = listener.accept();
    client.type_in("hello\n");
    peer.expect(b"hello\n");
    reset(peer);
    let finished = client.finish();
    let last_line = finished.expect_code(5);
    assert!(last_line.contains("the host no longer knows this connection: it was reset"));
    assert!(last_line.contains("; 1 line was sent and not answered"), "{last_line}");
}

#[test]
fn a_reset_while_writing_is_told_from_a_close_every_time() {
    // The error may reach the writer, and the reader then find but an end of stream.
    for _ in 0..20 {
        let listener = Listener::bind();
        let mut client = client(&listener.address(), &["--idle", "1h"]);
        let mut peer = listener.accept();
        let mut stdin = client.take_stdin();
        let flood = thread::spawn(move || while stdin.write_all(b"flood\n").is_ok() {});
        peer.expect(b"flood\nflood\nflood\n");
        reset(peer);
        client.finish().expect_code(5);
        flood.join().unwrap();
    }
}

/// Answers as a host that knows nothing of a connection does.
fn reset(peer: Peer) {
    socket2::SockRef::from(peer.stream()).set_linger(Some(Duration::ZERO)).expect("it can be set");
    drop(peer);
}

#[test]
fn a_client_that_is_reset_is_named_in_the_totals() {
    let mut server = Server::start(&[]);
    let peer = Peer::connect(&server.address);
    server.program.wait_for("conn-1 connected from ");
    reset(peer);
    let line = server.program.wait_for("conn-1 lost: ");
    assert!(line.contains("it was reset"), "{line}");
    let polite = Peer::connect(&server.address);
    drop(polite);
    server.program.wait_for("conn-2 closed by the client");
    let finished = server.stop();
    let last_line = finished.expect_code(0);
    assert!(last_line.contains("2 connections served, 0 evicted"), "{last_line}");
    assert!(last_line.contains("; 1 closed by the client, 1 reset"), "{last_line}");
}

#[test]
fn a_reconnect_to_a_server_that_is_gone_is_refused() {
    let server = Server::start(&[]);
    let client = client(&server.address, &["--idle", "1h"]);
    let address = server.address.clone();
    server.stop().expect_code(0);
    client.finish().expect_code(3);
    let finished = start_client(&address, &["--idle", "1h"]).finish();
    assert!(finished.expect_code(1).contains("Connection refused"));
}
