//! Garbage from either side, made from a seed: what the answer to it is, is known all the
//! same, and nothing of it drives a terminal through the log.
#![cfg(target_os = "linux")]

use std::{
    env,
    io::Write as _,
    net::{Shutdown, TcpStream},
    thread,
};

use fastrand::Rng;
use tests::{
    binaries::{Server, client},
    peer::{Listener, Peer},
};

/// Messages of one conversation.
const MESSAGES: u64 = 3000;

/// What is worth being met more often than by chance.
const SPICES: [&[u8]; 10] = [
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

/// Makes the same garbage again.
const SEED: &str = "GARBAGE_SEED";

/// The seed is printed where a test fails.
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
            line.extend_from_slice(SPICES[random.usize(..SPICES.len())]);
        } else {
            line.push(random.u8(..));
        }
    }
    // A newline would end it; and U+FFFD would look like what was no text in the log.
    line.retain(|&byte| byte != b'\n' && byte != 0xbd);
    line
}

/// Sends all of it, cut anyhow.
fn send(random: &mut Rng, mut stream: &TcpStream, mut bytes: &[u8]) {
    stream.set_nodelay(true).expect("it can be set");
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(random.usize(1..=3000).min(bytes.len()));
        stream.write_all(piece).expect("the other end reads");
        bytes = rest;
    }
}

/// What is sent to a server, and what it has to answer.
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

/// What is sent to a client that awaits no acknowledgement, and what is echo of it.
fn replies(random: &mut Rng) -> (Vec<u8>, Vec<u8>) {
    let (mut replies, mut echo) = (Vec::new(), Vec::new());
    for _ in 0..MESSAGES {
        let line = [&garbage(random)[..], b"\n"].concat();
        if random.u8(..20) == 0 {
            replies.extend_from_slice(b"HeartBeat");
        }
        if !line.starts_with(b"HeartBeat") {
            replies.extend_from_slice(&line);
            echo.extend_from_slice(&line);
        }
    }
    (replies, echo)
}

/// Nothing but text, and none of it moves the cursor or turns the direction of writing.
#[track_caller]
fn drives_no_terminal(log: &[String]) {
    let turns = |char| matches!(char, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for line in log {
        let harmless = |char: char| !char.is_control() && !turns(char) && char != '\u{fffd}';
        assert!(line.chars().all(harmless), "{}", line.escape_debug());
        assert!(!line.contains("panicked"), "{line}");
    }
}

#[test]
fn a_server_answers_garbage_by_the_book_and_logs_it_as_text() {
    let server = Server::start(&["-v"]);
    let mut random = random();
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
        assert!(received == replies, "{} bytes, not {}", received.len(), replies.len());
    }
    Peer::connect(&server.address).ask(b"hello\nHeartBeat", b"HELLO\nOK");
    let finished = server.stop();
    finished.expect_code(0);
    drives_no_terminal(&finished.log);
    assert!(finished.said(r"\u{1b}[2J"), "the garbage was logged");
}

#[test]
fn a_client_prints_garbage_as_it_is_and_logs_none_of_it() {
    let mut random = random();
    // The second client awaits acknowledgements all the time. It says no line, so they are due
    // before the first echo, of which it may take the beginning for such, and nowhere else.
    for rule in [&["-v", "--idle", "1h"][..], &["-v", "--idle", "1ms", "--retry-interval", "1h"]] {
        let listener = Listener::bind();
        let client = client(&listener.address(), rule);
        let mut peer = listener.accept();
        let (replies, echo) = replies(&mut random);
        send(&mut random, peer.stream(), &replies);
        peer.finish_sending();
        let answers = peer.read_to_end();
        assert!(answers.starts_with(b"HeartBeat"), "{} bytes", answers.len());
        let finished = client.finish();
        finished.expect_code(3);
        let printed = &finished.stdout;
        let missing = echo.len().checked_sub(printed.len()).expect("no more than the echo");
        let first_line = echo.iter().position(|&byte| byte == b'\n').expect("it has lines");
        let may_miss = if rule.contains(&"1ms") { first_line } else { 0 };
        assert!(echo.ends_with(printed) && missing <= may_miss, "{missing} bytes are missing");
        drives_no_terminal(&finished.log);
    }
    let server = Server::start(&[]);
    client(&server.address, &["-v"]).finish_with("hello\n", b"HELLO\n");
}
