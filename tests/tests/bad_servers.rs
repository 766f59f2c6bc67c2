//! Servers that misbehave. The client must neither crash nor grow, and must say which lines were
//! not answered.
#![cfg(target_os = "linux")]

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use tests::{
    assert_same_bytes,
    binaries::client_of_peer,
    event::{any, retry},
    peer::Peer,
    program::Program,
};

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

/// Checks that the client ends because `reply` is not the echo of its three lines, that it prints
/// only what was right, and that it counts the rest as unanswered.
#[track_caller]
fn expect_wrong_reply(reply: &[u8], right: &[u8], unanswered_lines: u64) {
    let (client, peer) = three_lines_sent(&["--idle", "1h"]);
    let _ = peer.stream().write_all(reply); // the client may have ended already
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(1);
    assert_eq!(ended.reason(), "wrong_reply", "{ended}");
    assert_eq!(ended.u64("unanswered_lines"), Some(unanswered_lines), "{ended}");
    assert_same_bytes(&finished.stdout, right);
}

#[test]
fn a_server_that_sends_something_else_than_the_echo_is_no_echo_server() {
    expect_wrong_reply(b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", 3);
    expect_wrong_reply(b"one\ntwo\nthree\n", b"", 3); // a plain echo has no capitals
    expect_wrong_reply(b"ONE\nTWO\nTHREE\nFOUR\n", b"ONE\nTWO\nTHREE\n", 0);
    expect_wrong_reply(b"ONE\nTXO\n", b"ONE\nT", 2);
    expect_wrong_reply(b"ONE\nONE\n", b"ONE\n", 2); // an echo that came twice
    expect_wrong_reply(b"ONE\n\nTWO\n", b"ONE\n", 2);
    expect_wrong_reply(&b"OK".repeat(1_000_000), b"O", 3);
    expect_wrong_reply(&vec![0; 1_000_000], b"", 3);
}

#[test]
fn a_server_that_greets_is_no_echo_server() {
    let (client, mut peer) = connected(&["--idle", "1h", "--stay"]);
    peer.send(b"220 mail.example.org ESMTP\r\n");
    let finished = client.finish().expect("the client ends");
    let ended = finished.expect_ended(1);
    assert_eq!(ended.reason(), "wrong_reply", "{ended}");
    assert!(ended.message().contains("220 mail.example.org"), "{ended}");
    assert_same_bytes(&finished.stdout, b"");
}

#[test]
fn half_an_acknowledgement_at_the_end_of_the_stream_is_not_printed() {
    let (client, mut peer) = connected(&["--idle", "200ms", "--stay"]);
    peer.expect(b"HeartBeat");
    peer.send(b"O");
    peer.finish_sending();
    expect_end(client, 3, 0, b"");
}

#[test]
fn a_server_that_trickles_is_alive_although_it_answers_no_heartbeat() {
    // Without a byte for 5.7 s the server would be dead. The trickle lasts longer than that.
    let rule = ["--idle", "200ms", "--retry-interval", "500ms", "--retries", "10"];
    let (mut client, mut peer) = connected(&rule);
    client.type_in("xxxxxxxxxxxx\n").expect("the client takes input");
    for _ in 0..12 {
        client.wait_for("heartbeat_sent", retry(0)).expect("each byte starts a new silence");
        peer.send(b"X");
    }
    peer.finish_sending();
    expect_end(client, 3, 1, b"XXXXXXXXXXXX");
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

#[test]
fn a_million_probes_draw_one_heartbeat() {
    let (mut client, mut peer) = connected(&["--idle", "1h"]);
    client.type_in("hello\n").expect("the client takes input");
    peer.expect(b"hello\n");
    peer.send(b"HELLO\n");
    peer.send(&b"HeartBeat".repeat(1_000_000));
    peer.expect(b"HeartBeat");
    peer.finish_sending();
    let sent = peer.read_to_end();
    assert_eq!(sent, b"", "the client sent more than one heartbeat");
    expect_end(client, 3, 0, b"HELLO\n");
}

#[test]
fn a_server_that_sends_heartbeats_back_has_acknowledged_them_and_draws_no_more() {
    let (mut client, mut peer) = connected(&["--idle", "200ms", "--stay"]);
    for _ in 0..5 {
        peer.expect(b"HeartBeat");
        peer.send(b"HeartBeat");
        client.wait_for("heartbeat_answered", retry(0)).expect("an echo acknowledges");
    }
    client.signal(Signal::SIGINT).expect("the client runs");
    let finished = client.finish().expect("the client ends");
    let summary = finished.expect_event("summary");
    assert_eq!(summary.u64("heartbeats_answered"), Some(5), "{summary}");
    assert!(summary.u64("heartbeats_sent") <= Some(6), "it answered its own heartbeats: {summary}");
}

#[test]
fn a_server_that_probes_without_a_pause_draws_a_heartbeat_every_20_ms_at_most() {
    let (_client, mut peer) = connected(&["--idle", "1h", "--stay"]);
    let limit = Some(Duration::from_millis(2));
    peer.stream().set_read_timeout(limit).expect("a stream takes a limit");
    let (start, mut received, mut answers) = (Instant::now(), 0, 0);
    while answers < 20 {
        peer.send(b"HeartBeat");
        received += peer.stream().read(&mut [0; 9]).unwrap_or(0);
        if received >= 9 {
            assert!(start.elapsed() >= answers * Duration::from_millis(20), "it draws a storm");
            received -= 9;
            answers += 1;
            peer.send(b"OK");
        }
    }
}

#[test]
fn a_client_in_a_flood_can_be_interrupted() {
    let (client, mut peer) = connected(&["--idle", "1h"]);
    peer.send(&b"HeartBeat".repeat(100_000));
    let mut stream = peer.stream().try_clone().expect("a descriptor is left");
    let flood = b"HeartBeat".repeat(10_000);
    let flooding = thread::spawn(move || while stream.write_all(&flood).is_ok() {});
    client.signal(Signal::SIGINT).expect("the client runs");
    client.finish().expect("the client ends").expect_code(130);
    // The kernel of a client that has ended may keep the window closed for a minute.
    let _ = peer.stream().shutdown(Shutdown::Both);
    flooding.join().expect("the flood ends");
}
