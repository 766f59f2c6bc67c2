//! The conversation on the wire, between our two programs and with raw peers.

use std::thread;

use tests::{
    assert_same_bytes,
    binaries::{Server, client, client_of_peer},
    event::retry,
    peer::Peer,
};

fn connected() -> (Server, Peer) {
    let server = Server::start(&[]).expect("the server starts");
    let peer = Peer::connect(&server.address);
    (server, peer)
}

#[test]
fn a_line_is_answered_in_capitals_as_it_comes() {
    let (_server, mut peer) = connected();
    peer.ask(b"hello\n", b"HELLO\n");
    peer.ask(b"half a line", b"HALF A LINE");
    peer.ask(b", and its end\n", b", AND ITS END\n");
}

#[test]
fn a_heartbeat_is_answered_with_ok_and_nothing_else() {
    let (_server, mut peer) = connected();
    peer.ask(b"HeartBeat", b"OK");
    peer.ask(b"Heart", b"");
    peer.ask(b"Beat", b"OK");
    peer.ask(b"a line\nHeartBeat", b"A LINE\nOK");
    peer.finish_sending();
    assert_same_bytes(&peer.read_to_end(), b"");
}

#[test]
fn every_line_that_a_person_can_type_comes_back_whole() {
    let server = Server::start(&[]).expect("the server starts");
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
    let mut client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    for line in lines {
        client.type_in(line).expect("the client takes input");
    }
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    finished.expect_code(0);
    assert_same_bytes(&finished.stdout, &lines.concat().to_ascii_uppercase());
    let summary = finished.expect_event("summary");
    assert_eq!(summary.u64("lines_sent"), Some(11), "{summary}");
    assert_eq!(summary.u64("lines_answered"), Some(11), "{summary}");
}

#[test]
fn typing_ok_forges_no_acknowledgement() {
    let server = Server::start(&[]).expect("the server starts");
    let rule = ["--idle", "200ms", "--retry-interval", "1h"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    for _ in 0..20 {
        client.type_in("ok\n").expect("the client takes input");
        client.wait_for("heartbeat_sent", retry(0)).expect("a heartbeat is sent");
        client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    }
    client.finish_with("", &b"OK\n".repeat(20));
}

#[test]
fn two_hundred_clients_at_once_each_get_every_reply() {
    let server = Server::start(&[]).expect("the server starts");
    talk(&server, 200, 50);
}

#[test]
fn a_client_that_never_reads_delays_no_other_client() {
    let server = Server::start(&["-q", "--timeout", "1h"]).expect("the server starts");
    let mut deaf = Peer::connect(&server.address);
    // Afterwards the deaf client's thread is blocked writing.
    deaf.fill(Some(std::time::Duration::from_millis(500)));
    talk(&server, 8, 500);
    // The deaf client is still connected, and its replies are still there.
    for _ in 0..100 {
        deaf.expect(&[b'X'; 8192]);
    }
    #[cfg(unix)]
    server.stop().expect("the server ends").expect_code(0);
}

/// Each of so many clients sends so many lines and heartbeats, and checks each reply.
fn talk(server: &Server, clients: u32, rounds: u32) {
    thread::scope(|scope| {
        for number in 0..clients {
            let address = &server.address;
            scope.spawn(move || {
                let mut peer = Peer::connect(address);
                for round in 0..rounds {
                    let line = format!("client {number}, round {round}\n");
                    peer.ask(line.as_bytes(), line.to_uppercase().as_bytes());
                    peer.ask(b"HeartBeat", b"OK");
                }
            });
        }
    });
}

#[test]
fn all_lines_are_sent_before_the_first_reply_is_read() {
    let (mut client, mut peer) = client_of_peer(&["--idle", "1h"]).expect("the client connects");
    for line in ["one\n", "two\n", "three\n"] {
        client.type_in(line).expect("the client takes input");
        peer.expect(line.as_bytes());
    }
    peer.send(b"ONE\nTWO\nTHREE\n");
    peer.close_after(client, b"ONE\nTWO\nTHREE\n");
}
