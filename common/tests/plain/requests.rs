//! Client → server, the plain way: the whole stream at hand, message by message, as the
//! table of the wire says it. The server's reader is held against it.

use std::io::Read;

use common::wire::{Escaper, Request, RequestReader};

use super::arrival::Arrival;

/// What the server makes of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) replies: Vec<u8>,
    /// What was shown as text, one piece behind the other.
    pub(crate) text: Vec<u8>,
    /// After how many bytes of text each heartbeat came.
    pub(crate) heartbeats: Vec<usize>,
    /// The bytes at the end that only the end made text.
    pub(crate) held_back: usize,
    /// Whether a probe could have followed.
    pub(crate) at_boundary: bool,
}

/// What a fuzzer's bytes stand for: an arrival, then the stream. Also takes the stream
/// for a text, which has to come through whole once it was escaped.
pub(crate) fn check(bytes: &[u8]) {
    let (arrival, stream) = Arrival::split_from(bytes);
    let shown = stream.escape_ascii();
    assert_eq!(read(stream, arrival), reference(stream), "{shown}, {arrival:?}");

    let (wire, escaper) = escape(stream, arrival);
    let echoed_whole = Answered {
        replies: stream.to_ascii_uppercase(),
        text: stream.to_vec(),
        heartbeats: Vec::new(),
        held_back: 0,
        at_boundary: stream.is_empty() || stream.ends_with(b"\n"),
    };
    assert_eq!(read(&wire, arrival), echoed_whole, "{shown}, escaped, {arrival:?}");
    assert_eq!(escaper.at_boundary(), echoed_whole.at_boundary, "{shown}");
    assert_eq!(escaper.bytes(), stream.len() as u64, "{shown}");
    let newlines = stream.iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(escaper.lines(), newlines as u64, "{shown}");
}

/// By the reader.
pub(crate) fn read(stream: &[u8], arrival: Arrival<'_>) -> Answered {
    let mut reader = RequestReader::new(arrival.capacity);
    let mut pieces = arrival.of(stream);
    let mut answered = Answered::default();
    let (text, heartbeats) = (&mut answered.text, &mut answered.heartbeats);
    let mut seen = |request: Request<'_>| match request {
        Request::Heartbeat => heartbeats.push(text.len()),
        Request::Text(piece) => text.extend_from_slice(piece),
    };
    loop {
        let received = pieces.read(reader.space()).expect("memory can be read");
        if received == 0 {
            break;
        }
        answered.replies.extend_from_slice(reader.answer(received, &mut seen));
    }
    answered.at_boundary = reader.at_boundary();
    let held_back = reader.finish(&mut seen);
    answered.held_back = held_back.len();
    answered.replies.extend_from_slice(held_back);
    answered
}

/// By the table.
fn reference(mut rest: &[u8]) -> Answered {
    let mut answered = Answered { at_boundary: true, ..Answered::default() };
    while !rest.is_empty() {
        if let Some(behind) = rest.strip_prefix(b"HeartBeat") {
            answered.replies.extend(b"OK");
            answered.heartbeats.push(answered.text.len());
            rest = behind;
            continue;
        }
        if b"HeartBeat".starts_with(rest) {
            answered.held_back = rest.len();
        }
        let line = rest.strip_prefix(b"\x10").unwrap_or(rest);
        let end = line.iter().position(|&byte| byte == b'\n').map_or(line.len(), |at| at + 1);
        answered.replies.extend(line[..end].to_ascii_uppercase());
        answered.text.extend(&line[..end]);
        answered.at_boundary = line[..end].ends_with(b"\n") || answered.held_back > 0;
        rest = &line[end..];
    }
    answered
}

/// The wire of a text that is escaped piece by piece.
fn escape(text: &[u8], arrival: Arrival<'_>) -> (Vec<u8>, Escaper) {
    let mut escaper = Escaper::default();
    let mut pieces = arrival.of(text);
    let (mut wire, mut piece) = (Vec::new(), [0; 1000]);
    loop {
        let received = pieces.read(&mut piece).expect("memory can be read");
        if received == 0 {
            return (wire, escaper);
        }
        wire.extend_from_slice(&escaper.escape(&piece[..received]));
    }
}
