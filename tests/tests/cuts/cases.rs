//! Real cuts, in each mode: who notices, when, and with which reason.
//!
//! Each case runs in a network namespace of its own: this binary starts itself again in
//! there, with the case's name in the environment. Where the system refuses namespaces the
//! cases are reported as ignored.

use std::{
    env,
    io::Write as _,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Failed, Trial};
use tests::{
    binaries::{Server, built, client},
    namespace::{self, Loopback, set_loopback},
    program::{Finished, Program},
};

/// The case to run, for this binary inside a namespace.
const CASE: &str = "TESTS_CUT_CASE";

/// How late a verdict may come on a machine that is busy with other things.
const TOLERANCE: Duration = Duration::from_secs(20);

/// The rule of these cases: dead 1.5 s + 3 × 0.5 s = 3 s after the last byte.
const RULE: [&str; 6] = ["--idle", "1500ms", "--retry-interval", "500ms", "--retries", "2"];
const RULE_SECONDS: f64 = 3.0;

/// Keepalive of these cases: dead 1 s + 3 × 1 s = 4 s after the last segment.
const KEEPALIVE: [&str; 6] =
    ["--keepalive-idle", "1s", "--keepalive-interval", "1s", "--keepalive-count", "3"];
const KEEPALIVE_TIME: Duration = Duration::from_secs(4);

const CASES: [(&str, fn()); 15] = [
    ("heartbeat_notices_a_cut_of_an_idle_line", || {
        silent(Client::Idle, &[&RULE], "the network or the host is down");
    }),
    ("heartbeat_notices_a_cut_while_writing", || {
        silent(Client::Writing, &[&RULE], "the network or the host is down");
    }),
    ("keepalive_notices_a_cut_of_an_idle_line", || {
        given_up(Client::Idle, &[&["--detect", "keepalive"], &KEEPALIVE], KEEPALIVE_TIME);
    }),
    ("keepalive_leaves_a_cut_while_writing_to_retransmission", || {
        // By default that takes about 15 minutes; with three retransmissions, at a fifth of a
        // second and each after twice the time of the last, 0.2 + 0.4 + 0.8 + 1.6 s.
        std::fs::write("/proc/sys/net/ipv4/tcp_retries2", "3").expect("a namespace has its own");
        let predicted = Duration::from_secs(3);
        given_up(Client::Writing, &[&["--detect", "keepalive"], &KEEPALIVE], predicted);
    }),
    ("keepalive_with_a_user_timeout_notices_a_cut_while_writing", || {
        let arguments: &[&[&str]] =
            &[&["--detect", "keepalive", "--user-timeout", "3s"], &KEEPALIVE];
        given_up(Client::Writing, arguments, Duration::from_secs(3));
    }),
    ("both_notice_a_cut_of_an_idle_line_by_the_heartbeat_if_it_is_sooner", || {
        silent(Client::Idle, &[&RULE, &["--detect", "both"]], "the network or the host is down");
    }),
    ("both_notice_a_cut_of_an_idle_line_by_keepalive_if_it_is_sooner", || {
        let arguments: &[&[&str]] = &[&["--detect", "both", "--idle", "1h"], &KEEPALIVE];
        given_up(Client::Idle, arguments, KEEPALIVE_TIME);
    }),
    ("both_notice_a_cut_while_writing_by_the_heartbeat", || {
        silent(Client::Writing, &[&RULE, &["--detect", "both"]], "the network or the host is down");
    }),
    ("both_with_a_user_timeout_notice_a_cut_of_an_idle_line_by_the_sooner", || {
        let arguments: &[&[&str]] =
            &[&RULE, &["--detect", "both", "--user-timeout", "1h"], &KEEPALIVE];
        silent(Client::Idle, arguments, "the network or the host is down");
    }),
    ("both_with_a_user_timeout_notice_a_cut_while_writing", || {
        let arguments: &[&[&str]] =
            &[&["--detect", "both", "--idle", "1h", "--user-timeout", "3s"], &KEEPALIVE];
        given_up(Client::Writing, arguments, Duration::from_secs(3));
    }),
    ("a_cut_while_the_window_is_closed_is_no_host_that_is_up", || {
        closed_window_cut(&["--idle", "6s", "--retry-interval", "1s", "--retries", "2"], 4);
    }),
    ("a_user_timeout_knows_a_cut_from_a_closed_window", || {
        let arguments = ["--detect", "both", "--idle", "1h", "--user-timeout", "6s"];
        closed_window_cut(&arguments, 5);
    }),
    ("a_cut_shorter_than_the_rule_loses_nothing", a_cut_shorter_than_the_rule),
    ("the_server_notices_a_cut_and_says_that_the_host_is_silent_too", the_server_notices),
    ("a_server_in_keepalive_mode_notices_a_cut", a_server_in_keepalive_mode),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Client {
    Idle,
    Writing,
}

/// Runs the cases, or, inside a namespace, the one that was asked for.
pub(crate) fn run() {
    if let Ok(name) = env::var(CASE) {
        let (_, case) = CASES.iter().find(|(case, _)| *case == name).expect("a case of this file");
        return case();
    }
    let arguments = Arguments::from_args();
    let refused = namespace::available().err();
    match &refused {
        _ if arguments.list => {}
        Some(reason) => println!("ignored: this system refuses network namespaces: {reason}"),
        None => drop(built()), // before they are needed inside
    }
    let trials = CASES.map(|(name, _)| {
        Trial::test(name, move || run_inside(name)).with_ignored_flag(refused.is_some())
    });
    libtest_mimic::run(&arguments, trials.into()).exit();
}

fn run_inside(name: &str) -> Result<(), Failed> {
    let this = env::current_exe()?;
    let output = namespace::run(Command::new(this).env(CASE, name).envs(built()))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
    }
}

