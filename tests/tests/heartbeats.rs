//! Heartbeats keep a connection alive, and a silent client is evicted.

use std::{thread, time::Duration};

use tests::{
    binaries::{Server, client, client_of_peer},
    event::{Event, conn, retry},
    peer::Peer,
};

fn server(timeout: &str) -> Server {
    Server::start(&["--timeout", timeout]).expect("the server starts")
}

/// Waits until the connection ends, and checks that the client was evicted for its silence.
#[track_caller]
fn expect_eviction(server: &mut Server, number: u64) -> Event {
    let ended = server.program.wait_for("ended", conn(number)).expect("the connection ends");
    assert_eq!(ended.reason(), "silent", "{ended}");
    ended
}

#[test]
fn heartbeats_keep_a_silent_client_alive_past_several_timeouts() {
    let mut server = server("2s");
    let rule = ["--idle", "400ms", "--retry-interval", "400ms"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    for _ in 0..16 {
        client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
        server.program.wait_for("heartbeat", conn(1)).expect("the server reads the heartbeat");
    }
    client.type_in("still here\n").expect("the client takes input");
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"STILL HERE\n");
    let summary = finished.expect_event("summary");
    assert!(summary.u64("heartbeats_answered") >= Some(16), "{summary}");
    assert!(summary.f64("round_trip_min_ms") <= summary.f64("round_trip_avg_ms"), "{summary}");
    assert!(summary.f64("round_trip_avg_ms") <= summary.f64("round_trip_max_ms"), "{summary}");
}

#[test]
fn an_evicted_client_sees_the_end_of_the_stream() {
    let mut server = server("700ms");
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"hello\n", b"HELLO\n");
    assert_eq!(peer.read_to_end(), b"", "the client is evicted");
    let ended = expect_eviction(&mut server, 1);
    assert!(ended.f64("silent_s") >= Some(0.7), "evicted before the timeout: {ended}");
}

#[test]
fn a_client_that_never_sends_a_byte_is_evicted_too() {
    let mut server = server("300ms");
    let mut peer = Peer::connect(&server.address);
    assert_eq!(peer.read_to_end(), b"", "the client is evicted");
    expect_eviction(&mut server, 1);
}

#[test]
fn a_client_that_sends_a_byte_at_a_time_lives() {
    let server = server("2s");
    let mut peer = Peer::connect(&server.address);
    for _ in 0..25 {
        peer.ask(b"x", b"X");
        thread::sleep(Duration::from_millis(200)); // the slow client is what is tested
    }
    peer.ask(b"\n", b"\n");
}

#[test]
fn silent_clients_are_evicted_and_others_are_not() {
    let mut server = server("2s");
    let mut silent = Peer::connect(&server.address);
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    let rule = ["--idle", "300ms", "--retry-interval", "300ms"];
    let lively = client(&server.address, &rule).expect("the client connects");
    assert_eq!(silent.read_to_end(), b"", "the silent client is evicted");
    expect_eviction(&mut server, 1);
    lively.finish_with("alive\n", b"ALIVE\n");
}

#[cfg(unix)]
#[test]
fn a_stopped_server_reads_what_was_sent_to_it_before_it_evicts() {
    use nix::sys::signal::Signal;

    let mut server = server("2s");
    // It says nothing at all: a thread that is stopped between a reply and its next read takes the
    // reply for one that had to wait, and its client lives for one more timeout.
    let mut silent = Peer::connect(&server.address);
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    let mut talkers: Vec<_> = (0..20).map(|_| Peer::connect(&server.address)).collect();
    for peer in &mut talkers {
        peer.send(b"hello\n");
    }
    for peer in &mut talkers {
        peer.expect(b"HELLO\n");
    }
    server.program.pause().expect("the server can be stopped");
    for peer in &mut talkers {
        peer.send(b"are you there?\n");
    }
    thread::sleep(Duration::from_secs(4)); // longer than the timeout
    server.program.signal(Signal::SIGCONT).expect("the server is there");
    for peer in &mut talkers {
        peer.expect(b"ARE YOU THERE?\n");
    }
    assert_eq!(silent.read_to_end(), b"", "the silent client is evicted");
    expect_eviction(&mut server, 1);
    // The others are silent from now on, and are evicted later.
    for peer in &mut talkers {
        assert_eq!(peer.read_to_end(), b"", "the client is evicted");
    }
    for _ in &talkers {
        let ended =
            server.program.wait_for("ended", tests::event::any).expect("each connection ends");
        assert_eq!(ended.reason(), "silent", "{ended}");
    }
}

#[test]
fn any_byte_from_the_server_ends_the_silence() {
    let rule = ["--stay", "--idle", "1s", "--retry-interval", "500ms", "--retries", "30"];
    let (mut client, mut peer) = client_of_peer(&rule).expect("the client connects");
    client.type_in("xxx\n").expect("the client takes input");
    peer.expect(b"xxx\n");
    for _ in 0..3 {
        // Text counts as much as an acknowledgement: the next heartbeat is the first again.
        client.wait_for("heartbeat_sent", retry(0)).expect("the first heartbeat is sent");
        client.wait_for("heartbeat_sent", retry(1)).expect("the second heartbeat is sent");
        peer.expect(b"HeartBeatHeartBeat");
        peer.send(b"X");
    }
    client.wait_for("heartbeat_sent", retry(0)).expect("the first heartbeat is sent");
}

#[test]
fn our_client_understands_the_articles_server() {
    let rule = ["--idle", "300ms", "--retry-interval", "1h"];
    let (mut client, mut peer) = client_of_peer(&rule).expect("the client connects");
    for acknowledgement in [&b"OK\0rtBeat"[..], b"HEARTBEAT"] {
        peer.expect(b"HeartBeat");
        peer.send(acknowledgement);
        client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    }
    peer.expect(b"HeartBeat");
    client.type_in("hello\n").expect("the client takes input");
    peer.expect(b"hello\n"); // while a heartbeat is unanswered, no other one comes
    peer.send(b"OK\0rtBeat");
    client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    peer.send(b"HELLO\n");
    peer.close_after(client, b"HELLO\n");
}

#[test]
fn our_server_understands_the_articles_client() {
    // That client takes a heartbeat for answered only if one read brings `OK` and nothing else.
    let server = server("2s");
    let mut peer = Peer::connect(&server.address);
    for _ in 0..10 {
        peer.send(b"HeartBeat");
        let mut block = [0; 64];
        let count = peer.read(&mut block);
        assert_eq!(&block[..count], b"OK");
        thread::sleep(Duration::from_millis(500)); // that client sleeps between heartbeats
    }
    peer.ask(b"hello\n", b"HELLO\n");
}
