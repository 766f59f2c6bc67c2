//! The writing half of the connection, while the peer reads nothing.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use client::{
    activity::Activity,
    outgoing::{NotSent, Outgoing},
};
use common::wire::SentHeartbeat;
use crossbeam_channel::Receiver;

/// A connection whose peer reads nothing.
fn connection() -> (Arc<TcpStream>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let stream =
        TcpStream::connect(listener.local_addr().expect("an address")).expect("it listens");
    (Arc::new(stream), listener.accept().expect("somebody connects").0)
}

/// The writing half of `stream`, and what it announces.
fn outgoing(stream: &Arc<TcpStream>) -> (Outgoing, Receiver<SentHeartbeat>) {
    let (to_receiver, announced) = crossbeam_channel::unbounded();
    let activity = Arc::new(Activity::new(Instant::now()));
    (Outgoing::new(Arc::clone(stream), activity, to_receiver), announced)
}

#[test]
fn a_heartbeat_that_has_no_room_is_given_up_in_time() {
    let (stream, mut peer) = connection();
    let (outgoing, announced) = outgoing(&stream);
    // The kernel finds more room for a while.
    let (result, deadline) = loop {
        stream.set_nonblocking(true).unwrap();
        for block in [&[b'\n'; 8192][..], b"\n"] {
            while stream.as_ref().write(block).is_ok() {}
        }
        stream.set_nonblocking(false).unwrap();
        let deadline = Instant::now() + Duration::from_millis(100);
        match outgoing.heartbeat(Some(1), deadline) {
            Ok(()) => assert_eq!(announced.len(), 1),
            result => break (result, deadline),
        }
        announced.recv().unwrap();
    };
    assert_eq!(result, Err(NotSent::Blocked));
    assert!(
        Instant::now() + Duration::from_millis(1) >= deadline,
        "it did not wait until its deadline"
    );
    assert_eq!(announced.len(), 1, "it was not announced");

    let reading = thread::spawn(move || {
        let mut all = Vec::new();
        peer.read_to_end(&mut all).map(|_| all)
    });
    outgoing.text(b"text\n").unwrap();
    outgoing.close().unwrap();
    let all = reading.join().unwrap().unwrap();
    assert!(
        all.ends_with(b"\nHeartBeattext\n"),
        "the heartbeat did not go out whole, or not before the text"
    );
}

#[test]
fn no_heartbeat_follows_half_a_line_or_the_end_of_stream() {
    let (stream, _peer) = connection();
    let (outgoing, announced) = outgoing(&stream);
    let soon = || Instant::now() + Duration::from_mins(1);
    outgoing.text(b"half a line").unwrap();
    assert_eq!(outgoing.heartbeat(Some(1), soon()), Err(NotSent::HalfLine));
    outgoing.text(b"\n").unwrap();
    assert_eq!(outgoing.heartbeat(Some(1), soon()), Ok(()));
    assert_eq!(announced.recv().unwrap().after_lines, 1);
    outgoing.close().unwrap();
    assert_eq!(outgoing.heartbeat(Some(2), soon()), Err(NotSent::Closed));
    assert!(announced.is_empty());
}
