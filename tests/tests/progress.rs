//! Progress is life: a peer that takes what it is sent, however slowly, is not dead, and one that
//! only receives keeps itself alive.
#![cfg(target_os = "linux")]

use std::{
    io::{self, Read, Write as _},
    thread::{self, JoinHandle},
    time::Duration,
};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client, client_of_peer, start_unread_client},
    event::{any, conn, retry},
    peer::Peer,
};

/// Lines of this many bytes together.
fn lines(length: usize) -> Vec<u8> {
    b"0123456789abcde\n".repeat(length / 16)
}

/// Reads `length` bytes, in a few pieces per second, over this time.
fn read_slowly(mut reader: impl Read, length: usize, time: Duration) -> Vec<u8> {
    const PIECES: u32 = 100;
    let mut all = Vec::new();
    let piece = length.div_ceil(PIECES as usize) as u64;
    while all.len() < length {
        let count = reader.by_ref().take(piece).read_to_end(&mut all).expect("bytes come");
        assert_ne!(count, 0, "the stream ended after {} of {length} bytes", all.len());
        thread::sleep(time / PIECES); // slowness is what is tested
    }
    all
}

/// Gives an end of a connection a small window: the other end cannot be done before it is nearly
/// done.
fn narrow(peer: &Peer) {
    let socket = socket2::SockRef::from(peer.stream());
    socket.set_recv_buffer_size(64 * 1024).expect("a stream takes a buffer size");
}

/// A peer with a small window, which sends `length` bytes of lines from another thread.
fn sending_peer(server: &Server, length: usize) -> (Peer, JoinHandle<io::Result<()>>) {
    let peer = Peer::connect(&server.address);
    narrow(&peer);
    let mut writer = peer.stream().try_clone().expect("a descriptor is left");
    (peer, thread::spawn(move || writer.write_all(&lines(length))))
}

#[test]
fn a_client_that_reads_its_replies_slowly_and_says_nothing_is_not_evicted() {
    const LENGTH: usize = 12_000_000;
    let mut server = Server::start(&["--timeout", "2s"]).expect("the server starts");
    let (peer, writing) = sending_peer(&server, LENGTH);
    let all = read_slowly(peer.stream(), LENGTH, Duration::from_secs(8));
    assert!(all == lines(LENGTH).to_ascii_uppercase(), "the echo is wrong");
    writing.join().expect("the writer ends").expect("the server takes everything");
    peer.finish_sending();
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "closed_by_client", "{ended}");
}

#[test]
fn a_client_that_stops_reading_is_evicted_for_that() {
    const LENGTH: usize = 12_000_000;
    let mut server = Server::start(&["--timeout", "3s"]).expect("the server starts");
    let (peer, writing) = sending_peer(&server, LENGTH);
    read_slowly(peer.stream(), LENGTH / 6, Duration::from_secs(3));
    let ended = server.program.wait_for("ended", conn(1)).expect("the client is evicted");
    ended.expect_not_reading();
    assert!(writing.join().expect("the writer ends").is_err(), "the server took everything");
}

#[test]
fn a_client_whose_output_is_read_slowly_gets_everything() {
    const LENGTH: usize = 12_000_000;
    let server = Server::start(&["--timeout", "2s"]).expect("the server starts");
    let mut client = start_unread_client(&server.address, &[]).expect("the client starts");
    let stdout = client.take_stdout().expect("it is not read");
    let mut stdin = client.take_stdin().expect("it is open");
    let typing = thread::spawn(move || stdin.write_all(&lines(LENGTH)));
    let all = read_slowly(stdout, LENGTH, Duration::from_secs(6));
    assert!(all == lines(LENGTH).to_ascii_uppercase(), "the echo is wrong");
    typing.join().expect("the typist ends").expect("the client takes everything");
    assert_eq!(client.finish().expect("the client ends").expect_ended(0).reason(), "complete");
}

