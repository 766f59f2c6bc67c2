//! Random bytes from either side, made from a seed. The right answer to them is known all the
//! same, and none of them drives a terminal through the log.
#![cfg(target_os = "linux")]

use std::{
    env,
    io::Write as _,
    net::{Shutdown, TcpStream},
    thread,
};

use fastrand::Rng;
use tests::{
    binaries::{Server, command},
    log::Line,
    peer::{Listener, Peer},
    program::Program,
};

/// Messages of one conversation.
const MESSAGES: u64 = 3000;

/// Bytes that the garbage contains more often than chance would have it.
const SPECIAL: [&[u8]; 10] = [
    b"HeartBeat",
    b"HeartBea",
    b"HEARTBEAT",
    b"OK",
    b"OK\0rtBeat",
    b"\x10",
    b"\x1b[2J\x1b]0;owned\x07",
    b"\xc2\x9b31m",
    b"\xe2\x80\xae",
    b"\r\x08\x7f\0",
];

/// The environment variable that makes the garbage of an earlier run again.
const SEED: &str = "GARBAGE_SEED";

/// Prints the seed, which a failed test shows.
fn random() -> Rng {
    let given = env::var(SEED).ok().map(|seed| seed.parse().expect("a seed is a number"));
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("{SEED}={seed}");
    Rng::with_seed(seed)
}

/// A line without its newline.
fn garbage(random: &mut Rng) -> Vec<u8> {
    let mut line = Vec::new();
    for _ in 0..random.u8(..40) {
        if random.bool() {
            line.extend_from_slice(SPECIAL[random.usize(..SPECIAL.len())]);
        } else {
            line.push(random.u8(..));
        }
    }
    // A newline would end the line. In the log, U+FFFD would look like bytes that are no text.
    line.retain(|&byte| byte != b'\n' && byte != 0xbd);
    line
}

/// Sends all bytes in pieces of random lengths.
fn send(random: &mut Rng, mut stream: &TcpStream, mut bytes: &[u8]) {
    stream.set_nodelay(true).expect("a stream takes TCP_NODELAY");
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(random.usize(1..=3000).min(bytes.len()));
        stream.write_all(piece).expect("the other end reads");
        bytes = rest;
    }
}

/// Requests to a server, and its replies to them.
fn requests(random: &mut Rng) -> (Vec<u8>, Vec<u8>) {
    let (mut requests, mut replies) = (Vec::new(), Vec::new());
    for _ in 0..MESSAGES {
        let line = [&garbage(random)[..], b"\n"].concat();
        let is_text = !line.starts_with(b"\x10") && !line.starts_with(b"HeartBeat");
        if random.u8(..4) == 0 {
            requests.extend_from_slice(b"HeartBeat");
            replies.extend_from_slice(b"OK");
        }
        if !is_text || random.u8(..4) == 0 {
            requests.push(0x10);
        }
        requests.extend_from_slice(&line);
        replies.extend_from_slice(&line.to_ascii_uppercase());
    }
    (requests, replies)
}

/// Lines that a client sends, and what comes back: their echo, with probes in it.
fn lines_and_replies(random: &mut Rng) -> (Vec<u8>, Vec<u8>) {
    let (mut lines, mut replies) = (Vec::new(), Vec::new());
    for _ in 0..MESSAGES {
        let line = [&garbage(random)[..], b"\n"].concat();
        if random.u8(..20) == 0 {
            replies.extend_from_slice(b"HeartBeat");
        }
        replies.extend_from_slice(&line.to_ascii_uppercase());
        lines.extend_from_slice(&line);
    }
    (lines, replies)
}

/// Checks that the lines are text, and that no character moves the cursor or changes the direction
/// of writing.
#[track_caller]
fn expect_harmless(lines: &[Line]) {
    let turns = |char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for Line { text, .. } in lines {
        let harmless = |char: char| !char.is_control() && !turns(char) && char != '\u{fffd}';
        assert!(text.chars().all(harmless), "not escaped: {}", text.escape_debug());
        assert!(!text.contains("panicked at"), "{text}");
    }
}

/// Both forms of the log must be harmless.
const FORMS: [[&str; 2]; 2] = [["--log", "text"], ["--log", "json"]];

#[test]
fn a_server_answers_garbage_correctly_and_logs_it_as_text() {
    let mut random = random();
    for form in FORMS {
        let mut command = command("server").expect("the server builds");
        command.args(["--listen", "127.0.0.1:0", "-v"]).args(form);
        let server = Server::from_command(&mut command).expect("the server starts");
        for _ in 0..5 {
            let (requests, replies) = requests(&mut random);
            let mut peer = Peer::connect(&server.address);
            let sender = peer.stream().try_clone().expect("a descriptor is left");
            let received = thread::scope(|scope| {
                scope.spawn(|| {
                    send(&mut random, &sender, &requests);
                    sender.shutdown(Shutdown::Write).expect("the connection stands");
                });
                peer.read_to_end()
            });
            let (length, expected) = (received.len(), replies.len());
            assert!(received == replies, "{length} bytes are not the {expected} of the reply");
        }
        Peer::connect(&server.address).ask(b"hello\nHeartBeat", b"HELLO\nOK");
        let finished = server.stop().expect("the server ends");
        finished.expect_code(0);
        expect_harmless(&finished.lines);
        assert!(finished.log().contains(r"\u{1b}[2J"), "the garbage was not logged");
    }
}

/// A client without heartbeats whose log has this form, and its server.
fn client_without_heartbeats(form: &[&str]) -> (Program, Peer) {
    let listener = Listener::bind();
    let mut command = command("client").expect("the client builds");
    command.args(["--server", &listener.address(), "-v", "--idle", "1h"]).args(form);
    let client = Program::start(&mut command).expect("the client starts");
    (client, listener.accept())
}

#[test]
fn a_client_prints_garbage_unchanged_and_logs_none_of_it() {
    let mut random = random();
    for form in FORMS {
        let (mut client, mut peer) = client_without_heartbeats(&form[..]);
        let (lines, replies) = lines_and_replies(&mut random);
        client.type_in(&lines).expect("the client takes input");
        let mut block = [0; 16384];
        let mut sent = 0;
        while sent < lines.len() {
            sent += peer.read(&mut block); // with the escapes it may be more
        }
        send(&mut random, peer.stream(), &replies);
        peer.finish_sending();
        let finished = client.finish().expect("the client ends");
        finished.expect_code(3);
        assert!(finished.stdout == lines.to_ascii_uppercase(), "the echo was changed");
        expect_harmless(&finished.lines);
    }
}

#[test]
fn garbage_that_was_not_due_is_not_printed_and_is_harmless_in_the_log() {
    let mut random = random();
    for form in FORMS {
        let (client, peer) = client_without_heartbeats(&form[..]);
        let mut line = b"\x1b[2J\x1b]0;owned\x07".to_vec();
        line.extend(garbage(&mut random));
        let _ = peer.stream().write_all(&line); // the client may have ended already
        let finished = client.finish().expect("the client ends");
        finished.expect_code(1);
        assert_eq!(finished.stdout, b"");
        expect_harmless(&finished.lines);
        assert!(finished.log().contains(r"\u{1b}[2J") || finished.log().contains(r"\\u{1b}[2J"));
    }
}
