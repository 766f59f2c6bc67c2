//! What each way to detect can tell: a hung service, a full window, a reset, a server that
//! is gone.
#![cfg(target_os = "linux")]

use std::{io::Write as _, thread};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client, start_client},
    peer::{Listener, Peer},
};

const BOTH: [&str; 2] = ["--detect", "both"];
const KEEPALIVE: [&str; 2] = ["--detect", "keepalive"];

#[test]
fn a_stopped_server_is_a_silent_service_to_the_heartbeat_and_alive_to_keepalive() {
    let server = Server::start(&[]);
    let figures =
        ["--keepalive-idle", "1s", "--keepalive-interval", "1s", "--keepalive-count", "1"];
    let mut unaware = client(&server.address, &[&KEEPALIVE[..], &figures].concat());
    unaware.type_in("before\n");
    // Three times the two seconds in which keepalive would notice a dead host.
    let rule = ["--idle", "3s", "--retry-interval", "1s", "--retries", "2"];
    let heartbeat = client(&server.address, &rule);
    let both = client(&server.address, &[&rule[..], &BOTH, &figures].concat());
    server.program.pause();
    for aware in [heartbeat, both] {
        let finished = aware.finish();
        let last_line = finished.expect_code(4);
        assert!(last_line.contains("the host is up, the service is not answering"), "{last_line}");
    }
    server.program.signal(Signal::SIGCONT);
    unaware.finish_with("after\n", b"BEFORE\nAFTER\n");
}

#[test]
fn a_stopped_server_with_its_window_full_is_not_reading() {
    let server = Server::start(&[]);
    let rule = ["--idle", "2s", "--retry-interval", "500ms", "--retries", "3"];
    let mut client = client(&server.address, &rule);
    server.program.pause();
    let mut stdin = client.take_stdin();
    let flood = thread::spawn(move || while stdin.write_all(&[b'\n'; 8192]).is_ok() {});
    let finished = client.finish();
    let last_line = finished.expect_code(4);
    assert!(last_line.contains("the host is up, the service is not reading"), "{last_line}");
    flood.join().unwrap();
}

#[test]
fn a_reset_is_told_from_a_close() {
    let listener = Listener::bind();
    let mut client = client(&listener.address(), &["--idle", "1h"]);
    let mut peer = listener.accept();
    client.type_in("hello\n");
    peer.expect(b"hello\n");
    peer.reset();
    let finished = client.finish();
    let last_line = finished.expect_code(5);
    assert!(last_line.contains("the host no longer knows this connection: it was reset"));
    assert!(last_line.contains("; 1 line was sent and not answered"), "{last_line}");
}

#[test]
fn a_reset_while_writing_is_told_from_a_close_every_time() {
    // The error may reach the writer, and the reader then find but an end of stream.
    for _ in 0..20 {
        let listener = Listener::bind();
        let mut client = client(&listener.address(), &["--idle", "1h"]);
        let mut peer = listener.accept();
        let mut stdin = client.take_stdin();
        let flood = thread::spawn(move || while stdin.write_all(b"flood\n").is_ok() {});
        peer.expect(b"flood\nflood\nflood\n");
        peer.reset();
        client.finish().expect_code(5);
        flood.join().unwrap();
    }
}

#[test]
fn a_client_that_is_reset_is_named_in_the_totals() {
    let mut server = Server::start(&[]);
    let peer = Peer::connect(&server.address);
    server.program.wait_for("conn-1 connected from ");
    peer.reset();
    let line = server.program.wait_for("conn-1 lost: ");
    assert!(line.contains("it was reset"), "{line}");
    let polite = Peer::connect(&server.address);
    drop(polite);
    server.program.wait_for("conn-2 closed by the client");
    let finished = server.stop();
    let last_line = finished.expect_code(0);
    assert!(last_line.contains("2 connections served, 0 evicted"), "{last_line}");
    assert!(last_line.contains("; 1 closed by the client, 1 reset"), "{last_line}");
}

#[test]
fn a_reconnect_to_a_server_that_is_gone_is_refused() {
    let server = Server::start(&[]);
    let client = client(&server.address, &["--idle", "1h"]);
    let address = server.address.clone();
    server.stop().expect_code(0);
    client.finish().expect_code(3);
    let finished = start_client(&address, &["--idle", "1h"]).finish();
    assert!(finished.expect_code(1).contains("Connection refused"));
}
