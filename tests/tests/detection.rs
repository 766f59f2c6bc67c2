//! What each way to detect can tell apart: a hung service, a full window, a reset, and a server
//! that is gone.
#![cfg(target_os = "linux")]

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client, client_of_peer, start_client},
    event::conn,
    peer::Peer,
};

const BOTH: [&str; 2] = ["--detect", "both"];
const KEEPALIVE: [&str; 2] = ["--detect", "keepalive"];

#[test]
fn a_stopped_server_is_silent_to_the_heartbeat_and_alive_to_keepalive() {
    let server = Server::start(&[]).expect("the server starts");
    let start = |arguments: &[&[&str]]| {
        client(&server.address, &arguments.concat()).expect("the client connects")
    };
    let probes = ["--keepalive-idle", "1s", "--keepalive-interval", "1s", "--keepalive-count", "1"];
    let mut unaware = start(&[&KEEPALIVE, &probes]);
    unaware.type_in("before\n").expect("the client takes input");
    // Keepalive would notice a dead host in two seconds. This takes three times as long.
    let rule = ["--idle", "3s", "--retry-interval", "1s", "--retries", "2"];
    let aware = [start(&[&rule]), start(&[&rule, &BOTH, &probes])];
    server.program.pause().expect("the server can be stopped");
    for client in aware {
        let finished = client.finish().expect("the client ends");
        let ended = finished.expect_ended(4);
        assert_eq!(ended.finding(), "service_silent", "{ended}");
    }
    server.program.signal(Signal::SIGCONT).expect("the server is there");
    unaware.finish_with("after\n", b"BEFORE\nAFTER\n");
}

#[test]
fn a_stopped_server_with_a_full_window_is_not_reading() {
    let server = Server::start(&[]).expect("the server starts");
    let rule = ["--idle", "2s", "--retry-interval", "500ms", "--retries", "3"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    server.program.pause().expect("the server can be stopped");
    let flood = client.flood(&[b'\n'; 8192]).expect("the client takes input");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    assert_eq!(ended.finding(), "not_reading", "{ended}");
    flood.join().expect("the flood ends");
}

#[test]
fn a_reset_is_told_from_a_close() {
    let (mut client, mut peer) = client_of_peer(&["--idle", "1h"]).expect("the client connects");
    client.type_in("hello\n").expect("the client takes input");
    peer.expect(b"hello\n");
    peer.reset();
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(5);
    assert_eq!(ended.reason(), "reset", "{ended}");
    assert_eq!(ended.u64("unanswered_lines"), Some(1), "{ended}");
}

#[test]
fn a_reset_while_writing_is_told_from_a_close_every_time() {
    // When the writer gets the error, the reader may find an end of stream.
    for _ in 0..20 {
        let (mut client, mut peer) =
            client_of_peer(&["--idle", "1h"]).expect("the client connects");
        let flood = client.flood(b"flood\n").expect("the client takes input");
        peer.expect(b"flood\nflood\nflood\n");
        peer.reset();
        client.finish().expect("the client ends").expect_code(5);
        flood.join().expect("the flood ends");
    }
}

#[test]
fn resets_and_closes_are_counted_apart_in_the_totals() {
    let mut server = Server::start(&[]).expect("the server starts");
    let peer = Peer::connect(&server.address);
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    peer.reset();
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "reset", "{ended}");
    drop(Peer::connect(&server.address));
    let ended = server.program.wait_for("ended", conn(2)).expect("the connection ends");
    assert_eq!(ended.reason(), "closed_by_client", "{ended}");
    let finished = server.stop().expect("the server ends");
    finished.expect_code(0);
    let stopped = finished.expect_event("stopped");
    for (field, count) in [("served", 2), ("evicted", 0), ("closed_by_client", 1), ("reset", 1)] {
        assert_eq!(stopped.u64(field), Some(count), "`{field}` is wrong: {stopped}");
    }
}

#[test]
fn a_server_that_is_gone_refuses_the_next_connection() {
    let server = Server::start(&[]).expect("the server starts");
    let client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    let address = server.address.clone();
    server.stop().expect("the server ends").expect_code(0);
    client.finish().expect("the client ends").expect_code(3);
    let again = start_client(&address, &["--idle", "1h"]).expect("the client starts");
    let finished = again.finish().expect("the client ends");
    finished.expect_code(1);
    assert!(finished.log().contains("Connection refused"), "{}", finished.log());
}
