//! The options of the three ways to detect: on the sockets of both programs, and on their
//! command lines.
#![cfg(target_os = "linux")]

use tests::{
    binaries::{Server, are_of_linux, client, command, start_client},
    event::{Event, any, conn},
    finished::run,
    proc::{tcp_timer, thread_names},
    program::Program,
    wait_until,
};

const BOTH: [&str; 2] = ["--detect", "both"];
const KEEPALIVE: [&str; 2] = ["--detect", "keepalive"];

/// A server and a client with these arguments, and the client's address.
fn pair(server: &[&str], client_arguments: &[&str]) -> (Server, Program, String) {
    let mut server = Server::start(server).expect("the server starts");
    let client = client(&server.address, client_arguments).expect("the client connects");
    let connected = server.program.wait_for("connected", conn(1)).expect("the server accepts");
    let peer = connected.str("peer").expect("the event has the client's address");
    let peer = peer.to_owned();
    (server, client, peer)
}

/// Sends a line. When the server reads it, both programs have set the options of the connection and
/// started all its threads. The server must be started with `-v`.
fn send_a_line(server: &mut Server, client: &mut Program) {
    client.type_in("hello\n").expect("the client takes input");
    server.program.wait_for("text", conn(1)).expect("the server reads the line");
}

/// Waits until the socket at `local` has no timer but this one, so that no acknowledgement is
/// under way. Returns the seconds until the timer fires.
fn idle_timer(local: &str, remote: &str, kind: u8) -> u64 {
    let port = |address: &str| -> u16 {
        let (_, port) = address.rsplit_once(':').expect("an address has a port");
        port.parse().expect("a port is a number")
    };
    let mut seconds = 0;
    let idle = wait_until(|| {
        let timer = tcp_timer(port(local), port(remote))?;
        seconds = timer.left.as_secs();
        Ok(timer.kind == kind)
    });
    idle.expect("the line has the timer of an idle line");
    seconds
}

#[test]
fn by_default_the_kernel_does_not_detect() {
    let (mut server, mut client, peer) = pair(&["-v"], &[]);
    send_a_line(&mut server, &mut client);
    assert_eq!(idle_timer(&server.address, &peer, 0), 0);
    assert_eq!(idle_timer(&peer, &server.address, 0), 0);
}

#[test]
fn the_articles_keepalive_is_set_on_the_sockets_of_both_programs() {
    for mode in [KEEPALIVE, BOTH] {
        let (mut server, client, peer) = pair(&mode, &[&mode[..], &["-v"]].concat());
        let keepalive = server.program.wait_for("keepalive", conn(1)).expect("an event");
        expect_keepalive(&keepalive, [7200.0, 75.0], 9, None);
        for (local, remote) in [(&server.address, &peer), (&peer, &server.address)] {
            let seconds = idle_timer(local, remote, 2);
            assert!((7190..=7200).contains(&seconds), "the timer fires in {seconds} s");
        }
        client.finish_with("hello\n", b"HELLO\n");
    }
}

#[test]
fn keepalive_waits_for_its_idle_time_on_the_sockets_of_both_programs() {
    let figures = [&BOTH[..], &["--keepalive-idle", "10m"]].concat();
    let (mut server, _client, peer) = pair(&figures, &figures);
    let keepalive = server.program.wait_for("keepalive", conn(1)).expect("an event");
    assert_eq!(keepalive.f64("idle_s"), Some(600.0), "{keepalive}");
    for (local, remote) in [(&server.address, &peer), (&peer, &server.address)] {
        let seconds = idle_timer(local, remote, 2);
        assert!((590..=600).contains(&seconds), "the timer fires in {seconds} s");
    }
}

/// Checks what the kernel holds: idle time and interval in seconds, count, and user timeout.
#[track_caller]
fn expect_keepalive(event: &Event, times: [f64; 2], count: u64, user_timeout: Option<f64>) {
    let found = [event.f64("idle_s"), event.f64("interval_s")];
    assert_eq!(found, times.map(Some), "{event}");
    assert_eq!(event.u64("count"), Some(count), "{event}");
    assert_eq!(event.f64("user_timeout_s"), user_timeout, "{event}");
}

