//! What each way to detect can tell apart: a hung service, a full window, a reset, and a server
//! that is gone.
#![cfg(target_os = "linux")]

use std::{
    io,
    net::{TcpListener, TcpStream},
    thread,
};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client, client_of_peer, start_client},
    event::{any, conn},
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
        ended.expect_finding("service_silent");
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
    ended.expect_finding("not_reading");
    flood.join().expect("the flood ends");
}

/// A TCP proxy before `server` for one client. Returns where it listens.
fn proxy(server: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound").to_string();
    let server = TcpStream::connect(server).expect("the server accepts");
    thread::spawn(move || {
        let (client, _) = listener.accept()?;
        let (mut from_server, mut to_client) = (server.try_clone()?, client.try_clone()?);
        thread::spawn(move || io::copy(&mut from_server, &mut to_client));
        io::copy(&mut &client, &mut &server)
    });
    address
}

#[test]
fn behind_a_proxy_the_last_line_says_nothing_about_the_servers_host() {
    let server = Server::start(&[]).expect("the server starts");
    let rule = ["--idle", "600ms", "--retry-interval", "400ms", "--retries", "1"];
    let mut client = client(&proxy(&server.address), &rule).expect("the client connects");
    client.wait_for("heartbeat_answered", any).expect("the proxy forwards");
    server.program.pause().expect("the server can be stopped");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    // The proxy acknowledges, and would do so if the server's host had burnt down.
    ended.expect_finding("service_silent");
    let said = ended.message();
    assert!(said.contains("the other end of this TCP connection acknowledged"), "{said}");
    for claim in ["host is up", "host still", "peer's kernel", "server's kernel"] {
        assert!(!said.contains(claim), "{claim:?} is not known: {said}");
    }
}

#[test]
fn a_client_that_connects_and_leaves_without_a_byte_is_no_warning() {
    let mut server = Server::start(&[]).expect("the server starts");
    let mut next = 0;
    let mut level_of = |leave: fn(Peer), reason: &str| {
        next += 1;
        let peer = Peer::connect(&server.address);
        server.program.wait_for("connected", conn(next)).expect("the server accepts");
        leave(peer);
        let ended = server.program.wait_for("ended", conn(next)).expect("the connection ends");
        assert_eq!(ended.reason(), reason, "{ended}");
        ended.str("level").unwrap_or_default().to_owned()
    };
    assert_eq!(level_of(drop, "closed_by_client"), "INFO");
    assert_eq!(level_of(Peer::reset, "reset"), "INFO");
    let after_a_line = |mut peer: Peer| {
        peer.ask(b"hello\n", b"HELLO\n");
        peer.reset();
    };
    assert_eq!(level_of(after_a_line, "reset"), "WARN");
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
    let mut server = Server::start(&[]).expect("the server starts");
    let client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    let address = server.address.clone();
    server.stop().expect("the server ends").expect_code(0);
    client.finish().expect("the client ends").expect_code(3);
    let again = start_client(&address, &["--idle", "1h"]).expect("the client starts");
    let finished = again.finish().expect("the client ends");
    finished.expect_code(1);
    assert!(finished.log().contains("Connection refused"), "{}", finished.log());
}
