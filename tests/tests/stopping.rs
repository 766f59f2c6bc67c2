//! Both programs end when they are told to, whatever they are doing.
#![cfg(unix)]

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    thread,
    time::Duration,
};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client, client_of_peer, start_unread_client},
    event::{any, conn},
    peer::{Listener, Peer},
    program::{Program, stop_signals},
};

fn server(arguments: &[&str]) -> Server {
    Server::start(arguments).expect("the server starts")
}

/// Interrupts the client as Ctrl-C does, and checks its end.
#[track_caller]
fn expect_interruption(client: Program) {
    client.signal(Signal::SIGINT).expect("the client runs");
    client.finish().expect("the client ends").expect_interrupted();
}

#[test]
fn a_server_under_load_stops_and_sums_up() {
    let mut server = server(&[]);
    let mut floods = Vec::new();
    for number in 1..=50 {
        let peer = Peer::connect(&server.address);
        server.program.wait_for("connected", conn(number)).expect("the server accepts");
        floods.push(peer);
    }
    let floods: Vec<_> = floods.into_iter().map(|peer| peer.flood(b"busy\nHeartBeat")).collect();
    for _ in 0..200 {
        server.program.wait_for("heartbeat", any).expect("the server reads heartbeats");
    }
    let finished = server.stop().expect("the server ends");
    finished.expect_code(0);
    let stopped = finished.expect_event("stopped");
    assert_eq!(stopped.u64("served"), Some(50), "{stopped}");
    assert_eq!(stopped.u64("evicted"), Some(0), "{stopped}");
    for flood in floods {
        flood.join().expect("the flood ends");
    }
}

#[test]
fn an_idle_server_stops() {
    for &signal in stop_signals() {
        let server = server(&[]);
        server.program.signal(signal).expect("the server runs");
        server.program.finish().expect("the server ends").expect_code(0);
    }
}

#[test]
fn a_server_stops_although_one_client_sends_nothing_and_another_reads_nothing() {
    let mut server = server(&[]);
    let mut silent = Peer::connect(&server.address);
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    let deaf = Peer::connect(&server.address);
    server.program.wait_for("connected", conn(2)).expect("the server accepts");
    deaf.fill(Some(Duration::from_secs(1)));
    server.stop().expect("the server ends").expect_code(0);
    assert_eq!(silent.read_to_end(), b"", "the silent client sees the end of the stream");
}

#[test]
fn a_client_that_reads_nothing_is_evicted_for_it() {
    let mut server = server(&["--timeout", "2s"]);
    Peer::connect(&server.address).fill(None);
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    ended.expect_not_reading();
    server.expect_answer();
}

#[test]
fn ctrl_c_ends_an_idle_client() {
    let server = server(&[]);
    let client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    expect_interruption(client);
}

#[test]
fn ctrl_c_ends_a_client_that_is_blocked_writing() {
    let rule = ["--idle", "300ms", "--retry-interval", "100ms", "--retries", "10000"];
    let (mut client, _peer) = client_of_peer(&rule).expect("the client connects");
    let flood = client.flood(&[b'\n'; 8192]).expect("the client takes input");
    client.wait_for("heartbeat_unsent", any).expect("a heartbeat cannot be sent");
    expect_interruption(client);
    flood.join().expect("the flood ends");
}

/// A client whose output has been blocked for a while because nobody reads it.
fn client_with_a_blocked_output(server: &Server) -> Program {
    let rule = ["--idle", "500ms", "--retry-interval", "500ms", "--retries", "1"];
    let mut client = start_unread_client(&server.address, &rule).expect("the client starts");
    client.type_in(b"0123456789abcdef\n".repeat(20_000)).expect("the client takes input");
    for _ in 0..5 {
        client.wait_for("heartbeat_sent", any).expect("the client keeps itself alive");
    }
    client
}

#[test]
fn ctrl_c_ends_a_client_whose_output_is_blocked() {
    let server = server(&["--timeout", "1h"]);
    expect_interruption(client_with_a_blocked_output(&server));
}

#[test]
fn ctrl_c_ends_a_client_whose_output_is_blocked_when_its_server_is_gone() {
    let server = server(&["--timeout", "1h"]);
    let mut client = client_with_a_blocked_output(&server);
    drop(server); // which kills it
    let lines = "the write of this line fails\n".repeat(1000);
    client.type_in(lines).expect("the client takes input");
    client.wait_for("heartbeat_unsent", any).expect("the connection has failed");
    expect_interruption(client);
}

#[test]
fn ctrl_c_ends_a_client_that_waits_for_answers_while_its_output_is_blocked() {
    const ECHOED: usize = 1_000_000; // more than a pipe holds
    const MOST_UNANSWERED: usize = 8 * 1024 * 1024;
    let listener = Listener::bind();
    let mut client =
        start_unread_client(&listener.address(), &["--idle", "1h"]).expect("the client starts");
    let mut peer = listener.accept();
    let flood = client.flood(&[b'\n'; 8192]).expect("the client takes input");
    let receive = |peer: &mut Peer, least: usize| {
        let (mut received, mut block) = (0, [0; 8192]);
        while received < least {
            match peer.read(&mut block) {
                0 => panic!("the client ended after {received} of {least} bytes"),
                count => received += count,
            }
        }
    };
    receive(&mut peer, ECHOED);
    let mut echo = peer.stream().try_clone().expect("a descriptor is left");
    let echoing = thread::spawn(move || echo.write_all(&vec![b'\n'; ECHOED]));
    // When the pipe is full the receiver is blocked, and nothing more is answered. The client sends
    // what may be unanswered, and then no more.
    receive(&mut peer, MOST_UNANSWERED - ECHOED);
    let pause = Some(Duration::from_millis(500));
    peer.stream().set_read_timeout(pause).expect("a stream takes a limit");
    while peer.stream().read(&mut [0; 8192]).is_ok_and(|count| count > 0) {}
    expect_interruption(client);
    flood.join().expect("the flood ends");
    // The kernel of a client that has ended may keep the window closed for a minute.
    let _ = peer.stream().shutdown(Shutdown::Both);
    let _ = echoing.join().expect("the peer does not panic"); // the client may be gone
}
