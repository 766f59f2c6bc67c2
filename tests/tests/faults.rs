//! Clients that misbehave. One bad connection costs the others nothing, and leaves nothing behind.
#![cfg(target_os = "linux")]

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpStream},
    thread,
    time::Duration,
};

use tests::{
    binaries::Server,
    event::conn,
    peer::Peer,
    proc::{peak_memory, size},
    wait_until,
};

fn server(arguments: &[&str]) -> Server {
    Server::start(arguments).expect("the server starts")
}

/// Sends all of `request` while it reads, and returns all replies.
fn exchange(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(&server.address).expect("the server accepts");
    thread::scope(|scope| {
        let mut sender = stream.try_clone().expect("a descriptor is left");
        scope.spawn(move || {
            sender.write_all(request).expect("the server reads");
            sender.shutdown(Shutdown::Write).expect("the connection stands");
        });
        let mut replies = Vec::new();
        stream.read_to_end(&mut replies).expect("the server answers");
        replies
    })
}

fn memory(server: &Server) -> u64 {
    peak_memory(server.program.pid()).expect("the server runs")
}

/// Checks that the server has hardly grown since it held so many bytes: by less than it would need
/// to collect a million heartbeats.
#[track_caller]
fn expect_small(server: &Server, before: u64) {
    const LIMIT: u64 = 6 * 1024 * 1024;
    let grown = memory(server) - before;
    assert!(grown < LIMIT, "the server has grown by {grown} bytes");
}

#[test]
fn a_line_without_a_newline_is_echoed_in_constant_memory() {
    let server = server(&["-q"]);
    let before = memory(&server);
    let request = vec![b'x'; 64 * 1024 * 1024];
    let replies = exchange(&server, &request);
    assert_eq!(replies.len(), request.len(), "the echo has another length");
    assert!(replies.iter().all(|&byte| byte == b'X'), "the echo is wrong");
    expect_small(&server, before);
}

#[test]
fn a_million_heartbeats_at_once_get_a_million_answers() {
    let mut server = server(&[]);
    let before = memory(&server);
    let replies = exchange(&server, &b"HeartBeat".repeat(1_000_000));
    assert!(replies == b"OK".repeat(1_000_000), "the {} bytes are wrong", replies.len());
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "closed_by_client", "{ended}");
    assert_eq!(ended.u64("heartbeats"), Some(1_000_000), "{ended}");
    expect_small(&server, before);
    let finished = server.stop().expect("the server ends");
    finished.expect_code(0);
    let stopped = finished.expect_event("stopped");
    assert_eq!(stopped.u64("heartbeats"), Some(1_000_000), "{stopped}");
}

#[test]
fn silence_after_half_a_heartbeat_is_silence() {
    let mut server = server(&["--timeout", "500ms"]);
    let mut peer = Peer::connect(&server.address);
    peer.send(b"Heart");
    assert_eq!(peer.read_to_end(), b"", "the client is evicted");
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "silent", "{ended}");
}

#[test]
fn a_reset_within_a_line_ends_only_its_own_connection() {
    let mut server = server(&[]);
    let mut other = Peer::connect(&server.address);
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"half a", b"HALF A");
    peer.reset();
    let ended = server.program.wait_for("ended", conn(2)).expect("the connection ends");
    assert_eq!(ended.reason(), "reset", "{ended}");
    other.ask(b"unharmed\n", b"UNHARMED\n");
}

#[test]
fn after_a_storm_of_connects_and_resets_the_server_is_as_small_as_before() {
    let server = server(&["-q"]);
    let pid = server.program.pid();
    server.expect_answer();
    let before = size(pid).expect("the server runs");
    for _ in 0..10_000 {
        Peer::connect(&server.address).reset();
    }
    server.expect_answer();
    // With -q no event says that the last thread has ended.
    wait_until(|| Ok(size(pid)?.is_within(before))).expect("the server is as small as before");
    server.stop().expect("the server ends").expect_code(0);
}

#[test]
fn a_client_that_has_half_closed_gets_its_replies_however_late_it_reads() {
    let mut server = server(&["--timeout", "500ms"]);
    let mut peer = Peer::connect(&server.address);
    peer.send(&b"a line\nHeartBeat".repeat(2000));
    peer.finish_sending();
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "closed_by_client", "{ended}");
    thread::sleep(Duration::from_secs(1)); // longer than the timeout
    assert!(peer.read_to_end() == b"A LINE\nOK".repeat(2000), "the replies are wrong");
}
