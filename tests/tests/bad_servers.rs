//! Servers that misbehave. The client must neither crash nor grow, and must say which lines were
//! not answered.
#![cfg(target_os = "linux")]

use std::{io::Write as _, net::Shutdown, thread, time::Duration};

use nix::sys::signal::Signal;
use tests::{
    assert_same_bytes,
    binaries::client_of_peer,
    event::{any, retry},
    peer::Peer,
    proc::peak_memory,
    program::Program,
};

/// Far more memory than the client needs, and far less than it is sent.
const MEMORY_LIMIT: u64 = 32 * 1024 * 1024;

fn connected(arguments: &[&str]) -> (Program, Peer) {
    client_of_peer(arguments).expect("the client connects")
}

/// A client that has sent three lines, and its server, which has read them.
fn three_lines_sent(rule: &[&str]) -> (Program, Peer) {
    let (mut client, mut peer) = connected(rule);
    client.type_in("one\ntwo\nthree\n").expect("the client takes input");
    peer.expect(b"one\ntwo\nthree\n");
    (client, peer)
}

/// Checks how the client ends, how many lines were not answered, and its whole output.
#[track_caller]
fn expect_end(client: Program, code: i32, unanswered_lines: u64, stdout: &[u8]) {
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(code);
    assert_eq!(ended.u64("unanswered_lines"), Some(unanswered_lines), "{ended}");
    assert_same_bytes(&finished.stdout, stdout);
}

#[test]
fn after_a_reset_within_a_line_the_client_counts_the_unanswered_lines() {
    let (client, mut peer) = three_lines_sent(&["--idle", "1h"]);
    peer.send(b"ONE\nTW");
    peer.reset();
    expect_end(client, 5, 2, b"ONE\nTW");
}

#[test]
fn a_server_that_ends_its_stream_and_still_reads_has_closed() {
    let (client, mut peer) = three_lines_sent(&["--idle", "1h"]);
    peer.send(b"ONE\nTWO\n");
    peer.finish_sending();
    expect_end(client, 3, 1, b"ONE\nTWO\n");
    assert_eq!(peer.read_to_end(), b"", "the client closes, too");
}

#[test]
fn a_server_that_ends_its_stream_while_the_client_is_blocked_writing_has_closed() {
    let rule = ["--idle", "300ms", "--retry-interval", "100ms", "--retries", "10000"];
    let (mut client, mut peer) = connected(&rule);
    let flood = client.flood(&[b'\n'; 8192]).expect("the client takes input");
    client.wait_for("heartbeat_unsent", any).expect("a heartbeat cannot be sent");
    peer.finish_sending();
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(3);
    assert!(ended.u64("unanswered_lines") > Some(1), "{ended}");
    flood.join().expect("the flood ends");
    // The kernel still delivers the bytes that the client had sent.
    let sent = peer.read_to_end();
    assert!(sent.starts_with(b"\n"), "the lines come first");
    assert!(sent.iter().all(|byte| b"\nHeartBeat".contains(byte)), "nothing else was sent");
}

#[test]
fn a_server_that_sends_other_text_has_not_answered() {
    let (mut client, mut peer) = three_lines_sent(&["--idle", "1h"]);
    client.close_stdin();
    assert_eq!(peer.read_to_end(), b"", "the client has sent everything");
    peer.send(&[b'x'; 1000]);
    drop(peer);
    expect_end(client, 3, 3, &[b'x'; 1000]);
}

#[test]
fn a_server_that_trickles_is_alive_although_it_answers_no_heartbeat() {
    // Without a byte for 5.7 s the server would be dead. The trickle lasts longer than that.
    let rule = ["--idle", "200ms", "--retry-interval", "500ms", "--retries", "10"];
    let (mut client, mut peer) = connected(&rule);
    for _ in 0..12 {
        client.wait_for("heartbeat_sent", retry(0)).expect("each byte starts a new silence");
        peer.send(b"x");
    }
    peer.finish_sending();
    let finished = client.finish().expect("the client ends");
    finished.expect_code(3);
    assert_same_bytes(&finished.stdout, &[b'x'; 12]);
}

