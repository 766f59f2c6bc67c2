//! Each way in which a server can fail a session that has heard one before.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, start_client, start_unread_client},
    event::any,
    peer::Listener,
    place::Place,
};

use crate::{QUICK, RECONNECT, client, count, expect_pause, next_of, proven, start};

#[test]
fn a_server_that_is_refused_for_a_while_gets_the_session_back() {
    let place = Place::new();
    let server = start(&place);
    let mut client = client(&place.address, &RECONNECT);
    drop(server);
    let ended = client.wait_for("connection_ended", any).expect("the kill is noticed");
    assert_eq!(ended.reason(), "server_closed", "{ended}");
    client.type_in("kept\n").expect("the client takes input");
    for (number, (least, most)) in (1..).zip([(0.0, 1.0), (0.5, 1.0), (1.0, 2.0)]) {
        let announced = expect_pause(&mut client, least, most);
        assert_eq!(announced.u64("attempt"), Some(number), "{announced}");
        assert_eq!(announced.str("server"), Some(&*place.address), "{announced}");
        if number < 3 {
            let failed = client.wait_for("connect_failed", any).expect("the attempt fails");
            assert!(failed.message().contains("refused"), "{failed}");
        }
    }
    let _server = start(&place);
    let connected = client.wait_for("connected", any).expect("the client connects again");
    assert!(connected.f64("answered_ms") > Some(0.0), "{connected}");
    let back = client.wait_for("back", any).expect("the session goes on");
    assert!(back.f64("down_s") > Some(1.0), "{back}"); // two of the pauses at least
    client.finish_with("after\n", b"KEPT\nAFTER\n");
}

#[test]
fn a_hung_server_is_not_called_back_before_it_answers() {
    let server = Server::start(&["--timeout", "1h"]).expect("the server starts");
    let mut client = client(&server.address, &QUICK);
    server.program.pause().expect("the server can be stopped");
    client.type_in("meanwhile\n").expect("the client takes input");
    for _ in 0..2 {
        let event = next_of(&mut client, &["connected", "back", "connection_ended"]);
        assert_eq!(event.name(), "connection_ended", "{event}");
        assert_eq!(event.reason(), "unanswered", "{event}");
        assert!(!event.message().contains("no byte ever came"), "it has answered before: {event}");
        event.expect_finding("service_silent");
        let announced = expect_pause(&mut client, 2.5, 5.0);
        assert_eq!(announced.u64("kept_bytes"), Some(10), "{announced}");
    }
    server.program.signal(Signal::SIGCONT).expect("the server is there");
    client.wait_for("back", any).expect("the session goes on");
    client.finish_with("after\n", b"MEANWHILE\nAFTER\n");
}

#[test]
fn the_second_server_takes_over_from_a_hung_one_at_once() {
    let hung = Server::start(&["--timeout", "1h"]).expect("the server starts");
    let place = Place::new();
    let _server = start(&place);
    let servers = [&["--server", &place.address], &QUICK[..]].concat();
    let mut client = client(&hung.address, &servers);
    hung.program.pause().expect("the server can be stopped");
    client.type_in("never answered there\n").expect("the client takes input");
    let ended = client.wait_for("connection_ended", any).expect("the silence is noticed");
    ended.expect_finding("service_silent");
    let announced = expect_pause(&mut client, 0.0, 0.25);
    assert_eq!(announced.str("server"), Some(&*place.address), "{announced}");
    let connected = client.wait_for("connected", any).expect("the second server takes over");
    assert_eq!(connected.str("address"), Some(&*place.address), "{connected}");
    assert_eq!(connected.u64("again_bytes"), Some(21), "{connected}");
    client.finish_with("answered\n", b"NEVER ANSWERED THERE\nANSWERED\n");
}

#[test]
fn a_server_that_accepts_and_closes_is_tried_more_and_more_rarely() {
    let place = Place::new();
    let server = start(&place);
    let mut client = client(&place.address, &RECONNECT);
    drop(server);
    let listener = place.listen();
    client.type_in("kept\n").expect("the client takes input");
    expect_pause(&mut client, 0.0, 1.0);
    for (least, most) in [(0.5, 1.0), (1.0, 2.0), (2.0, 4.0)] {
        drop(listener.accept());
        expect_pause(&mut client, least, most);
    }
    drop(listener);
    let _server = start(&place);
    client.wait_for("connected", any).expect("a server that works is found");
    client.type_in("after\n").expect("the client takes input");
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    let _ = finished.expect_ended(0);
    tests::assert_same_bytes(&finished.stdout, b"KEPT\nAFTER\n");
    assert_eq!(count(&finished, "connected"), 2, "{}", finished.log());
    assert_eq!(count(&finished, "back"), 1, "{}", finished.log());
}

