//! More clients than there is room for.
#![cfg(unix)]

use std::net::TcpStream;

use tests::{
    binaries::{Server, binary, client, start_client},
    peer::Peer,
};

#[test]
fn over_the_limit_newcomers_are_closed_and_the_held_go_on() {
    let mut server = Server::start(&["--max-connections", "2"]);
    let mut held = [Peer::connect(&server.address), Peer::connect(&server.address)];
    for peer in &mut held {
        peer.ask(b"in\n", b"IN\n");
    }
    assert_eq!(Peer::connect(&server.address).read_to_end(), b"");
    let line = server.program.wait_for("the limit of ");
    assert!(
        line.contains("limit of 2 connections") && line.contains("--max-connections"),
        "{line}"
    );
    for peer in &mut held {
        peer.ask(b"still in\n", b"STILL IN\n");
    }

    // One goes, and there is room again.
    let [leaver, _held] = held;
    drop(leaver);
    server.program.wait_for("conn-1 closed by the client");
    let mut newcomer = loop {
        // The place is free a moment after that line.
        let peer = Peer::connect(&server.address);
        if std::io::Write::write_all(&mut peer.stream(), b"HeartBeat").is_ok()
            && std::io::Read::read(&mut peer.stream(), &mut [0; 2]).is_ok_and(|count| count > 0)
        {
            break peer;
        }
    };
    newcomer.ask(b"in\n", b"IN\n");
}

#[test]
fn a_client_over_the_limit_is_told_that_the_server_closed() {
    let server = Server::start(&["--max-connections", "1"]);
    let _held = client(&server.address, &["--idle", "1h"]);
    start_client(&server.address, &["--idle", "1h"]).finish().expect_code(3);
}

/// A server that may open or start only so much, by the shell's `ulimit`.
fn limited(limit: &str) -> Server {
    let script =
        format!("ulimit {limit} && exec {} --listen 127.0.0.1:0", binary("server").display());
    Server::from_command(std::process::Command::new("sh").args(["-c", &script]))
}

#[test]
fn without_descriptors_it_waits_and_serves_again_when_there_are_some() {
    let mut server = limited("-n 20");
    let mut first = Peer::connect(&server.address);
    first.ask(b"first\n", b"FIRST\n");
    // They wait in the backlog: connecting takes nothing of the server's.
    let crowd: Vec<_> = (0..30)
        .map(|_| TcpStream::connect(&server.address).expect("the backlog has room"))
        .collect();
    server.program.wait_for("cannot accept: Too many open files");
    first.ask(b"still served\n", b"STILL SERVED\n");

    drop(crowd);
    Peer::connect(&server.address).ask(b"served again\n", b"SERVED AGAIN\n");
    server.stop().expect_code(0);
}

#[test]
fn without_descriptors_it_still_stops() {
    let mut server = limited("-n 20");
    let _crowd: Vec<_> = (0..30)
        .map(|_| TcpStream::connect(&server.address).expect("the backlog has room"))
        .collect();
    server.program.wait_for("cannot accept: Too many open files");
    server.stop().expect_code(0);
}

#[test]
fn a_thread_that_cannot_be_started_costs_the_others_nothing() {
    // So little address space that a few stacks use it up.
    let mut server = limited("-v 60000");
    let mut first = Peer::connect(&server.address);
    first.ask(b"first\n", b"FIRST\n");
    let mut crowd = Vec::new();
    let line = loop {
        crowd.push(TcpStream::connect(&server.address).expect("the backlog has room"));
        let line = server.program.wait_for("");
        if line.contains("cannot start a thread") {
            break line;
        }
    };
    assert!(line.contains("trying again in 500ms"), "{line}");
    first.ask(b"still served\n", b"STILL SERVED\n");
    drop(crowd);
    Peer::connect(&server.address).ask(b"served again\n", b"SERVED AGAIN\n");
}
