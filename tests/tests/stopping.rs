//! Both programs end when they are told to, whatever they are doing.
#![cfg(unix)]

use std::{io::Write as _, thread, time::Duration};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client, command},
    peer::{Listener, Peer},
    program::Program,
};

#[test]
fn a_server_under_load_stops_and_sums_up() {
    let mut server = Server::start(&[]);
    let clients: Vec<_> = (1..=50)
        .map(|number| {
            let peer = Peer::connect(&server.address);
            server.program.wait_for(&format!("conn-{number} connected from "));
            peer
        })
        .collect();
    let floods: Vec<_> = clients.into_iter().map(|peer| peer.flood(b"busy\nHeartBeat")).collect();
    for _ in 0..200 {
        server.program.wait_for(" heartbeat");
    }
    let finished = server.stop();
    let last_line = finished.expect_code(0);
    assert!(last_line.contains("stopped; 50 connections served, 0 evicted, "), "{last_line}");
    for flood in floods {
        flood.join().unwrap();
    }
}

#[test]
fn an_idle_server_stops() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let server = Server::start(&[]);
        server.program.signal(signal);
        server.program.finish().expect_code(0);
    }
}

#[test]
fn a_stopping_server_ends_clients_that_say_nothing_and_clients_that_read_nothing() {
    let mut server = Server::start(&[]);
    let mut silent = Peer::connect(&server.address);
    server.program.wait_for("conn-1 connected from ");
    let deaf = Peer::connect(&server.address);
    server.program.wait_for("conn-2 connected from ");
    flood(&deaf, Some(Duration::from_secs(1)));
    server.stop().expect_code(0);
    assert_eq!(silent.read_to_end(), b"");
}

/// Writes to a server and reads nothing, until it takes nothing for `patience`, or has
/// ended the connection.
fn flood(peer: &Peer, patience: Option<Duration>) {
    let mut stream = peer.stream();
    stream.set_write_timeout(patience).expect("a limit can be set");
    while stream.write_all(&[b'x'; 8192]).is_ok() {}
}

#[test]
fn a_client_that_reads_nothing_is_evicted_and_told_of() {
    let mut server = Server::start(&["--timeout", "2s"]);
    flood(&Peer::connect(&server.address), None);
    let line = server.program.wait_for("conn-1 evicted: silent for ");
    assert!(line.contains("not reading our replies"), "{line}");
    Peer::connect(&server.address).ask(b"the others go on\n", b"THE OTHERS GO ON\n");
}

#[test]
fn ctrl_c_ends_an_idle_client() {
    let server = Server::start(&[]);
    let client = client(&server.address, &["--idle", "1h"]);
    client.signal(Signal::SIGINT);
    let finished = client.finish();
    assert!(finished.expect_code(130).contains("interrupted"));
}

#[test]
fn ctrl_c_ends_a_client_that_is_blocked_writing() {
    let listener = Listener::bind();
    let mut client = client(
        &listener.address(),
        &["--idle", "300ms", "--retry-interval", "100ms", "--retries", "10000"],
    );
    let _peer = listener.accept();
    let mut stdin = client.take_stdin();
    let flood = thread::spawn(move || while stdin.write_all(&[b'\n'; 8192]).is_ok() {});
    client.wait_for("could not be sent: what was sent before is still waiting");
    client.signal(Signal::SIGINT);
    client.finish().expect_code(130);
    flood.join().unwrap();
}

/// A client whose replies nobody reads, and which knows it.
fn client_with_a_full_output(server: &Server) -> Program {
    let mut client = Program::start_unread(
        command("client")
            .args(["--server", &server.address, "--idle", "200ms", "--retry-interval", "100ms"])
            .args(["--retries", "1"]),
    );
    client.type_in(b"0123456789abcdef\n".repeat(20_000));
    client.wait_for("our own output is blocked");
    client
}

#[test]
fn ctrl_c_ends_a_client_whose_output_is_full() {
    let server = Server::start(&["--timeout", "1h"]);
    let client = client_with_a_full_output(&server);
    client.signal(Signal::SIGINT);
    client.finish().expect_code(130);
}

#[test]
fn ctrl_c_ends_a_client_whose_output_is_full_when_its_server_is_gone() {
    let server = Server::start(&["--timeout", "1h"]);
    let mut client = client_with_a_full_output(&server);
    drop(server); // killed
    client.type_in("the write of this line fails\n".repeat(1000));
    client.wait_for("our own output is blocked");
    client.signal(Signal::SIGINT);
    client.finish().expect_code(130);
}
