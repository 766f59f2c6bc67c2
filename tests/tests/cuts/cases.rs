//! Real cuts, in each mode: which side notices, when, and with which reason.
//!
//! Each case runs in its own network namespace.

use std::{
    process::Command,
    thread,
    time::{Duration, Instant},
};

use tests::{
    binaries::{Server, are_of_linux, client, json_command},
    cases::{Case, SKIPPED},
    event::{conn, retry},
    finished::Finished,
    namespace::{Loopback, set_loopback},
    program::Program,
};

/// How late a verdict may come on a busy machine.
const TOLERANCE: Duration = Duration::from_secs(20);

/// The rule of these cases: dead 1.5 s + 3 × 0.5 s = 3 s after the last byte.
const RULE: [&str; 6] = ["--idle", "1500ms", "--retry-interval", "500ms", "--retries", "2"];
const RULE_SECONDS: f64 = 3.0;

/// Keepalive of these cases: dead 1 s + 3 × 1 s = 4 s after the last segment.
const KEEPALIVE: [&str; 6] =
    ["--keepalive-idle", "1s", "--keepalive-interval", "1s", "--keepalive-count", "3"];
const KEEPALIVE_TIME: Duration = Duration::from_secs(4);

pub(crate) const CASES: [Case; 17] = [
    ("heartbeat_notices_a_cut_of_an_idle_line", || {
        unanswered(Client::Idle, &[&RULE]);
    }),
    ("heartbeat_notices_a_cut_while_writing", || {
        unanswered(Client::Writing, &[&RULE]);
    }),
    ("keepalive_notices_a_cut_of_an_idle_line", || {
        gave_up(Client::Idle, &[&["--detect", "keepalive"], &KEEPALIVE], KEEPALIVE_TIME);
    }),
    ("keepalive_leaves_a_cut_while_writing_to_retransmission", || {
        // By default that takes about 15 minutes. With three retransmissions, the first after a
        // fifth of a second and each pause twice the last, it takes 0.2 + 0.4 + 0.8 + 1.6 s.
        let retries = std::fs::write("/proc/sys/net/ipv4/tcp_retries2", "3");
        retries.expect("a namespace has this setting of its own");
        let predicted = Duration::from_secs(3);
        gave_up(Client::Writing, &[&["--detect", "keepalive"], &KEEPALIVE], predicted);
    }),
    ("keepalive_with_a_user_timeout_notices_a_cut_while_writing", || {
        let arguments: &[&[&str]] =
            &[&["--detect", "keepalive", "--user-timeout", "3s"], &KEEPALIVE];
        gave_up(Client::Writing, arguments, Duration::from_secs(3));
    }),
    ("both_notice_a_cut_of_an_idle_line_by_the_heartbeat_if_it_is_sooner", || {
        unanswered(Client::Idle, &[&RULE, &["--detect", "both"]]);
    }),
    ("both_notice_a_cut_of_an_idle_line_by_keepalive_if_it_is_sooner", || {
        let arguments: &[&[&str]] = &[&["--detect", "both", "--idle", "1h"], &KEEPALIVE];
        gave_up(Client::Idle, arguments, KEEPALIVE_TIME);
    }),
    ("both_notice_a_cut_while_writing_by_the_heartbeat", || {
        unanswered(Client::Writing, &[&RULE, &["--detect", "both"]]);
    }),
    ("both_with_a_user_timeout_notice_a_cut_of_an_idle_line_by_the_heartbeat", || {
        let arguments: &[&[&str]] =
            &[&RULE, &["--detect", "both", "--user-timeout", "1h"], &KEEPALIVE];
        unanswered(Client::Idle, arguments);
    }),
    ("both_with_a_user_timeout_notice_a_cut_while_writing", || {
        let arguments: &[&[&str]] =
            &[&["--detect", "both", "--idle", "1h", "--user-timeout", "3s"], &KEEPALIVE];
        gave_up(Client::Writing, arguments, Duration::from_secs(3));
    }),
    ("the_heartbeat_tells_a_cut_from_a_closed_window", || {
        closed_window_cut(&["--idle", "6s", "--retry-interval", "1s", "--retries", "2"], 4);
    }),
    ("a_user_timeout_tells_a_cut_from_a_closed_window", || {
        let arguments = ["--detect", "both", "--idle", "1h", "--user-timeout", "6s"];
        closed_window_cut(&arguments, 5);
    }),
    ("a_cut_shorter_than_the_rule_loses_nothing", a_cut_shorter_than_the_rule),
    ("the_server_notices_a_cut_and_reports_that_nothing_was_asked", the_server_notices),
    ("a_server_in_keepalive_mode_notices_a_cut", a_server_in_keepalive_mode),
    ("a_connection_that_this_host_aborts_is_not_called_a_reset", aborted_here),
    ("a_client_without_a_route_does_not_say_that_the_server_reads_nothing", without_a_route),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Idle,
    Writing,
}

/// A server and a client. If the client is to write, a line is typed every 100 ms.
fn connected(kind: Client, arguments: &[&[&str]]) -> (Server, Program) {
    let mut server = Server::start(&["--timeout", "1h"]).expect("the server starts");
    let mut client = client(&server.address, &arguments.concat()).expect("the client connects");
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    if kind == Client::Writing {
        let typist = client.type_every(Duration::from_millis(100), b"are you there?\n");
        typist.expect("the client takes input");
    }
    (server, client)
}

/// Cuts the line, and waits for the client's end.
fn cut(client: Program) -> (Finished, Duration) {
    set_loopback(Loopback::Down);
    let cut = Instant::now();
    let finished = client.finish().expect("the client ends");
    (finished, cut.elapsed())
}

