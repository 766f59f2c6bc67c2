//! Detection from the server's side: it probes silent clients, and evicts those that do not answer.

use tests::{
    binaries::{Server, client, client_of_peer},
    event::{Event, any, conn},
    peer::Peer,
};

fn server(timeout: &str, probe: &str) -> Server {
    Server::start(&["--timeout", timeout, "--probe", probe]).expect("the server starts")
}

#[test]
fn a_client_that_only_answers_probes_lives() {
    let mut server = server("2s", "500ms");
    let mut client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    for _ in 0..12 {
        server.program.wait_for("probe_sent", conn(1)).expect("the server sends a probe");
        client.wait_for("probe_answered", any).expect("the client answers the probe");
        server.program.wait_for("heartbeat", conn(1)).expect("the server reads the answer");
    }
    client.finish_with("still here\n", b"STILL HERE\n");
}

#[test]
fn probes_that_come_faster_than_they_may_be_answered_are_answered_later() {
    let server = server("3s", "1ms");
    let mut client = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    for _ in 0..200 {
        client.wait_for("probe_answered", any).expect("the client answers the probe");
    }
    client.finish_with("still here\n", b"STILL HERE\n");
}

#[test]
fn a_client_that_relies_on_keepalive_answers_probes_too() {
    let mut server = server("2s", "400ms");
    let mut client =
        client(&server.address, &["--detect", "keepalive"]).expect("the client connects");
    for _ in 0..8 {
        client.wait_for("probe_answered", any).expect("the client answers the probe");
        server.program.wait_for("heartbeat", conn(1)).expect("the server reads the answer");
    }
}

#[test]
fn a_client_that_answers_no_probe_is_evicted_and_the_event_says_so() {
    let mut server = server("1500ms", "500ms");
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"hello\n", b"HELLO\n");
    peer.expect(b"HeartBeat");
    assert_eq!(peer.read_to_end(), b"", "a silence gets one probe");
    let ended = server.program.wait_for("ended", conn(1)).expect("the connection ends");
    assert_eq!(ended.reason(), "silent", "{ended}");
    assert_eq!(ended.bool("probed"), Some(true), "{ended}");
    // Our kernel acknowledged the probe in the middle of the silence.
    ended.expect_finding("service_silent");
}

#[test]
fn any_byte_answers_a_probe_and_the_next_silence_gets_its_own() {
    let server = server("1h", "300ms");
    let mut peer = Peer::connect(&server.address);
    for _ in 0..3 {
        peer.expect(b"HeartBeat");
        peer.ask(b"a word\n", b"A WORD\n");
    }
}

#[test]
fn a_probe_is_never_sent_within_an_echo() {
    let mut server = server("4s", "2s");
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"half a line", b"HALF A LINE");
    assert_eq!(peer.read_to_end(), b"", "no probe comes before the end of the stream");
    let is_about_it = |event: &Event| event.name() != "connected" && event.u64("conn") == Some(1);
    let ended = server.program.wait_for_any(is_about_it).expect("the connection ends");
    assert_eq!(ended.name(), "ended", "a probe was sent: {ended}");
    assert_ne!(ended.bool("probed"), Some(true), "{ended}");
}

#[test]
fn a_client_with_a_full_window_delays_no_other_probe_or_eviction() {
    let mut server = server("3s", "500ms");
    let deaf = Peer::connect(&server.address);
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    std::thread::scope(|scope| {
        // The deaf client blocks its own thread until it is evicted.
        scope.spawn(|| deaf.fill(None));
        let mut lively = Peer::connect(&server.address);
        lively.ask(b"hello\n", b"HELLO\n");
        lively.expect(b"HeartBeat");
        lively.ask(b"HeartBeat", b"OK");
        let mut silent = Peer::connect(&server.address);
        silent.expect(b"HeartBeat");
        assert_eq!(silent.read_to_end(), b"", "the silent client is evicted");
        let ended = server.program.wait_for("ended", conn(1)).expect("the deaf client's end");
        ended.expect_not_reading();
    });
}

#[test]
fn a_probe_is_not_printed_as_echo() {
    let (mut client, mut peer) = client_of_peer(&["--idle", "1h"]).expect("the client connects");
    client.type_in("hello\n").expect("the client takes input");
    peer.expect(b"hello\n");
    peer.send(b"HELLO\nHeartBeat");
    peer.expect(b"HeartBeat");
    peer.send(b"OK");
    peer.close_after(client, b"HELLO\n");
}
