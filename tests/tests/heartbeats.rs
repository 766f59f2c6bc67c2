//! A line that lives is kept, a client that is silent is dropped.

use std::{thread, time::Duration};

use tests::{
    binaries::{Server, client},
    peer::{Listener, Peer},
};

/// The figure behind `label` in a log line, in seconds: `silent for 1.5s` is 1.5.
fn seconds(line: &str, label: &str) -> f64 {
    let (_, figure) = line.split_once(label).unwrap_or_else(|| panic!("{label:?} in {line}"));
    let (figure, _) = figure.split_once('s').expect("the figure is in seconds");
    figure.parse().expect("the figure is a number")
}

#[test]
fn heartbeats_keep_a_silent_client_alive_past_several_timeouts() {
    let mut server = Server::start(&["--timeout", "2s"]);
    let mut client = client(&server.address, &["--idle", "400ms", "--retry-interval", "400ms"]);
    for _ in 0..16 {
        client.wait_for("heartbeat 1 answered in ");
        server.program.wait_for("conn-1 heartbeat");
    }
    client.type_in("still here\n");
    client.close_stdin();
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"STILL HERE\n");
    assert!(finished.said("round trip min "), "{:?}", finished.log);
}

#[test]
fn an_evicted_client_sees_end_of_stream() {
    let mut server = Server::start(&["--timeout", "700ms"]);
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"hello\n", b"HELLO\n");
    assert_eq!(peer.read_to_end(), b"");
    let line = server.program.wait_for("conn-1 evicted: silent for ");
    assert!(seconds(&line, "silent for ") >= 0.7, "{line}");
}

#[test]
fn a_client_that_never_says_a_word_is_evicted_too() {
    let mut server = Server::start(&["--timeout", "300ms"]);
    let mut peer = Peer::connect(&server.address);
    assert_eq!(peer.read_to_end(), b"");
    server.program.wait_for("conn-1 evicted: silent for ");
}

#[test]
fn a_client_that_drips_a_byte_at_a_time_lives() {
    let server = Server::start(&["--timeout", "2s"]);
    let mut peer = Peer::connect(&server.address);
    for _ in 0..25 {
        peer.ask(b"x", b"X");
        thread::sleep(Duration::from_millis(200)); // the drip is what is tested
    }
    peer.ask(b"\n", b"\n");
}

#[test]
fn the_silent_are_evicted_and_the_others_are_not() {
    let mut server = Server::start(&["--timeout", "2s"]);
    let mut silent = Peer::connect(&server.address);
    server.program.wait_for("conn-1 connected from ");
    let mut lively = client(&server.address, &["--idle", "300ms", "--retry-interval", "300ms"]);
    assert_eq!(silent.read_to_end(), b"");
    server.program.wait_for("conn-1 evicted: silent for ");
    lively.type_in("alive\n");
    lively.close_stdin();
    assert_eq!(lively.finish().stdout, b"ALIVE\n");
}

#[cfg(unix)]
#[test]
fn a_stopped_server_hears_what_was_said_to_it_before_it_evicts() {
    use nix::sys::signal::Signal;

    let mut server = Server::start(&["--timeout", "2s"]);
    let mut silent = Peer::connect(&server.address);
    silent.ask(b"hello\n", b"HELLO\n");
    let mut talkers: Vec<_> = (0..20).map(|_| Peer::connect(&server.address)).collect();
    for peer in &mut talkers {
        peer.ask(b"hello\n", b"HELLO\n");
    }
    server.program.pause();
    for peer in &mut talkers {
        peer.send(b"are you there?\n");
    }
    thread::sleep(Duration::from_secs(4)); // past the time-out
    server.program.signal(Signal::SIGCONT);
    for peer in &mut talkers {
        peer.expect(b"ARE YOU THERE?\n");
    }
    assert_eq!(silent.read_to_end(), b"");
    server.program.wait_for("conn-1 evicted: silent for ");
    // They have been heard; silent from now on, they go the same way.
    for peer in &mut talkers {
        assert_eq!(peer.read_to_end(), b"");
    }
    for _ in 0..talkers.len() {
        server.program.wait_for(" evicted: silent for ");
    }
}

#[test]
fn any_byte_from_the_server_starts_the_silence_over() {
    let listener = Listener::bind();
    let mut client = client(
        &listener.address(),
        &["--stay", "--idle", "500ms", "--retry-interval", "500ms", "--retries", "30"],
    );
    let mut peer = listener.accept();
    for _ in 0..3 {
        // A text byte is as good as an acknowledgement: the next heartbeat is the first.
        client.wait_for("heartbeat 1 sent");
        client.wait_for("heartbeat 2 sent");
        peer.expect(b"HeartBeatHeartBeat");
        peer.send(b"x");
    }
    client.wait_for("heartbeat 1 sent");
}

#[test]
fn this_client_lives_with_the_original_server() {
    let listener = Listener::bind();
    let mut client = client(&listener.address(), &["--idle", "300ms", "--retry-interval", "1h"]);
    let mut peer = listener.accept();
    for acknowledgement in [&b"OK\0rtBeat"[..], b"HEARTBEAT", b"OK\0rtBeat"] {
        peer.expect(b"HeartBeat");
        peer.send(acknowledgement);
        client.wait_for("heartbeat 1 answered in ");
    }
    client.type_in("hello\n");
    peer.expect(b"hello\n");
    peer.send(b"HELLO\n");
    client.close_stdin();
    let _ = peer.read_to_end();
    drop(peer);
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"HELLO\n");
}

#[test]
fn the_original_client_lives_with_this_server() {
    // It takes a heartbeat for answered only if one read brings `OK` and nothing else.
    let server = Server::start(&["--timeout", "2s"]);
    let mut peer = Peer::connect(&server.address);
    for _ in 0..10 {
        peer.send(b"HeartBeat");
        let mut block = [0; 64];
        let count = peer.read(&mut block);
        assert_eq!(&block[..count], b"OK");
        thread::sleep(Duration::from_millis(500)); // its sleep between heartbeats
    }
    peer.ask(b"hello\n", b"HELLO\n");
}
