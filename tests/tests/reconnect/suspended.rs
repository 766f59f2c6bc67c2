//! A client that is stopped for longer than it has patience does not give up without an attempt.

use std::{thread, time::Duration};

use nix::sys::signal::Signal;
use tests::{assert_same_bytes, event::any, place::Place, program::Program};

use crate::{RECONNECT, client, count, next_of, proven, start};

const PATIENCE: [&str; 2] = ["--give-up-after", "6s"];

/// Stops the client for longer than it has patience, and continues it.
fn suspend(client: &Program, meanwhile: impl FnOnce()) {
    client.pause().expect("the client can be stopped");
    meanwhile();
    thread::sleep(Duration::from_secs(8)); // longer than its patience
    client.signal(Signal::SIGCONT).expect("the client is there");
}

#[track_caller]
fn expect_back(mut client: Program, stdout: &[u8]) {
    client.wait_for("back", any).expect("the session goes on");
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    let _ = finished.expect_ended(0);
    assert_same_bytes(&finished.stdout, stdout);
    assert_eq!(count(&finished, "connected"), 2, "{}", finished.log());
}

#[test]
fn a_client_that_was_stopped_while_it_waited_tries_again() {
    let place = Place::new();
    let mut server = Some(start(&place));
    let mut client = client(&place.address, &[&RECONNECT[..], &PATIENCE].concat());
    server.take();
    client.type_in("kept\n").expect("the client takes input");
    client.wait_for("connect_failed", any).expect("the server is down");
    client.wait_for("reconnecting", any).expect("the next attempt is announced");
    suspend(&client, || server = Some(start(&place)));
    expect_back(client, b"KEPT\n");
}

#[test]
fn the_time_for_which_a_client_was_stopped_does_not_count() {
    let place = Place::new();
    let server = start(&place);
    let mut client = client(&place.address, &[&RECONNECT[..], &PATIENCE].concat());
    drop(server);
    client.wait_for("connect_failed", any).expect("the server is down");
    client.wait_for("reconnecting", any).expect("the next attempt is announced");
    suspend(&client, || ());
    client.wait_for("connect_failed", any).expect("the server is still down");
    let event = next_of(&mut client, &["reconnecting", "ended"]);
    assert_eq!(event.name(), "reconnecting", "{event}");
    client.pause().expect("the client can be stopped"); // its patience may not end meanwhile
    let _server = start(&place);
    client.signal(Signal::SIGCONT).expect("the client is there");
    expect_back(client, b"");
}

#[test]
fn a_client_that_was_stopped_while_its_connection_stood_connects_again() {
    let place = Place::new();
    let server = place.start(&["-q", "--timeout", "5s"]).expect("the server starts");
    let mut client = client(&place.address, &[&RECONNECT[..], &PATIENCE].concat());
    client.type_in("before\n").expect("the client takes input");
    // Nothing tells the harness that the echo is read, and it need not be.
    suspend(&client, || ());
    expect_back(client, b"BEFORE\n");
    drop(server);
}

#[test]
fn a_connection_of_heartbeats_alone_that_outlived_the_patience_gets_an_attempt() {
    let arguments = ["--reconnect", "--idle", "200ms", "--give-up-after", "1s"];
    let (client, mut peer, listener) = proven(&arguments);
    for _ in 0..10 {
        peer.answer();
    }
    drop(peer);
    listener.serve(|mut peer| {
        peer.answer();
        let _ = peer.read_to_end();
    });
    expect_back(client, b"");
}

#[test]
fn an_answer_that_came_while_the_client_was_stopped_proves_the_server() {
    let arguments = [&RECONNECT[..], &["--retry-interval", "2s"]].concat();
    for _ in 0..3 {
        let (mut client, peer, listener) = proven(&arguments);
        drop(peer);
        let mut peer = listener.accept();
        peer.expect(b"HeartBeat");
        client.pause().expect("the client can be stopped");
        peer.send(b"OK");
        thread::sleep(Duration::from_secs(3)); // longer than the answer may take
        client.signal(Signal::SIGCONT).expect("the client is there");
        let event = next_of(&mut client, &["connected", "connection_ended"]);
        assert_eq!(event.name(), "connection_ended", "{event}"); // the first one's
        let event = next_of(&mut client, &["connected", "connection_ended"]);
        assert_eq!(event.name(), "connected", "{event}");
        peer.close_after(client, b"");
    }
}

#[test]
fn a_connection_that_ended_unproven_while_the_client_was_stopped_is_followed_by_attempts() {
    let (mut client, peer, listener) = proven(&[&RECONNECT[..], &PATIENCE].concat());
    drop(peer);
    let mut peer = listener.accept();
    peer.expect(b"HeartBeat");
    suspend(&client, || drop(peer));
    client.wait_for("connection_ended", any).expect("the first one's end");
    client.wait_for("connection_ended", any).expect("the second one's end");
    let event = next_of(&mut client, &["reconnecting", "ended"]);
    assert_eq!(event.name(), "reconnecting", "{event}");
    listener.prove().close_after(client, b"");
}