#[test]
fn a_server_that_answers_one_heartbeat_and_dies_is_tried_more_and_more_rarely() {
    let (mut client, peer, listener) = proven(&RECONNECT);
    drop(peer);
    expect_pause(&mut client, 0.0, 1.0);
    for (least, most) in [(0.5, 1.0), (1.0, 2.0), (2.0, 4.0)] {
        drop(listener.prove());
        expect_pause(&mut client, least, most);
    }
    client.type_in("here\n").expect("the client takes input");
    let mut peer = listener.prove();
    peer.expect(b"here\n");
    peer.send(b"HERE\n");
    peer.close_after(client, b"HERE\n");
}

#[test]
fn a_line_at_which_each_server_hangs_ends_the_session_after_a_while() {
    let listener = Listener::bind();
    let arguments = [&QUICK[..], &["--give-up-after", "8s"]].concat();
    let mut client = start_client(&listener.address(), &arguments).expect("the client starts");
    listener.serve(|mut peer| {
        peer.answer();
        let _ = peer.read_to_end();
    });
    client.wait_for("connected", any).expect("the server is proven");
    client.type_in("poison\n").expect("the client takes input");
    expect_pause(&mut client, 2.5, 5.0);
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    assert_eq!(ended.reason(), "gave_up_reconnecting", "{ended}");
    assert!(ended.message().contains("1 line (7 bytes) was not answered"), "{ended}");
}

#[test]
fn a_reader_of_stdout_that_has_gone_ends_a_session_that_waits_at_once() {
    let listener = Listener::bind();
    let mut client =
        start_unread_client(&listener.address(), &RECONNECT).expect("the client starts");
    drop(listener.prove());
    for _ in 0..4 {
        expect_pause(&mut client, 0.0, 4.0);
        drop(listener.prove());
    }
    expect_pause(&mut client, 4.0, 8.0);
    let gone = Instant::now();
    drop(client.take_stdout());
    client.finish().expect("the client ends").expect_code(0);
    assert!(gone.elapsed() < Duration::from_secs(4), "it ended with its next attempt");
}

/// A client whose server dies by `die` whenever it gets a certain line, and the exit code with
/// which the client must give up.
#[track_caller]
fn poison_line(die: fn(tests::peer::Peer), code: i32) {
    let listener = Listener::bind();
    let arguments = [&RECONNECT[..], &["--give-up-after", "3s"]].concat();
    let mut client = start_client(&listener.address(), &arguments).expect("the client starts");
    listener.serve(move |mut peer| {
        peer.answer();
        peer.expect(b"poison\nand the next line\n");
        die(peer);
    });
    client.wait_for("connected", any).expect("the server is proven");
    client.type_in("poison\nand the next line\n").expect("the client takes input");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(code);
    assert_eq!(ended.reason(), "gave_up_reconnecting", "{ended}");
    assert_eq!(ended.u64("unanswered_lines"), Some(2), "{ended}");
    assert!(ended.message().contains("2 lines (25 bytes) were not answered"), "{ended}");
    tests::assert_same_bytes(&finished.stdout, b"");
    let summary = finished.expect_event("summary");
    assert!(summary.u64("connections") >= Some(2), "{summary}");
    let again = summary.u64("connections").map(|connections| 25 * (connections - 1));
    assert_eq!(summary.u64("bytes_again"), again, "{summary}");
}

#[test]
fn a_line_that_kills_each_server_ends_the_session_after_a_while() {
    poison_line(drop, 3);
}

#[test]
fn a_line_at_which_each_server_resets_the_connection_ends_the_session_after_a_while() {
    poison_line(tests::peer::Peer::reset, 5);
}

#[test]
fn a_server_that_stays_away_ends_the_session_after_a_while() {
    let place = Place::new();
    let server = start(&place);
    let arguments = [&RECONNECT[..], &["--give-up-after", "3s"]].concat();
    let mut client = client(&place.address, &arguments);
    drop(server);
    client.wait_for("connect_failed", any).expect("an attempt fails");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(1);
    assert_eq!(ended.reason(), "gave_up_reconnecting", "{ended}");
    assert_eq!(ended.u64("unanswered_lines"), Some(0), "{ended}");
}
