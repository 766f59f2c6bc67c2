//! Detection from the server's side: it asks, and drops whoever does not answer.

use tests::{
    binaries::{Server, client},
    peer::{Listener, Peer},
};

#[test]
fn a_client_that_only_answers_probes_lives() {
    let mut server = Server::start(&["--timeout", "2s", "--probe", "500ms"]);
    let mut client = client(&server.address, &["--idle", "1h"]);
    for _ in 0..12 {
        server.program.wait_for("conn-1 probe sent");
        client.wait_for("the server's probe answered with a heartbeat");
        server.program.wait_for("conn-1 heartbeat");
    }
    client.finish_with("still here\n", b"STILL HERE\n");
}

#[test]
fn a_client_that_knows_keepalive_alone_answers_probes_too() {
    let mut server = Server::start(&["--timeout", "2s", "--probe", "400ms"]);
    let mut client = client(&server.address, &["--detect", "keepalive"]);
    for _ in 0..8 {
        client.wait_for("the server's probe answered with a heartbeat");
        server.program.wait_for("conn-1 heartbeat");
    }
}

#[test]
fn a_client_that_answers_no_probe_is_evicted_and_the_line_says_so() {
    let mut server = Server::start(&["--timeout", "1500ms", "--probe", "500ms"]);
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"hello\n", b"HELLO\n");
    peer.expect(b"HeartBeat");
    assert_eq!(peer.read_to_end(), b"", "one probe for each silence");
    let line = server.program.wait_for("conn-1 evicted: silent for ");
    assert!(line.contains("s, and the probe went unanswered"), "{line}");
    // Our kernel acknowledged the probe, in the middle of the silence.
    #[cfg(target_os = "linux")]
    assert!(line.contains("; its host still acknowledges (last "), "{line}");
}

#[test]
fn any_byte_cancels_a_probe_and_the_next_silence_has_its_own() {
    let server = Server::start(&["--timeout", "1h", "--probe", "300ms"]);
    let mut peer = Peer::connect(&server.address);
    for _ in 0..3 {
        peer.expect(b"HeartBeat");
        peer.ask(b"a word\n", b"A WORD\n");
    }
}

#[test]
fn a_probe_never_lands_within_an_echo() {
    let mut server = Server::start(&["--timeout", "1s", "--probe", "200ms"]);
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"half a line", b"HALF A LINE");
    assert_eq!(peer.read_to_end(), b"");
    let line = server.program.wait_for("conn-1 ");
    assert!(line.contains("connected"), "{line}");
    let line = server.program.wait_for("conn-1 ");
    assert!(line.contains("evicted") && !line.contains("probe"), "{line}");
}

#[test]
fn a_client_whose_window_is_full_delays_no_others_probe_or_eviction() {
    let mut server = Server::start(&["--timeout", "3s", "--probe", "500ms"]);
    let deaf = Peer::connect(&server.address);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut stream = deaf.stream();
            while std::io::Write::write_all(&mut stream, &[b'x'; 8192]).is_ok() {}
        });
        // The deaf one blocks its own thread until it is evicted; meanwhile:
        let mut lively = Peer::connect(&server.address);
        lively.ask(b"hello\n", b"HELLO\n");
        lively.expect(b"HeartBeat");
        lively.ask(b"HeartBeat", b"OK");
        let mut silent = Peer::connect(&server.address);
        silent.expect(b"HeartBeat");
        assert_eq!(silent.read_to_end(), b"");
        let line = server.program.wait_for("not reading our replies");
        assert!(line.contains("conn-1 evicted: "), "{line}");
    });
}

#[test]
fn a_probe_from_a_server_is_no_echo() {
    let listener = Listener::bind();
    let mut client = client(&listener.address(), &["--idle", "1h"]);
    let mut peer = listener.accept();
    client.type_in("hello\n");
    peer.expect(b"hello\n");
    peer.send(b"HELLO\nHeartBeat");
    peer.expect(b"HeartBeat");
    peer.send(b"OK");
    client.close_stdin();
    let _ = peer.read_to_end();
    drop(peer);
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"HELLO\n");
}
