//! What a client of a soak sends and must get back, and the checks that it does.

use std::{
    io::{self, Read as _},
    iter,
    net::TcpStream,
};

use fastrand::Rng;

use super::Account;

/// What a client sends, and what must come back.
#[derive(Default)]
pub(super) struct Script {
    pub(super) request: Vec<u8>,
    pub(super) reply: Vec<u8>,
    pub(super) lines: u64,
    pub(super) heartbeats: u64,
}

impl Script {
    pub(super) fn random(random: &mut Rng, messages: usize) -> Self {
        let mut script = Self::default();
        for _ in 0..random.usize(1..=messages) {
            match random.u8(..4) {
                0 => script.heartbeat(),
                1 => {
                    script.request.push(b'\x10');
                    script.line(b"HeartBeat and \x10 as text");
                }
                _ => {
                    let length = random.usize(..300);
                    let text: Vec<u8> =
                        iter::repeat_with(|| random.lowercase() as u8).take(length).collect();
                    script.line(&text);
                }
            }
        }
        script
    }

    pub(super) fn heartbeat(&mut self) {
        self.request.extend(b"HeartBeat");
        self.reply.extend(b"OK");
        self.heartbeats += 1;
    }

    pub(super) fn line(&mut self, text: &[u8]) {
        self.request.extend(text);
        self.request.push(b'\n');
        self.reply.extend(text.to_ascii_uppercase());
        self.reply.push(b'\n');
        self.lines += 1;
    }

    /// The account of a client that got every reply.
    pub(super) fn answered(&self) -> Account {
        Account {
            connections: 1,
            echoed: self.lines,
            heartbeats: self.heartbeats,
            sent: self.request.len() as u64,
            received: self.reply.len() as u64,
            ..Account::default()
        }
    }
}

/// Reads to the end of the stream, and checks that exactly this reply came.
pub(super) fn expect_all(stream: &mut TcpStream, reply: &[u8]) -> io::Result<()> {
    let mut received = Vec::new();
    stream.read_to_end(&mut received)?;
    check(&received, reply)
}

pub(super) fn check(received: &[u8], expected: &[u8]) -> io::Result<()> {
    if received == expected {
        return Ok(());
    }
    let at = received.iter().zip(expected).take_while(|(one, other)| one == other).count();
    let (came, due) = (received.len(), expected.len());
    Err(io::Error::other(format!("{came} bytes came instead of {due}; they differ at byte {at}")))
}