#[test]
fn an_urgent_byte_does_not_keep_a_silent_server_alive() {
    let (client, peer) = connected(&["--idle", "300ms", "--retry-interval", "300ms"]);
    let stream = socket2::SockRef::from(peer.stream());
    stream.send_out_of_band(b"!").expect("the connection stands");
    client.finish().expect("the client ends").expect_code(4);
}

#[test]
fn replies_that_trickle_after_the_end_of_input_all_arrive() {
    // After its half-close a client sends no heartbeats. It still gives up after 2.5 s without a
    // byte. The trickle lasts longer than that, and its pauses are a tenth of it.
    let rule = ["--idle", "2s", "--retry-interval", "500ms", "--retries", "0"];
    let (mut client, mut peer) = three_lines_sent(&rule);
    client.close_stdin();
    assert_eq!(peer.read_to_end(), b"", "the client has sent everything");
    for byte in b"ONE\nTWO\nTHREE\n" {
        thread::sleep(Duration::from_millis(250)); // the trickle is what is tested
        peer.send(&[*byte]);
    }
    drop(peer);
    let finished = client.finish().expect("the client ends");
    finished.expect_code(0);
    assert_same_bytes(&finished.stdout, b"ONE\nTWO\nTHREE\n");
}

/// Sends a flood, and checks that the client stays small and prints `text`.
fn flood(flood: &[u8], text: &[u8]) {
    let (client, mut peer) = connected(&["--idle", "1h"]);
    peer.send(flood);
    peer.send(b"\nHeartBeat"); // the client answers it after it has read everything before it
    peer.expect(b"HeartBeat");
    let peak = peak_memory(client.pid()).expect("the client runs");
    assert!(peak < MEMORY_LIMIT, "the client held {peak} bytes, more than {MEMORY_LIMIT}");
    peer.finish_sending();
    let finished = client.finish().expect("the client ends");
    finished.expect_code(3);
    let (printed, length) = (&finished.stdout, text.len() + 1);
    assert!(
        *printed == [text, b"\n"].concat(),
        "{} bytes were printed that are not the {length} of the text",
        printed.len()
    );
}

#[test]
fn a_million_acknowledgements_that_are_not_due_are_text() {
    let surplus = b"OK".repeat(1_000_000);
    flood(&surplus, &surplus);
}

#[test]
fn a_million_probes_are_not_text_and_take_no_memory() {
    flood(&b"HeartBeat".repeat(1_000_000), b"");
}

#[test]
fn a_server_that_probes_without_acknowledging_gets_no_answer_after_1024() {
    let (mut client, mut peer) = connected(&["--idle", "1h"]);
    for _ in 0..1024 {
        peer.ask(b"HeartBeat", b"HeartBeat");
    }
    peer.send(b"HeartBeat");
    client.wait_for("probe_unanswered", any).expect("the next probe is not answered");

    // The acknowledgements that come late are not text.
    peer.send(&b"OK".repeat(1024));
    peer.ask(b"HeartBeat", b"HeartBeat");
    client.close_stdin();
    drop(peer);
    assert_same_bytes(&client.finish().expect("the client ends").stdout, b"");
}

#[test]
fn a_million_nuls_are_text() {
    flood(&vec![0; 1_000_000], &vec![0; 1_000_000]);
}

#[test]
fn an_echo_without_a_newline_is_printed_in_constant_memory() {
    let echo = vec![b'X'; 64 * 1024 * 1024];
    flood(&echo, &echo);
}

#[test]
fn a_client_in_a_flood_can_be_interrupted() {
    for flood in [&b"OK"[..], b"HeartBeat", b"\0", b"X"] {
        let (client, mut peer) = connected(&["--idle", "1h"]);
        peer.send(&flood.repeat(100_000));
        let mut stream = peer.stream().try_clone().expect("a descriptor is left");
        let flood = flood.repeat(10_000);
        let flooding = thread::spawn(move || while stream.write_all(&flood).is_ok() {});
        client.signal(Signal::SIGINT).expect("the client runs");
        client.finish().expect("the client ends").expect_code(130);
        // The kernel of a client that has ended may keep the window closed for a minute.
        let _ = peer.stream().shutdown(Shutdown::Both);
        flooding.join().expect("the flood ends");
    }
}