/// The client's rule ends the session when it should, and the client knows why.
fn unanswered(kind: Client, arguments: &[&[&str]]) {
    let (_server, client) = connected(kind, arguments);
    let (finished, took) = cut(client);
    let ended = finished.expect_ended(4);
    assert_eq!(ended.reason(), "unanswered", "{ended}");
    ended.expect_finding("host_silent");
    if kind == Client::Idle && are_of_linux() {
        // The rule's three heartbeats are unacknowledged. The kernel still holds back some.
        let bytes = ["in_flight", "unsent"].map(|field| ended.u64(field).unwrap_or_default());
        assert_eq!(bytes.iter().sum::<u64>(), 27, "{ended}");
    }
    assert!(ended.f64("silent_s") >= Some(RULE_SECONDS), "the verdict came too soon: {ended}");
    let latest = Duration::from_secs_f64(RULE_SECONDS) + TOLERANCE;
    assert!(took <= latest, "the verdict took {took:?}, more than {latest:?}");
}

/// The client's kernel ends the session when predicted.
fn gave_up(kind: Client, arguments: &[&[&str]], predicted: Duration) {
    let (_server, client) = connected(kind, arguments);
    let (finished, took) = cut(client);
    let ended = finished.expect_ended(5);
    assert_eq!(ended.reason(), "gave_up", "{ended}");
    ended.expect_finding("host_silent");
    // The last segment came before the cut, by at most the time to the first probe.
    let earliest = predicted.saturating_sub(Duration::from_secs(1));
    assert!(took >= earliest, "the verdict took {took:?}, less than {earliest:?}");
    let latest = predicted + TOLERANCE;
    assert!(took <= latest, "the verdict took {took:?}, more than {latest:?}");
}

/// A server stops reading, and is cut off later.
fn closed_window_cut(arguments: &[&str], code: i32) {
    let server = Server::start(&["--timeout", "1h"]).expect("the server starts");
    let arguments = [&["-v"], arguments].concat();
    let mut client = client(&server.address, &arguments).expect("the client connects");
    server.program.pause().expect("the server can be stopped");
    client.flood(&[b'\n'; 8192]).expect("the client takes input");
    thread::sleep(Duration::from_millis(1500)); // the window closes, and the kernel probes it
    let (finished, _) = cut(client);
    let ended = finished.expect_ended(code);
    let says_network_works = ["service_silent", "not_reading"].contains(&ended.finding());
    assert!(!says_network_works, "{ended}");
}

fn a_cut_shorter_than_the_rule() {
    let rule = ["--idle", "500ms", "--retry-interval", "500ms", "--retries", "60"];
    let (_server, mut client) = connected(Client::Idle, &[&rule]);
    client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    set_loopback(Loopback::Down);
    client.type_in("before\n").expect("the client takes input");
    client.wait_for("heartbeat_sent", retry(1)).expect("the second heartbeat is sent");
    client.type_in("between\n").expect("the client takes input");
    client.wait_for("heartbeat_sent", retry(2)).expect("the third heartbeat is sent");
    set_loopback(Loopback::Up);
    client.wait_for("heartbeat_answered", retry(0)).expect("the next silence has its answer");
    client.finish_with("after\n", b"BEFORE\nBETWEEN\nAFTER\n");
}

fn the_server_notices() {
    let mut server = Server::start(&["--timeout", "3s"]).expect("the server starts");
    let _client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    // Nothing is in flight when the line is cut. With a reply in flight the server's kernel would
    // know that the host is gone.
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    set_loopback(Loopback::Down);
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "silent", "{ended}");
    ended.expect_finding("nothing_asked");
}

fn a_server_in_keepalive_mode() {
    let arguments = [&["--detect", "keepalive"], &KEEPALIVE[..]].concat();
    let mut server = Server::start(&arguments).expect("the server starts");
    let _client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    server.program.wait_for("keepalive", conn(1)).expect("the options are set");
    set_loopback(Loopback::Down);
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "gave_up", "{ended}");
}

/// An administrator ends the client's socket. The server gets a reset.
fn aborted_here() {
    let mut server = Server::start(&["--timeout", "1h"]).expect("the server starts");
    let client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    let connected = server.program.wait_for("connected", conn(1)).expect("the server accepts");
    let port = connected.str("peer").and_then(|peer| peer.rsplit_once(':')).expect("a port").1;
    // `ss` can end sockets only if the kernel was built with CONFIG_INET_DIAG_DESTROY.
    let killed = Command::new("ss").args(["-KtnH", "sport", "=", port]).output();
    match killed.map(|output| output.stdout.is_empty()) {
        Ok(false) => {}
        Ok(true) => return println!("{SKIPPED}this kernel ends no sockets for `ss -K`"),
        Err(error) => return println!("{SKIPPED}ss: {error}"),
    }
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(5);
    assert_eq!(ended.reason(), "aborted", "{ended}");
    assert_eq!(ended.finding(), "", "{ended}");
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "reset", "{ended}");
}

/// The route to the server goes away while its window is open. Loopback stays up.
fn without_a_route() {
    const ADDRESS: &str = "10.9.9.9/32";
    ip(&["address", "add", ADDRESS, "dev", "lo"]);
    let mut command = json_command("server").expect("the server is built");
    let server = Server::from_command(command.args(["--listen", "10.9.9.9:0"]));
    let server = server.expect("the server starts");
    let client = client(&server.address, &RULE).expect("the client connects");
    ip(&["address", "del", ADDRESS, "dev", "lo"]);
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    ended.expect_finding("not_sent");
    assert_eq!(ended.u64("in_flight"), are_of_linux().then_some(0), "{ended}");
}

pub(crate) fn ip(arguments: &[&str]) {
    let status = Command::new("ip").args(arguments).status();
    assert!(status.is_ok_and(|status| status.success()), "ip {arguments:?} fails");
}
