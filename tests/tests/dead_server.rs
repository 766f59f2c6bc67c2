//! Every way in which a server can fail its client, and how the client ends then.
#![cfg(unix)]

use std::{thread, time::Duration};

use nix::sys::signal::Signal;
use tests::{
    assert_same_bytes,
    binaries::{Server, are_of_linux, client, client_of_peer, start_client},
    event::{Event, any, conn, retry},
};

const QUICK: [&str; 6] = ["--idle", "600ms", "--retry-interval", "500ms", "--retries", "2"];
/// `idle + (retries + 1) × interval` of [`QUICK`].
const QUICK_SECONDS: f64 = 2.1;

/// Checks that the rule ended the session: after its time, and with all of its heartbeats.
#[track_caller]
fn expect_verdict(ended: &Event) {
    assert_eq!(ended.reason(), "unanswered", "{ended}");
    assert!(ended.f64("silent_s") >= Some(QUICK_SECONDS), "the verdict came too soon: {ended}");
    // A heartbeat that could not be sent is not an unanswered one.
    let heartbeats = ["unanswered_heartbeats", "unsent_heartbeats"].map(|field| ended.u64(field));
    let heartbeats: u64 = heartbeats.into_iter().flatten().sum();
    assert_eq!(heartbeats, 3, "{ended}");
}

#[test]
fn a_stopped_server_is_noticed() {
    let server = Server::start(&[]).expect("the server starts");
    let mut client = client(&server.address, &QUICK).expect("the client connects");
    client.wait_for("heartbeat_answered", retry(0)).expect("a heartbeat is answered");
    server.program.pause().expect("the server can be stopped");
    for number in 0..=2 {
        let sent = client.wait_for("heartbeat_sent", retry(number)).expect("a heartbeat is sent");
        assert_eq!(sent.u64("unanswered"), Some(number), "{sent}");
    }
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    expect_verdict(ended);
    if are_of_linux() {
        assert_eq!(ended.u64("in_flight"), Some(0), "the server's kernel acknowledges: {ended}");
        let kernel_spoke_later = ended.f64("last_ack_s") < ended.f64("silent_s");
        assert!(kernel_spoke_later, "the last acknowledgement is too old: {ended}");
    }
}

#[test]
fn a_stopped_server_is_noticed_while_lines_are_typed() {
    // The bytes that we send are no sign of life of the server.
    let server = Server::start(&[]).expect("the server starts");
    server.program.pause().expect("the server can be stopped");
    let mut client = start_client(&server.address, &QUICK).expect("the client starts");
    client.type_in("hello\nhello?\n").expect("the client takes input");
    let typist = client.type_every(Duration::from_millis(50), b"are you there?\n");
    let typist = typist.expect("the client takes input");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    expect_verdict(ended);
    assert!(ended.u64("unanswered_lines") > Some(2), "{ended}");
    assert!(typist.join().expect("the typist ends") > 0, "nothing was typed");
    assert_same_bytes(&finished.stdout, b"");
}

#[test]
fn a_server_that_does_not_read_is_noticed_while_main_is_blocked_writing() {
    // `idle` leaves enough time to fill every buffer before the first heartbeat.
    let rule = ["--idle", "5s", "--retry-interval", "200ms", "--retries", "2"];
    let (mut client, _peer) = client_of_peer(&rule).expect("the client connects");
    let flood = client.flood(&LONG_LINE).expect("the client takes input");
    client.wait_for("heartbeat_unsent", any).expect("a heartbeat cannot be sent");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    expect_verdict(ended);
    assert_eq!(ended.u64("unanswered_heartbeats"), Some(0), "none could be sent: {ended}");
    flood.join().expect("the flood ends");
}

/// Long lines fill the buffers sooner than short ones.
static LONG_LINE: [u8; 8192] = {
    let mut line = [b'x'; 8192];
    line[8191] = b'\n';
    line
};

#[test]
fn a_server_that_falls_silent_after_the_end_of_input_is_noticed() {
    let (mut client, mut peer) =
        client_of_peer(&["--idle", "2s", "--retry-interval", "200ms", "--retries", "2"])
            .expect("the client connects");
    client.type_in("hello\n").expect("the client takes input");
    client.close_stdin();
    peer.expect(b"hello\n");
    assert_eq!(peer.read_to_end(), b"", "the client has half-closed");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    assert_eq!(ended.u64("unanswered_lines"), Some(1), "{ended}");
}

#[test]
fn a_killed_server_is_told_from_a_silent_one() {
    let mut server = Server::start(&[]).expect("the server starts");
    let client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    server.program.signal(Signal::SIGKILL).expect("the server runs");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(3);
    assert_eq!(ended.reason(), "server_closed", "{ended}");
}

#[test]
fn a_server_that_stops_while_a_line_is_sent_is_reported_as_closed_or_reset() {
    // The line may reach a socket that is closed already, which then answers with a reset.
    for _ in 0..20 {
        let server = Server::start(&["-q"]).expect("the server starts");
        let mut client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
        client.type_in("hello\n").expect("the client takes input");
        server.program.signal(Signal::SIGINT).expect("the server runs");
        let finished = client.finish().expect("the client ends");
        let ended = finished.expect_event("ended");
        let end = (ended.reason(), finished.status.code());
        assert!(matches!(end, ("server_closed", Some(3)) | ("reset", Some(5))), "{ended}");
    }
}

#[test]
fn a_server_that_is_gone_when_the_input_ends_is_no_io_error() {
    for _ in 0..30 {
        let server = Server::start(&["-q"]).expect("the server starts");
        let mut client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
        server.program.signal(Signal::SIGKILL).expect("the server runs");
        // The client may have ended before it is typed to.
        let _ = client.type_in("hello\n");
        client.close_stdin();
        let finished = client.finish().expect("the client ends");
        let code = finished.status.code();
        assert!(matches!(code, Some(3 | 5)), "exit code {code:?}; log:\n{}", finished.log());
    }
}

#[test]
fn a_server_that_closes_before_every_line_is_answered_is_reported() {
    let (mut client, mut peer) = client_of_peer(&["--idle", "1h"]).expect("the client connects");
    client.type_in("one\ntwo\nthree\n").expect("the client takes input");
    client.close_stdin();
    peer.expect(b"one\ntwo\nthree\n");
    peer.send(b"ONE\nTW");
    drop(peer);
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(3);
    assert_eq!(ended.u64("unanswered_lines"), Some(2), "{ended}");
    assert_same_bytes(&finished.stdout, b"ONE\nTW");
}

#[test]
fn a_client_that_was_stopped_sends_a_heartbeat_before_it_gives_up() {
    // The server lives. The client was stopped for longer than its own rule allows.
    let server = Server::start(&[]).expect("the server starts");
    let rule = ["--idle", "300ms", "--retry-interval", "3s", "--retries", "0"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    client.pause().expect("the client can be stopped");
    thread::sleep(Duration::from_secs(4)); // longer than idle + interval
    client.signal(Signal::SIGCONT).expect("the client is there");
    client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    client.finish_with("hello\n", b"HELLO\n");
}