#[test]
fn with_keepalive_alone_no_thread_of_the_programs_measures_silence() {
    for (mode, by_heartbeat) in [(&KEEPALIVE, false), (&BOTH, true)] {
        let (mut server, mut client, _) = pair(&[&mode[..], &["-v"]].concat(), mode);
        send_a_line(&mut server, &mut client);
        let has = |pid, name: &str| -> std::io::Result<bool> {
            Ok(thread_names(pid)?.iter().any(|thread| thread == name))
        };
        // A new thread sets its own name, so it may be seen without it at first.
        wait_until(|| has(client.pid(), "receiver")).expect("the client has a receiver");
        wait_until(|| has(server.program.pid(), "conn-1")).expect("the connection has a thread");
        if by_heartbeat {
            wait_until(|| has(server.program.pid(), "reaper")).expect("the server has a reaper");
            wait_until(|| has(client.pid(), "heartbeat")).expect("the client sends heartbeats");
        } else {
            assert!(!has(server.program.pid(), "reaper").unwrap(), "a reaper in {mode:?}");
            assert!(!has(client.pid(), "heartbeat").unwrap(), "a heartbeat thread in {mode:?}");
        }
    }
}

#[test]
fn other_figures_are_read_back_from_the_kernel() {
    let figures = ["--keepalive-idle", "10m", "--keepalive-interval", "7s"];
    let more = ["--keepalive-count", "3", "--user-timeout", "5m"];
    let all = [&BOTH[..], &figures, &more].concat();
    let mut server = Server::start(&all).expect("the server starts");
    let mut client = start_client(&server.address, &all).expect("the client starts");
    for program in [&mut client, &mut server.program] {
        let keepalive = program.wait_for("keepalive", any).expect("the options are set");
        expect_keepalive(&keepalive, [600.0, 7.0], 3, Some(300.0));
    }
}

#[test]
fn keepalive_alone_without_a_user_timeout_is_warned_of_once() {
    let warnings = usize::from(are_of_linux()); // other systems have no `--user-timeout`
    for (mode, expected) in [(&KEEPALIVE, warnings), (&BOTH, 0)] {
        let server = Server::start(mode).expect("the server starts");
        let mut client = start_client(&server.address, mode).expect("the client starts");
        client.close_stdin();
        for finished in [client.finish(), server.stop()] {
            let finished = finished.expect("the program ends");
            let is_warning = |event: &&Event| event.name() == "no_user_timeout";
            let warnings: Vec<_> = finished.events().filter(is_warning).collect();
            assert_eq!(warnings.len(), expected, "warnings in {mode:?}: {}", finished.log());
            for warning in warnings {
                let message = warning.message();
                assert!(message.contains("--user-timeout 1m"), "no figure in: {warning}");
            }
        }
    }
}

#[test]
fn flags_that_contradict_each_other_are_refused_and_named() {
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
    let of_the_server: &[(&str, &[&str])] = &[
        ("--probe", &["--probe=0s"]),
        ("--probe", &["--probe=60s"]),
        ("--probe", &["--timeout=5s", "--probe=5s"]),
        ("--probe", &["--probe=5s", "--detect=keepalive"]),
    ];
    let both = ["server", "client"]
        .into_iter()
        .flat_map(|program| cases.iter().map(move |&(flag, arguments)| (program, flag, arguments)));
    let server = of_the_server.iter().map(|&(flag, arguments)| ("server", flag, arguments));
    for (program, flag, arguments) in both.chain(server) {
        let mut command = command(program).expect("the program builds");
        let finished = run(command.args(arguments)).expect("the program starts");
        finished.expect_code(2);
        let message = finished.log();
        assert!(message.contains(flag), "{program} {arguments:?}: no {flag} in: {message}");
        if arguments.iter().any(|argument| argument.contains("1500ms")) {
            assert!(message.contains("whole seconds"), "{message}");
        }
    }
}
