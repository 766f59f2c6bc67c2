//! The lab's relay sees everything that passes, and forwards it as it came.

use std::{
    io::{ErrorKind, Read as _},
    sync::mpsc,
};

use lab::{
    event::{Content, Role},
    relay::Relay,
};
use tests::{
    DEADLINE,
    peer::{Listener, Peer},
};

type Seen = mpsc::Receiver<(Role, Content)>;

/// A client and a server, and what the relay between them sees.
fn connected() -> (Peer, Peer, Relay, Seen) {
    let listener = Listener::bind();
    let (teller, seen) = mpsc::channel();
    let relay = Relay::start(&listener.address(), move |from, content| {
        let _ = teller.send((from, content));
    });
    let relay = relay.expect("loopback has a free port");
    let client = Peer::connect(&relay.address);
    (client, listener.accept(), relay, seen)
}

#[test]
fn bytes_and_the_end_of_a_stream_are_forwarded() {
    let (mut client, mut server, _relay, seen) = connected();
    let next = || seen.recv_timeout(DEADLINE).unwrap();
    client.send(b"HeartBeat");
    server.expect(b"HeartBeat");
    assert_eq!(next(), (Role::Client, Content::Bytes(b"HeartBeat".to_vec())));
    server.send(b"OK");
    client.expect(b"OK");
    assert_eq!(next(), (Role::Server, Content::Bytes(b"OK".to_vec())));
    client.finish_sending();
    assert_eq!(server.read_to_end(), b"");
    assert_eq!(next(), (Role::Client, Content::EndOfStream));
}

#[test]
fn a_reset_is_forwarded_as_a_reset() {
    let (client, server, _relay, seen) = connected();
    server.reset();
    assert_eq!(seen.recv_timeout(DEADLINE).unwrap(), (Role::Server, Content::Reset));
    assert!(is_reset(&client));
}

#[test]
fn a_relay_resets_both_ends_on_request() {
    let (mut client, mut server, relay, _seen) = connected();
    client.send(b"x");
    server.expect(b"x"); // both directions are there
    relay.reset();
    assert!(is_reset(&client) && is_reset(&server));
}

fn is_reset(peer: &Peer) -> bool {
    let read = peer.stream().read(&mut [0]);
    read.is_err_and(|error| error.kind() == ErrorKind::ConnectionReset)
}
