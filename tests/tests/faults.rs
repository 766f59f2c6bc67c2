//! Clients that misbehave, and what our server makes of them: one bad connection costs the
//! others nothing, and nothing is left of it.
#![cfg(target_os = "linux")]

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    thread,
    time::Duration,
};

use tests::{
    binaries::Server,
    peer::Peer,
    process::{peak_memory, size},
    wait_until,
};

/// Sends all of `request` and returns all that comes back, while sending.
fn exchange(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(&server.address).expect("the server accepts");
    thread::scope(|scope| {
        let mut sender = stream.try_clone().expect("a descriptor is left");
        scope.spawn(move || {
            sender.write_all(request).expect("the server reads");
            sender.shutdown(std::net::Shutdown::Write).expect("the connection stands");
        });
        let mut replies = Vec::new();
        stream.read_to_end(&mut replies).expect("the server answers");
        replies
    })
}

/// Twice what the server needs, and less than it would with a million heartbeats gathered.
const BOUND: u64 = 12 * 1024 * 1024;

#[track_caller]
fn is_small(server: &Server) {
    let peak = peak_memory(server.program.pid()).expect("it runs");
    assert!(peak < BOUND, "{peak} bytes");
}

fn still_serves(server: &Server) {
    Peer::connect(&server.address).ask(b"still there?\n", b"STILL THERE?\n");
}

#[test]
fn a_line_without_an_end_is_echoed_in_constant_memory() {
    let server = Server::start(&["-q"]);
    let request = vec![b'x'; 64 * 1024 * 1024];
    let replies = exchange(&server, &request);
    assert_eq!(replies.len(), request.len());
    assert!(replies.iter().all(|&byte| byte == b'X'));
    is_small(&server);
}

#[test]
fn a_million_heartbeats_at_once_have_a_million_answers() {
    let mut server = Server::start(&[]);
    let replies = exchange(&server, &b"HeartBeat".repeat(1_000_000));
    assert!(replies == b"OK".repeat(1_000_000), "{} bytes", replies.len());
    server.program.wait_for("conn-1 closed by the client");
    is_small(&server);
    assert!(server.stop().expect_code(0).contains("1000000 heartbeats"));
}

#[test]
fn half_a_heartbeat_and_silence_is_a_silence() {
    let mut server = Server::start(&["--timeout", "500ms"]);
    let mut peer = Peer::connect(&server.address);
    peer.send(b"Heart");
    assert_eq!(peer.read_to_end(), b"");
    server.program.wait_for("conn-1 evicted: silent for ");
}

#[test]
fn a_reset_in_the_middle_of_a_line_ends_its_connection_alone() {
    let mut server = Server::start(&[]);
    let mut other = Peer::connect(&server.address);
    server.program.wait_for("conn-1 connected from ");
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"half a", b"HALF A");
    peer.reset();
    server.program.wait_for("conn-2 lost: the host no longer knows this connection");
    other.ask(b"unharmed\n", b"UNHARMED\n");
}

#[test]
fn after_a_storm_of_connects_and_resets_the_server_is_as_small_as_before() {
    let server = Server::start(&["-q"]);
    let pid = server.program.pid();
    still_serves(&server);
    let before = size(pid).expect("it runs");
    for _ in 0..10_000 {
        Peer::connect(&server.address).reset();
    }
    // Their threads end by themselves; nobody says so with -q.
    still_serves(&server);
    wait_until("it is as small as before", || size(pid).expect("it runs").is_within(before));
    server.stop().expect_code(0);
}

#[test]
fn a_client_that_never_reads_costs_the_others_nothing() {
    let server = Server::start(&["-q", "--timeout", "1h"]);
    let mut deaf = Peer::connect(&server.address);
    let mut stream = deaf.stream();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    while stream.write_all(&[b'x'; 8192]).is_ok() {} // now its thread is blocked writing
    thread::scope(|scope| {
        for number in 0..8 {
            let address = &server.address;
            scope.spawn(move || {
                let mut peer = Peer::connect(address);
                for round in 0..500 {
                    let line = format!("client {number}, round {round}\n");
                    peer.ask(line.as_bytes(), line.to_uppercase().as_bytes());
                    peer.ask(b"HeartBeat", b"OK");
                }
            });
        }
    });
    // It has been there all the time, and its replies are kept for it.
    for _ in 0..100 {
        deaf.expect(&[b'X'; 8192]);
    }
    server.stop().expect_code(0);
}

#[test]
fn a_client_that_has_half_closed_gets_its_replies_however_late_it_reads() {
    let mut server = Server::start(&["--timeout", "500ms"]);
    let mut peer = Peer::connect(&server.address);
    let request = b"a line\nHeartBeat".repeat(2000);
    peer.send(&request);
    peer.finish_sending();
    server.program.wait_for("conn-1 closed by the client");
    thread::sleep(Duration::from_secs(1)); // past the time-out
    assert!(peer.read_to_end() == b"A LINE\nOK".repeat(2000));
}
