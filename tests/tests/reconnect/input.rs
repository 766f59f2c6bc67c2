//! The input while there is no connection: its end, and its bound.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use nix::sys::signal::Signal;
use tests::{
    assert_same_bytes,
    binaries::{are_of_linux, start_unread_client},
    event::any,
    place::Place,
    proc::peak_memory,
    program::Program,
};

use crate::{RECONNECT, client, count, proven, start};

/// The most text that is kept.
const MOST: usize = 8 * 1024 * 1024;

#[test]
fn the_end_of_input_while_the_server_is_down_is_remembered() {
    let place = Place::new();
    let server = start(&place);
    let mut client = client(&place.address, &RECONNECT);
    client.type_in("one\n").expect("the client takes input");
    drop(server);
    client.wait_for("connection_ended", any).expect("the kill is noticed");
    client.type_in("two\nthree").expect("the client takes input");
    client.close_stdin();
    let all_is_kept = |event: &tests::event::Event| event.u64("kept_bytes") >= Some(9);
    client.wait_for("reconnecting", all_is_kept).expect("the input is kept");
    let _server = start(&place);
    let finished = client.finish().expect("the client ends");
    assert_eq!(finished.expect_ended(0).reason(), "complete");
    assert_same_bytes(&finished.stdout, b"ONE\nTWO\nTHREE");
    assert_eq!(count(&finished, "connected"), 2, "{}", finished.log());
}

#[test]
fn a_server_that_dies_when_all_is_answered_and_the_input_has_ended_costs_nothing() {
    let (mut client, mut peer, _listener) = proven(&RECONNECT);
    client.type_in("one\n").expect("the client takes input");
    peer.expect(b"one\n");
    client.close_stdin();
    assert_eq!(peer.read_to_end(), b"", "the client has half-closed");
    peer.send(b"ONE\n");
    peer.reset();
    let finished = client.finish().expect("the client ends");
    assert_eq!(finished.expect_ended(0).reason(), "complete");
    assert_same_bytes(&finished.stdout, b"ONE\n");
    assert_eq!(count(&finished, "reconnecting"), 0, "{}", finished.log());
}

#[test]
fn the_end_of_input_when_all_is_answered_ends_the_session_although_the_server_is_down() {
    let (mut client, mut peer, listener) = proven(&RECONNECT);
    client.type_in("one\n").expect("the client takes input");
    peer.expect(b"one\n");
    peer.send(b"ONE\n");
    drop((peer, listener));
    client.wait_for("connect_failed", any).expect("the server is down");
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    assert_eq!(finished.expect_ended(0).reason(), "complete");
    assert_same_bytes(&finished.stdout, b"ONE\n");
}

#[test]
fn a_session_that_stays_after_its_input_comes_back_all_the_same() {
    let place = Place::new();
    let server = start(&place);
    let mut client = client(&place.address, &["--reconnect", "--stay", "--idle", "200ms"]);
    client.type_in("half a line").expect("the client takes input");
    client.close_stdin();
    client.wait_for("heartbeat_answered", any).expect("the client stays");
    drop(server);
    client.wait_for("connection_ended", any).expect("the kill is noticed");
    let _server = start(&place);
    client.wait_for("back", any).expect("the session goes on");
    client.wait_for("heartbeat_answered", any).expect("the client stays");
    client.signal(Signal::SIGINT).expect("the client runs");
    let finished = client.finish().expect("the client ends");
    assert_eq!(finished.expect_ended(130).u64("unanswered_lines"), Some(0));
    assert_same_bytes(&finished.stdout, b"HALF A LINE\n");
}

#[test]
fn a_session_whose_output_has_no_reader_any_more_ends_although_the_server_is_down() {
    let place = Place::new();
    let server = start(&place);
    let mut client = start_unread_client(&place.address, &RECONNECT).expect("the client starts");
    client.wait_for("connected", any).expect("the server is proven");
    drop(server);
    client.wait_for("connect_failed", any).expect("the server is down");
    drop(client.take_stdout().expect("it is not read"));
    client.finish().expect("the client ends").expect_code(0);
}

#[test]
fn while_the_server_is_down_the_client_keeps_a_bounded_amount_and_loses_nothing() {
    const LENGTH: usize = MOST + 2_000_000;
    let place = Place::new();
    let server = start(&place);
    let mut client = client(&place.address, &RECONNECT);
    drop(server);
    client.wait_for("connection_ended", any).expect("the kill is noticed");
    let memory = |client: &Program| peak_memory(client.pid()).expect("the client runs");
    let before = memory(&client);
    let text = b"0123456789abcde\n".repeat(LENGTH / 16);
    let taken = Arc::new(AtomicUsize::new(0));
    let mut stdin = client.take_stdin().expect("it is open");
    let typing = thread::spawn({
        let (text, taken) = (text.clone(), Arc::clone(&taken));
        move || {
            for piece in text.chunks(4096) {
                stdin.write_all(piece).expect("the client takes input");
                taken.fetch_add(piece.len(), Ordering::Relaxed);
            }
        }
    });
    let is_full = |event: &tests::event::Event| {
        event.u64("kept_bytes").is_some_and(|kept| kept > (MOST - 64 * 1024) as u64)
    };
    let full = client.wait_for("reconnecting", is_full).expect("the input is kept");
    let later = client.wait_for("reconnecting", any).expect("the next attempt is announced");
    assert_eq!(later.u64("kept_bytes"), full.u64("kept_bytes"), "more was read: {later}");
    assert!(later.u64("kept_bytes") <= Some(MOST as u64), "{later}");
    // A pipe holds 64 KiB. A thread for stdin, which Linux needs none of, reads five pieces ahead.
    let pieces = if are_of_linux() { 2 } else { 7 };
    let taken = taken.load(Ordering::Relaxed);
    assert!(taken <= MOST + pieces * 64 * 1024, "the client has taken {taken} bytes");
    let grown = memory(&client) - before;
    assert!(grown < (MOST + MOST / 8) as u64, "the client has grown by {grown} bytes");

    let _server = start(&place);
    let finished = client.finish().expect("the client ends");
    typing.join().expect("the typist ends");
    let _ = finished.expect_ended(0);
    assert!(finished.stdout == text.to_ascii_uppercase(), "the echo is wrong");
    let summary = finished.expect_event("summary");
    assert_eq!(summary.u64("lines_sent"), Some((text.len() / 16) as u64), "{summary}");
    assert_eq!(summary.u64("bytes_again"), Some(0), "nothing had been sent before: {summary}");
}
