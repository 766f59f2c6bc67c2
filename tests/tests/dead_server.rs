//! Every way a server can fail its client, and what the client makes of it.
#![cfg(unix)]

use std::{io::Write as _, thread, time::Duration};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client},
    peer::Listener,
};

const QUICK: [&str; 6] = ["--idle", "600ms", "--retry-interval", "200ms", "--retries", "2"];
/// `idle + (retries + 1) × interval` of [`QUICK`].
const QUICK_SECONDS: f64 = 1.2;

/// Checks a verdict's figures: `no byte for 1.2s, 3 heartbeats unanswered`.
#[track_caller]
fn check_verdict(line: &str) {
    let (_, figures) = line.split_once("no byte for ").unwrap_or_else(|| panic!("{line}"));
    let (seconds, rest) = figures.split_once("s, ").unwrap_or_else(|| panic!("{line}"));
    assert!(seconds.parse::<f64>().expect("a figure") >= QUICK_SECONDS, "{line}");
    assert!(rest.starts_with("3 heartbeats unanswered"), "{line}");
}

#[test]
fn a_stopped_server_is_noticed() {
    let server = Server::start(&[]);
    let mut client = client(&server.address, &QUICK);
    client.wait_for("heartbeat 1 answered in ");
    server.program.pause();
    client.wait_for("heartbeat 1 sent");
    client.wait_for("heartbeat 2 sent (1 unanswered");
    let line = client.wait_for("heartbeat 3 sent (2 unanswered");
    if cfg!(target_os = "linux") {
        assert!(line.contains(": the peer's kernel acknowledged all, 0."), "{line}");
    }
    check_verdict(client.finish().expect_code(4));
}

#[test]
fn a_stopped_server_is_noticed_while_lines_are_typed_at_it() {
    // What we send proves nothing.
    let server = Server::start(&[]);
    server.program.pause();
    let mut client = client(&server.address, &QUICK);
    let mut stdin = client.take_stdin();
    let typist = thread::spawn(move || {
        let mut lines = 0_u64;
        while stdin.write_all(b"are you there?\n").is_ok() {
            lines += 1;
            thread::sleep(Duration::from_millis(50)); // a typist's pace
        }
        lines
    });
    let finished = client.finish();
    let last_line = finished.expect_code(4);
    check_verdict(last_line);
    assert!(last_line.contains(" lines were sent and not answered"), "{last_line}");
    assert!(typist.join().unwrap() > 0);
    assert_eq!(finished.stdout, b"");
}

#[test]
fn a_server_that_does_not_read_is_noticed_while_main_is_blocked_writing() {
    let listener = Listener::bind();
    // Time enough to fill all there is to be filled before the first heartbeat.
    let rule = ["--idle", "2s", "--retry-interval", "200ms", "--retries", "2"];
    let mut client = client(&listener.address(), &rule);
    let _peer = listener.accept();
    let mut stdin = client.take_stdin();
    let line = [&[b'x'; 8191][..], b"\n"].concat(); // long ones fill them sooner
    let flood = thread::spawn(move || while stdin.write_all(&line).is_ok() {});
    client.wait_for("could not be sent: what was sent before is still waiting");
    check_verdict(client.finish().expect_code(4));
    flood.join().unwrap();
}

#[test]
fn a_server_that_stops_answering_while_draining_is_noticed() {
    let listener = Listener::bind();
    let mut client = client(&listener.address(), &QUICK);
    let mut peer = listener.accept();
    client.type_in("hello\n");
    client.close_stdin();
    peer.expect(b"hello\n");
    assert_eq!(peer.read_to_end(), b"", "the client has half-closed");
    let finished = client.finish();
    let last_line = finished.expect_code(4);
    assert!(last_line.contains("; 1 line was sent and not answered"), "{last_line}");
}

#[test]
fn a_killed_server_is_told_from_a_silent_one() {
    let mut server = Server::start(&[]);
    let client = client(&server.address, &["--idle", "1h"]);
    server.program.wait_for("conn-1 connected from ");
    server.program.signal(Signal::SIGKILL);
    let finished = client.finish();
    let last_line = finished.expect_code(3);
    assert!(last_line.contains("the server closed the connection"), "{last_line}");
}

#[test]
fn a_server_that_is_stopped_politely_is_no_broken_pipe() {
    // What is typed meets a socket that is closed already, and is answered with a reset.
    for _ in 0..20 {
        let server = Server::start(&["-q"]);
        let mut client = client(&server.address, &["--idle", "1h"]);
        client.type_in("hello\n");
        server.program.signal(Signal::SIGINT);
        let finished = client.finish();
        let last_line = finished.log.last().map_or("", String::as_str);
        let closed = last_line.contains("the server closed the connection");
        let reset = last_line.contains("it was reset");
        let code = finished.status.code();
        assert!((closed && code == Some(3)) || (reset && code == Some(5)), "{finished:?}");
    }
}

#[test]
fn a_server_that_is_gone_when_the_input_ends_is_no_io_error() {
    for _ in 0..30 {
        let server = Server::start(&["-q"]);
        let mut client = client(&server.address, &["--idle", "1h"]);
        server.program.signal(Signal::SIGKILL);
        client.type_in("hello\n");
        client.close_stdin();
        let finished = client.finish();
        assert!(matches!(finished.status.code(), Some(3 | 5)), "{finished:?}");
    }
}

#[test]
fn a_server_that_closes_before_all_is_answered_is_told_of() {
    let listener = Listener::bind();
    let mut client = client(&listener.address(), &["--idle", "1h"]);
    let mut peer = listener.accept();
    client.type_in("one\ntwo\nthree\n");
    client.close_stdin();
    peer.expect(b"one\ntwo\nthree\n");
    peer.send(b"ONE\nTW");
    drop(peer);
    let finished = client.finish();
    let last_line = finished.expect_code(3);
    assert!(last_line.contains("; 2 lines were sent and not answered"), "{last_line}");
    assert_eq!(finished.stdout, b"ONE\nTW");
}

#[test]
fn a_stopped_client_asks_before_it_gives_up() {
    // The server lives; the client was stopped for longer than its own rule allows.
    let server = Server::start(&[]);
    let mut client =
        client(&server.address, &["--idle", "300ms", "--retry-interval", "3s", "--retries", "0"]);
    client.pause();
    thread::sleep(Duration::from_secs(4)); // longer than idle + interval
    client.signal(Signal::SIGCONT);
    client.wait_for("heartbeat 1 answered in ");
    client.finish_with("hello\n", b"HELLO\n");
}
