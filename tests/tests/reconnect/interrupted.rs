//! Ctrl-C in each state: the session ends at once, and its last line says what has not come back.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tests::{
    binaries::{start_client, start_unread_client},
    event::any,
    peer::{Full, Listener, Peer},
    place::Place,
    program::Program,
};

use crate::{RECONNECT, next_of, proven, start};

/// Interrupts the client, and checks its end. One line of eleven bytes is not answered.
#[track_caller]
fn expect_interruption(client: Program) {
    client.signal(Signal::SIGINT).expect("the client runs");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_interrupted();
    assert_eq!(ended.u64("unanswered_lines"), Some(1), "{ended}");
    assert!(ended.message().contains("1 line (11 bytes) has not come back"), "{ended}");
}

/// A client whose server has read a line and not answered it.
fn one_line_sent(arguments: &[&str]) -> (Program, Peer, Listener) {
    let (mut client, mut peer, listener) = proven(arguments);
    client.type_in("unanswered\n").expect("the client takes input");
    peer.expect(b"unanswered\n");
    (client, peer, listener)
}

#[test]
fn ctrl_c_ends_a_session_whose_connection_stands() {
    let (client, _peer, _listener) = one_line_sent(&RECONNECT);
    expect_interruption(client);
}

#[test]
fn ctrl_c_ends_a_session_that_connects_for_the_first_time() {
    let full = Full::bind();
    let mut client = start_client(&full.address(), &RECONNECT).expect("the client starts");
    client.wait_for("connecting", any).expect("no answer comes");
    client.signal(Signal::SIGINT).expect("the client runs");
    let finished = client.finish().expect("the client ends");
    assert_eq!(finished.expect_ended(130).reason(), "interrupted");
}

#[test]
fn ctrl_c_ends_a_session_that_connects_again() {
    let full = Full::bind();
    let address = full.address();
    let arguments = [&["--server", &address], &RECONNECT[..]].concat();
    let (mut client, peer, listener) = one_line_sent(&arguments);
    drop((peer, listener));
    client.wait_for("connecting", any).expect("no answer comes");
    expect_interruption(client);
}

#[test]
fn ctrl_c_ends_a_session_that_waits_for_a_sign_of_life() {
    let arguments = [&RECONNECT[..], &["--retry-interval", "1h"]].concat();
    let (client, peer, listener) = one_line_sent(&arguments);
    drop(peer);
    let mut hung = listener.accept();
    hung.expect(b"HeartBeat");
    expect_interruption(client);
}

#[test]
fn ctrl_c_ends_a_session_that_waits_for_its_next_attempt() {
    let (mut client, peer, listener) = one_line_sent(&RECONNECT);
    drop((peer, listener));
    let is_long = |event: &tests::event::Event| event.f64("pause_s") > Some(3.0);
    let announced = client.wait_for("reconnecting", is_long).expect("the pauses grow");
    let pause = announced.f64("pause_s").map(Duration::from_secs_f64).expect("a pause");
    let due = Instant::now() + pause;
    expect_interruption(client);
    assert!(Instant::now() < due, "the pause of {pause:?} was waited for");
}

#[test]
fn ctrl_c_ends_a_session_that_is_blocked_sending_again() {
    let rule = ["--reconnect", "--idle", "300ms", "--retry-interval", "5s", "--retries", "10000"];
    let (mut client, peer, listener) = proven(&rule);
    let _flood = client.flood(&[b'\n'; 8192]).expect("the client takes input");
    client.wait_for("heartbeat_unsent", any).expect("the server does not read");
    drop(peer);
    client.wait_for("connection_ended", any).expect("the end is noticed");
    let _deaf = listener.prove();
    client.wait_for("heartbeat_unsent", any).expect("the server does not read");
    client.signal(Signal::SIGINT).expect("the client runs");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(130);
    assert_eq!(ended.reason(), "interrupted", "{ended}");
    assert!(ended.u64("unanswered_lines") > Some(1_000_000), "{ended}");
}

/// Lines that differ, more than a pipe and the receiver hold.
fn numbers() -> String {
    let lines: Vec<_> = (0..20_000).map(|number| format!("{number:07}\n")).collect();
    lines.concat()
}

/// A client whose connection has failed, and whose receiver is held up by the output.
fn held_up() -> (Program, Place) {
    let place = Place::new();
    let listener = place.listen();
    let rule = ["--reconnect", "--idle", "200ms", "--retry-interval", "1s", "--retries", "10000"];
    let mut client = start_unread_client(&listener.address(), &rule).expect("the client starts");
    let mut peer = listener.prove();
    client.type_in(numbers()).expect("the client takes input");
    let (mut lines, mut block) = (0, [0; 8192]);
    while lines < 20_000 {
        let count = peer.read(&mut block);
        lines += block[..count].iter().filter(|byte| **byte == b'\n').count();
    }
    peer.send(&numbers().as_bytes()[..numbers().len() - 1]);
    for _ in 0..5 {
        client.wait_for("heartbeat_sent", any).expect("nothing is read any more");
    }
    peer.reset();
    client.type_in("not yet\n").expect("the client takes input");
    client.wait_for("heartbeat_unsent", any).expect("the connection has failed");
    (client, place)
}

#[test]
fn ctrl_c_ends_a_session_whose_output_holds_up_the_end_of_its_connection() {
    let (client, _place) = held_up();
    client.signal(Signal::SIGINT).expect("the client runs");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(130);
    assert_eq!(ended.reason(), "interrupted", "{ended}");
    assert!(ended.u64("unanswered_lines") >= Some(2), "{ended}");
}

#[test]
fn an_output_that_held_up_the_end_of_a_connection_gets_everything_once() {
    let (mut client, place) = held_up();
    let _server = start(&place);
    // Only when everything is read is it known what has to be sent again. These two seconds are
    // more than the pause before an attempt.
    for _ in 0..10 {
        let event = next_of(&mut client, &["heartbeat_unsent", "connect_failed", "connected"]);
        assert_eq!(event.name(), "heartbeat_unsent", "{event}");
    }
    client.read_stdout();
    let lines = numbers() + "NOT YET\nAND THIS ONE\n";
    client.finish_with("and this one\n", lines.as_bytes());
}
