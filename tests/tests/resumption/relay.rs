//! The relay that cuts, between raw peers.

use std::{
    io::{ErrorKind, Read as _},
    time::Duration,
};

use tests::{
    peer::{Listener, Peer},
    relay::{Cut, From, How, Relay},
};

/// The two ends of a connection that is cut after five bytes from the server.
fn cut_after_five(how: How) -> (Relay, Peer, Peer) {
    let listener = Listener::bind();
    let cut = Cut { from: From::Server, after: 5, how };
    let relay = Relay::start(&listener.address(), move |_| Some(cut)).expect("it starts");
    let client = Peer::connect(&relay.address);
    let server = listener.accept();
    (relay, client, server)
}

#[test]
fn a_stream_that_is_closed_ends_at_the_byte_and_the_other_one_goes_on() {
    let (relay, mut client, mut server) = cut_after_five(How::Close);
    server.send(b"1234567");
    assert_eq!(client.read_to_end(), b"12345");
    client.send(b"still heard");
    server.expect(b"still heard");
    assert_eq!([From::Client, From::Server].map(|from| relay.passed(from)), [[11], [5]]);
}

#[test]
fn both_ends_of_a_connection_that_is_reset_are_told() {
    let (_relay, mut client, mut server) = cut_after_five(How::Reset);
    server.send(b"12345");
    client.expect(b"12345");
    for end in [&client, &server] {
        let error = end.stream().read(&mut [0]).expect_err("the connection is reset");
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

#[test]
fn on_a_connection_that_is_swallowed_nothing_passes_and_nothing_ends() {
    let (relay, mut client, mut server) = cut_after_five(How::Swallow);
    server.send(b"1234567");
    client.expect(b"12345");
    client.send(b"unheard");
    client.finish_sending();
    for end in [&client, &server] {
        let moment = Some(Duration::from_millis(200));
        end.stream().set_read_timeout(moment).expect("a stream takes a timeout");
        let error = end.stream().read(&mut [0]).expect_err("neither a byte nor an end came");
        assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
    }
    assert_eq!(relay.passed(From::Client), [0]);
    drop(relay);
    assert_eq!(client.read_to_end(), b"", "dropping the relay ends the connection");
}