#[test]
fn a_client_that_only_receives_keeps_itself_alive() {
    const LENGTH: usize = 1_600_000;
    let mut server = Server::start(&["--timeout", "2s"]).expect("the server starts");
    let rule = ["--stay", "--idle", "500ms"];
    let mut client = start_unread_client(&server.address, &rule).expect("the client starts");
    let mut stdout = client.take_stdout().expect("it is not read");
    client.type_in(lines(LENGTH)).expect("the client takes input");
    let all = read_slowly(&mut stdout, LENGTH, Duration::from_secs(6));
    assert!(all == lines(LENGTH).to_ascii_uppercase(), "the echo is wrong");
    server.program.wait_for("heartbeat", conn(1)).expect("the client keeps itself alive");
    client.signal(Signal::SIGINT).expect("the client is there");
    client.finish().expect("the client ends").expect_code(130);
}

#[test]
fn a_heartbeat_goes_out_while_an_echo_comes_byte_by_byte() {
    let rule = ["--stay", "--idle", "2s", "--retry-interval", "1h"];
    let (mut client, mut peer) = client_of_peer(&rule).expect("the client connects");
    client.type_in("x".repeat(10_000) + "\n").expect("the client takes input");
    peer.expect(&[&b"x".repeat(10_000)[..], b"\n"].concat());
    let mut writer = peer.stream().try_clone().expect("a descriptor is left");
    thread::spawn(move || {
        while writer.write_all(b"X").is_ok() {
            thread::sleep(Duration::from_millis(20)); // never silent for the client's idle time
        }
    });
    for _ in 0..3 {
        peer.expect(b"HeartBeat");
        client.wait_for("heartbeat_sent", retry(0)).expect("it is the first of no silence");
    }
}

#[test]
fn a_server_that_takes_lines_slowly_and_answers_none_is_not_dead() {
    const LENGTH: usize = 12_000_000;
    let rule = ["--idle", "500ms", "--retry-interval", "500ms", "--retries", "1"];
    let (mut client, peer) = client_of_peer(&rule).expect("the client connects");
    narrow(&peer);
    let mut stdin = client.take_stdin().expect("it is open");
    let typing = thread::spawn(move || stdin.write_all(&lines(LENGTH)));
    read_slowly(peer.stream(), LENGTH / 2, Duration::from_secs(6));
    client.wait_for("heartbeat_unsent", any).expect("no heartbeat finds room");
    drop(peer);
    let finished = client.finish().expect("the client ends");
    let reason = finished.expect_event("ended").reason();
    assert!(["server_closed", "reset"].contains(&reason), "{}", finished.log());
    let _ = typing.join().expect("the typist ends");
}

#[test]
fn a_server_that_stops_taking_lines_is_dead() {
    let rule = ["--idle", "500ms", "--retry-interval", "500ms", "--retries", "1"];
    let (mut client, _peer) = client_of_peer(&rule).expect("the client connects");
    let flood = client.flood(&[b'\n'; 8192]).expect("the client takes input");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(4);
    ended.expect_finding("not_reading");
    flood.join().expect("the flood ends");
}

#[test]
fn half_a_line_that_holds_the_heartbeats_back_is_no_evidence_against_the_server() {
    let server = Server::start(&["--timeout", "1h"]).expect("the server starts");
    let rule = ["--idle", "500ms", "--retry-interval", "500ms", "--retries", "1"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    client.type_in(b"x".repeat(70_000)).expect("the client takes input");
    for _ in 0..9 {
        client.wait_for("heartbeat_unsent", any).expect("no heartbeat can be sent");
    }
    client.finish_with("\n", &[&b"X".repeat(70_000)[..], b"\n"].concat());
}

#[test]
fn a_client_whose_output_is_taken_with_pauses_is_not_evicted() {
    const PIECE: usize = 150_000;
    let mut server = Server::start(&["--timeout", "3s"]).expect("the server starts");
    let mut client = start_unread_client(&server.address, &[]).expect("the client starts");
    let mut stdout = client.take_stdout().expect("it is not read");
    let mut stdin = client.take_stdin().expect("it is open");
    thread::spawn(move || stdin.write_all(&lines(12_000_000)));
    let mut all = vec![0; PIECE * 8];
    for piece in all.chunks_mut(PIECE) {
        stdout.read_exact(piece).expect("the client was evicted");
        thread::sleep(Duration::from_millis(1200)); // pauses are what is tested
    }
    assert!(all == lines(PIECE * 8).to_ascii_uppercase(), "the echo is wrong");
    client.signal(Signal::SIGINT).expect("the client is there");
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_ne!(ended.reason(), "not_reading", "{ended}");
}
