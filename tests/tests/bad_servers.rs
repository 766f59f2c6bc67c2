//! Servers that misbehave, and what our client makes of them: it neither falls nor grows,
//! and says what was not answered.
#![cfg(target_os = "linux")]

use std::{io::Write as _, net::Shutdown, thread, time::Duration};

use nix::sys::signal::Signal;
use tests::{
    binaries::client,
    peer::{Listener, Peer},
    process::peak_memory,
    program::Program,
};

/// Far more than the client needs, and far less than it is sent.
const BOUND: u64 = 32 * 1024 * 1024;

/// A client, and the server that it is at the mercy of.
fn connected(arguments: &[&str]) -> (Program, Peer) {
    let listener = Listener::bind();
    let client = client(&listener.address(), arguments);
    (client, listener.accept())
}

/// A client that has said three lines, and its server, which has read them.
fn three_lines_said(rule: &[&str]) -> (Program, Peer) {
    let (mut client, mut peer) = connected(rule);
    client.type_in("one\ntwo\nthree\n");
    peer.expect(b"one\ntwo\nthree\n");
    (client, peer)
}

#[track_caller]
fn check(client: Program, code: i32, unanswered: &str, stdout: &[u8]) {
    let finished = client.finish();
    let last_line = finished.expect_code(code);
    let told = format!("; {unanswered} sent and not answered");
    assert!(last_line.ends_with(&told), "{last_line}");
    assert_eq!(finished.stdout.escape_ascii().to_string(), stdout.escape_ascii().to_string());
}

#[test]
fn a_reset_in_the_middle_of_a_line_is_told_with_what_was_not_answered() {
    let (client, mut peer) = three_lines_said(&["--idle", "1h"]);
    peer.send(b"ONE\nTW");
    peer.reset();
    check(client, 5, "2 lines were", b"ONE\nTW");
}

#[test]
fn a_server_that_ends_its_stream_and_goes_on_reading_has_closed() {
    let (client, mut peer) = three_lines_said(&["--idle", "1h"]);
    peer.send(b"ONE\nTWO\n");
    peer.finish_sending();
    check(client, 3, "1 line was", b"ONE\nTWO\n");
    assert_eq!(peer.read_to_end(), b"", "the client has closed, too");
}

#[test]
fn a_server_that_ends_its_stream_while_the_client_is_blocked_writing_has_closed() {
    let rule = ["--idle", "300ms", "--retry-interval", "100ms", "--retries", "10000"];
    let (mut client, mut peer) = connected(&rule);
    let mut stdin = client.take_stdin();
    let flood = thread::spawn(move || while stdin.write_all(&[b'\n'; 8192]).is_ok() {});
    client.wait_for("could not be sent: what was sent before is still waiting");
    peer.finish_sending();
    let finished = client.finish();
    let last_line = finished.expect_code(3);
    assert!(last_line.ends_with(" lines were sent and not answered"), "{last_line}");
    flood.join().expect("a flood ends");
    // What the client had sent is not taken back.
    let sent = peer.read_to_end();
    assert!(sent.starts_with(b"\n") && sent.iter().all(|byte| b"\nHeartBeat".contains(byte)));
}

#[test]
fn a_server_that_says_something_else_has_not_answered() {
    let (mut client, mut peer) = three_lines_said(&["--idle", "1h"]);
    client.close_stdin();
    assert_eq!(peer.read_to_end(), b"", "the client has said all");
    peer.send(&[b'x'; 1000]);
    drop(peer);
    check(client, 3, "3 lines were", &[b'x'; 1000]);
}

#[test]
fn a_server_that_trickles_is_alive_however_many_heartbeats_it_leaves_unanswered() {
    // Dead would be 5.7 s without a byte; all of these together take longer than that.
    let rule = ["--idle", "200ms", "--retry-interval", "500ms", "--retries", "10"];
    let (mut client, mut peer) = connected(&rule);
    for _ in 0..12 {
        client.wait_for("heartbeat 1 sent");
        peer.send(b"x");
    }
    peer.finish_sending();
    let finished = client.finish();
    finished.expect_code(3);
    assert_eq!(finished.stdout, [b'x'; 12]);
}

#[test]
fn an_urgent_byte_that_nobody_reads_makes_no_server_live_for_ever() {
    let (client, peer) = connected(&["--idle", "300ms", "--retry-interval", "300ms"]);
    socket2::SockRef::from(peer.stream()).send_out_of_band(b"!").expect("it is connected");
    client.finish().expect_code(4);
}

#[test]
fn replies_that_trickle_after_the_inputs_end_all_come() {
    // A client that has half-closed sends no heartbeats, and gives up all the same: after
    // 2.5 s without a byte. The trickle lasts longer than that, its pauses a tenth of it.
    let rule = ["--idle", "2s", "--retry-interval", "500ms", "--retries", "0"];
    let (mut client, mut peer) = three_lines_said(&rule);
    client.close_stdin();
    assert_eq!(peer.read_to_end(), b"", "the client has said all");
    for byte in b"ONE\nTWO\nTHREE\n" {
        thread::sleep(Duration::from_millis(250)); // the trickle is what is tested
        peer.send(&[*byte]);
    }
    drop(peer);
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"ONE\nTWO\nTHREE\n");
}

/// Sends a flood, and checks that the client stays small and prints what is text of it.
fn flood(flood: &[u8], text: &[u8]) {
    let (client, mut peer) = connected(&["--idle", "1h"]);
    peer.send(flood);
    peer.send(b"\nHeartBeat"); // answered when all before it has been taken
    peer.expect(b"HeartBeat");
    let peak = peak_memory(client.pid()).expect("it runs");
    assert!(peak < BOUND, "{peak} bytes");
    peer.finish_sending();
    let finished = client.finish();
    finished.expect_code(3);
    assert!(finished.stdout == [text, b"\n"].concat(), "{} bytes", finished.stdout.len());
}

#[test]
fn a_million_acknowledgements_that_are_not_due_are_text() {
    let surplus = b"OK".repeat(1_000_000);
    flood(&surplus, &surplus);
}

#[test]
fn a_million_probes_are_no_text_and_cost_no_memory() {
    flood(&b"HeartBeat".repeat(1_000_000), b"");
}

#[test]
fn a_server_that_asks_without_end_and_acknowledges_nothing_is_answered_no_more() {
    let (mut client, mut peer) = connected(&["--idle", "1h"]);
    for _ in 0..1024 {
        peer.ask(b"HeartBeat", b"HeartBeat");
    }
    peer.send(b"HeartBeat");
    client.wait_for("the server's probe not answered: 1024 acknowledgements are due");

    // Those that come late are acknowledgements still, and not text.
    peer.send(&b"OK".repeat(1024));
    peer.ask(b"HeartBeat", b"HeartBeat");
    client.close_stdin();
    drop(peer);
    assert_eq!(client.finish().stdout, b"");
}

#[test]
fn a_million_nuls_are_text() {
    flood(&vec![0; 1_000_000], &vec![0; 1_000_000]);
}

#[test]
fn an_echo_without_an_end_is_printed_in_constant_memory() {
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
        client.signal(Signal::SIGINT);
        client.finish().expect_code(130);
        // The kernel of a client that has gone may keep the window closed for a minute.
        let _ = peer.stream().shutdown(Shutdown::Both);
        flooding.join().expect("a flood ends");
    }
}