/// A server, a client and, if it writes, a typist of a line every 100 ms.
fn connected(kind: Client, arguments: &[&[&str]]) -> (Server, Program) {
    let mut server = Server::start(&["--timeout", "1h"]);
    let mut client = client(&server.address, &arguments.concat());
    server.program.wait_for("conn-1 connected from ");
    if kind == Client::Writing {
        let mut stdin = client.take_stdin();
        thread::spawn(move || {
            while stdin.write_all(b"are you there?\n").is_ok() {
                thread::sleep(Duration::from_millis(100)); // a typist's pace
            }
        });
    }
    (server, client)
}

/// Cuts the line, and waits for the client's end.
fn cut(client: Program) -> (Finished, Duration) {
    set_loopback(Loopback::Down);
    let cut = Instant::now();
    let finished = client.finish();
    (finished, cut.elapsed())
}

/// The client's rule ends the session, in its time, and knows why.
fn silent(kind: Client, arguments: &[&[&str]], reason: &str) {
    let (_server, client) = connected(kind, arguments);
    let (finished, took) = cut(client);
    let last_line = finished.expect_code(4);
    assert!(last_line.contains(reason), "{last_line}");
    if kind == Client::Idle {
        // What nobody acknowledged are the rule's three heartbeats.
        assert!(last_line.contains("; 27 bytes are unacknowledged"), "{last_line}");
    }
    let (_, figure) = last_line.split_once("no byte for ").expect("the figure");
    let (figure, _) = figure.split_once('s').expect("it is in seconds");
    assert!(figure.parse::<f64>().expect("a figure") >= RULE_SECONDS, "{last_line}");
    assert!(took <= Duration::from_secs_f64(RULE_SECONDS) + TOLERANCE, "it took {took:?}");
}

/// The kernel ends the session, no later than predicted.
fn given_up(kind: Client, arguments: &[&[&str]], predicted: Duration) {
    let (_server, client) = connected(kind, arguments);
    let (finished, took) = cut(client);
    let last_line = finished.expect_code(5);
    assert!(last_line.contains("the kernel gave up: "), "{last_line}");
    assert!(last_line.contains("the network or the host is down"), "{last_line}");
    // The last segment passed before the cut, by the time to the first probe at most.
    let earliest = predicted.saturating_sub(Duration::from_secs(1));
    assert!(took >= earliest, "it took {took:?}");
    assert!(took <= predicted + TOLERANCE, "it took {took:?}");
}

/// A server that reads nothing any more, and is then cut off.
fn closed_window_cut(arguments: &[&str], code: i32) {
    let server = Server::start(&["--timeout", "1h"]);
    let mut client = client(&server.address, &[&["-v"], arguments].concat());
    server.program.pause();
    let mut stdin = client.take_stdin();
    thread::spawn(move || while stdin.write_all(&[b'\n'; 8192]).is_ok() {});
    thread::sleep(Duration::from_millis(1500)); // the window closes, and is probed
    let (finished, _) = cut(client);
    let last_line = finished.expect_code(code);
    assert!(!last_line.contains("the host is up"), "{last_line}");
}

fn a_cut_shorter_than_the_rule() {
    let rule = ["--idle", "500ms", "--retry-interval", "500ms", "--retries", "60"];
    let (_server, mut client) = connected(Client::Idle, &[&rule]);
    client.wait_for("heartbeat 1 answered in ");
    set_loopback(Loopback::Down);
    client.type_in("before\n");
    client.wait_for("heartbeat 2 sent");
    client.type_in("between\n");
    client.wait_for("heartbeat 3 sent");
    set_loopback(Loopback::Up);
    client.wait_for("heartbeat 1 answered in ");
    client.finish_with("after\n", b"BEFORE\nBETWEEN\nAFTER\n");
}

fn the_server_notices() {
    let mut server = Server::start(&["--timeout", "3s"]);
    let _client = client(&server.address, &["--idle", "1h"]);
    // Nothing is on its way when the line is cut: a reply that was would tell more.
    server.program.wait_for("conn-1 connected from ");
    set_loopback(Loopback::Down);
    let line = server.program.wait_for("conn-1 evicted: silent for ");
    assert!(line.contains("; its host has been silent too"), "{line}");
}

fn a_server_in_keepalive_mode() {
    let mut server = Server::start(&[&["--detect", "keepalive"], &KEEPALIVE[..]].concat());
    let _client = client(&server.address, &["--idle", "1h"]);
    server.program.wait_for("conn-1 keepalive idle 1s, interval 1s, count 3");
    set_loopback(Loopback::Down);
    let line = server.program.wait_for("conn-1 lost: ");
    assert!(line.contains("the kernel gave up: "), "{line}");
}
