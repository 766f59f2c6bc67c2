//! What is said on the wire between the real binaries, and to raw peers.

use std::thread;

use tests::{
    binaries::{Server, client},
    peer::Peer,
};

#[test]
fn a_typed_line_is_answered_in_capitals_at_once() {
    let server = Server::start(&[]);
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"hello\n", b"HELLO\n");
    peer.ask(b"half a line", b"HALF A LINE");
    peer.ask(b", and its end\n", b", AND ITS END\n");
}

#[test]
fn a_heartbeat_is_answered_with_ok_and_nothing_after_it() {
    let server = Server::start(&[]);
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"HeartBeat", b"OK");
    peer.ask(b"Heart", b"");
    peer.ask(b"Beat", b"OK");
    peer.ask(b"a line\nHeartBeat", b"A LINE\nOK");
    peer.finish_sending();
    assert_eq!(peer.read_to_end(), b"");
}

#[test]
fn whatever_line_a_person_types_comes_back_whole() {
    let server = Server::start(&[]);
    let lines: &[&[u8]] = &[
        b"HeartBeat\n",
        b"HeartBeats are fun\n",
        b"ok\n",
        b"OK\n",
        b"\n",
        b"\x10a\n",
        b"\x10HeartBeat\n",
        b"a\0b\n",
        "grüße 你好\n".as_bytes(),
        b"\xff\xfe\n",
        b"the last line has no newline",
    ];
    let mut client = client(&server.address, &["--idle", "1h"]);
    for line in lines {
        client.type_in(line);
    }
    client.close_stdin();
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(
        finished.stdout.escape_ascii().to_string(),
        lines.concat().to_ascii_uppercase().escape_ascii().to_string()
    );
    assert!(finished.said("11 lines sent, 11 answered"), "{:?}", finished.log);
}

#[test]
fn typing_ok_forges_no_acknowledgement() {
    let server = Server::start(&[]);
    let mut client = client(&server.address, &["--idle", "200ms", "--retry-interval", "1h"]);
    for _ in 0..20 {
        client.type_in("ok\n");
        client.wait_for("heartbeat 1 sent");
        client.wait_for("heartbeat 1 answered in ");
    }
    client.close_stdin();
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"OK\n".repeat(20));
}

#[test]
fn two_hundred_clients_at_once_each_get_every_reply() {
    let server = Server::start(&[]);
    thread::scope(|scope| {
        for number in 0..200 {
            let address = &server.address;
            scope.spawn(move || {
                let mut peer = Peer::connect(address);
                for round in 0..50 {
                    let line = format!("client {number}, round {round}\n");
                    peer.ask(line.as_bytes(), line.to_uppercase().as_bytes());
                    peer.ask(b"HeartBeat", b"OK");
                }
            });
        }
    });
}

#[test]
fn lines_are_pipelined() {
    // All lines are sent before the first reply is read.
    let listener = tests::peer::Listener::bind();
    let mut client = client(&listener.address(), &["--idle", "1h"]);
    let mut peer = listener.accept();
    for line in ["one\n", "two\n", "three\n"] {
        client.type_in(line);
        peer.expect(line.as_bytes());
    }
    peer.send(b"ONE\nTWO\nTHREE\n");
    client.close_stdin();
    assert_eq!(peer.read_to_end(), b"");
    drop(peer);
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"ONE\nTWO\nTHREE\n");
}
