//! The first attempt. A session that has never heard a server ends as one that does not reconnect.

use tests::{
    binaries::{Server, start_client},
    event::{any, conn},
    finished::Finished,
    peer::{Listener, Peer},
    place::Place,
    program::Program,
};

use crate::{QUICK, RECONNECT, client, count, start};

fn start_at(servers: &[&str], arguments: &[&str]) -> Program {
    let (first, more) = servers.split_first().expect("there is a server");
    let more = more.iter().flat_map(|server| ["--server", server]);
    let arguments: Vec<_> = more.chain(arguments.iter().copied()).collect();
    start_client(first, &arguments).expect("the client starts")
}

/// Waits for the end of a client that was never connected. It must not have tried again.
#[track_caller]
fn finish(client: Program) -> Finished {
    let finished = client.finish().expect("the client ends");
    for event in ["connected", "reconnecting", "back"] {
        assert_eq!(count(&finished, event), 0, "there is `{event}`:\n{}", finished.log());
    }
    finished
}

#[test]
fn a_first_attempt_that_is_refused_ends_the_session() {
    let finished = finish(start_at(&[&Place::new().address], &RECONNECT));
    finished.expect_code(1);
    assert!(finished.log().contains("Connection refused"), "{}", finished.log());
}

#[test]
fn a_first_server_that_never_answers_ends_the_session() {
    let listener = Listener::bind();
    let client = start_at(&[&listener.address()], &QUICK);
    let mut peer = listener.accept();
    peer.expect(b"HeartBeat");
    let finished = finish(client);
    let ended = finished.expect_ended(4);
    assert_eq!(ended.reason(), "unanswered", "{ended}");
    assert!(ended.f64("silent_s") >= Some(2.0), "the verdict came too soon: {ended}");
    assert!(ended.message().contains("no byte ever came"), "{ended}");
}

#[test]
fn a_first_server_that_closes_at_once_ends_the_session() {
    let listener = Listener::bind();
    let client = start_at(&[&listener.address()], &RECONNECT);
    let mut peer = listener.accept();
    peer.expect(b"HeartBeat");
    drop(peer);
    assert_eq!(finish(client).expect_ended(3).reason(), "server_closed");
}

#[test]
fn the_first_server_that_answers_gets_the_session() {
    let hung = Server::start(&[]).expect("the server starts");
    hung.program.pause().expect("the server can be stopped");
    let closing = Listener::bind();
    let servers = [Place::new().address, hung.address.clone(), closing.address()];
    closing.serve(drop::<Peer>);
    let place = Place::new();
    let _server = start(&place);
    let servers = [&servers[0], &servers[1], &servers[2], &*place.address];
    let mut client = start_at(&servers, &QUICK);
    let connected = client.wait_for("connected", any).expect("the last server answers");
    assert_eq!(connected.str("address"), Some(&*place.address), "{connected}");
    client.finish_with("hello\n", b"HELLO\n");
}

#[test]
fn a_session_whose_servers_are_all_down_at_the_start_ends_after_one_round() {
    let places = [Place::new(), Place::new()];
    let finished = finish(start_at(&[&places[0].address, &places[1].address], &RECONNECT));
    finished.expect_code(1);
    assert!(finished.log().contains(&places[1].address), "{}", finished.log());
}

#[test]
fn text_that_was_typed_before_the_first_server_answered_is_sent() {
    let listener = Listener::bind();
    let mut client = start_at(&[&listener.address()], &RECONNECT);
    client.type_in("early\n").expect("the client takes input");
    let mut peer = listener.prove();
    peer.ask(b"", b"early\n");
    peer.send(b"EARLY\n");
    peer.close_after(client, b"EARLY\n");
}

#[test]
fn without_reconnect_a_killed_server_ends_the_session() {
    let place = Place::new();
    let mut server = place.start(&[]).expect("the server starts");
    let client = client(&place.address, &["--idle", "1h"]);
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    drop(server);
    let _server = start(&place);
    assert_eq!(client.finish().expect("the client ends").expect_ended(3).reason(), "server_closed");
}
