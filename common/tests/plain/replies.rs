//! Server → client, the plain way: the whole stream at hand, token by token and line by
//! line, as the table of the wire says it. The client's reader is held against it, for
//! whatever a server may send.

use std::{io::Read, time::Instant};

use common::wire::{Reply, ReplyReader, SentHeartbeat};

use super::arrival::{Arrival, split_list};

/// What a client makes of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Understood {
    pub(crate) echo: Vec<u8>,
    pub(crate) replies: Vec<Reply>,
    /// The bytes at the end that only the end made echo.
    pub(crate) held_back: usize,
}

/// When the reader is told of a heartbeat.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Told {
    BeforeTheStream,
    /// When nothing stands any more between the reader and the heartbeat's answer.
    JustBeforeItsAnswer,
}

/// What a fuzzer's bytes stand for: an arrival, a list of heartbeats, then the stream.
/// The list says how many lines were sent between each heartbeat and the one before it.
pub(crate) fn check(bytes: &[u8]) {
    let (arrival, rest) = Arrival::split_from(bytes);
    let (lines_between, stream) = split_list(rest);
    let after_lines = lines_between.iter().scan(0, |lines, &more| {
        *lines += u64::from(more);
        Some(*lines)
    });
    let heartbeats = sent(after_lines);
    for told in [Told::BeforeTheStream, Told::JustBeforeItsAnswer] {
        assert_eq!(
            read(stream, &heartbeats, told, arrival),
            reference(stream, &heartbeats),
            "{}, {heartbeats:?} {told:?}, {arrival:?}",
            stream.escape_ascii()
        );
    }
}

/// Heartbeats that were sent after so many lines each, numbered from 1.
pub(crate) fn sent(after_lines: impl IntoIterator<Item = u64>) -> Vec<SentHeartbeat> {
    let at = Instant::now();
    (1..)
        .zip(after_lines)
        .map(|(number, after_lines)| SentHeartbeat { number: Some(number), after_lines, at })
        .collect()
}

/// By the reader, whose counters are checked, too.
pub(crate) fn read(
    stream: &[u8],
    heartbeats: &[SentHeartbeat],
    told: Told,
    arrival: Arrival<'_>,
) -> Understood {
    let mut reader = ReplyReader::new(arrival.capacity);
    let mut pieces = arrival.of(stream);
    let mut understood = Understood::default();
    let mut untold = heartbeats.iter().peekable();
    let mut end = 0;
    // The lines in front of the last byte received: an answer that this byte belongs to,
    // or that is still to come, follows as many lines or more.
    let mut lines_before = 0;
    loop {
        let received = pieces.read(reader.space()).expect("memory can be read");
        if received == 0 {
            break;
        }
        let last = end + received - 1;
        lines_before += newlines(&stream[end.saturating_sub(1)..last]);
        end += received;
        while let Some(&heartbeat) = untold.next_if(|heartbeat| match told {
            Told::BeforeTheStream => true,
            Told::JustBeforeItsAnswer => heartbeat.after_lines <= lines_before,
        }) {
            reader.expect(heartbeat);
        }
        let echo = reader.take(received, |reply| understood.replies.push(reply));
        understood.echo.extend_from_slice(echo);
    }
    let held_back = reader.finish();
    understood.held_back = held_back.len();
    understood.echo.extend_from_slice(held_back);
    assert_eq!(reader.lines(), newlines(&understood.echo));
    understood
}

const PROBE: &[u8] = b"HeartBeat";

const OK: &[u8] = b"OK";

const ECHO: &[u8] = b"HEARTBEAT";

/// This server's acknowledgement, the original's two, and a plain echo's; the longer in front of
/// its beginning.
const ACKNOWLEDGEMENTS: [&[u8]; 4] = [b"OK\0rtBeat", OK, ECHO, PROBE];

/// By the table, and by the ways in which the original server acknowledges.
fn reference(mut rest: &[u8], mut unanswered: &[SentHeartbeat]) -> Understood {
    let mut understood = Understood::default();
    let (mut lines, mut late_oks, mut echoes_tokens) = (0, 0, false);
    while !rest.is_empty() {
        // Answers come in order, so what was sent before an earlier line is passed over.
        while unanswered.first().is_some_and(|heartbeat| heartbeat.after_lines < lines) {
            unanswered = &unanswered[1..];
        }
        let due = unanswered.first().filter(|heartbeat| heartbeat.after_lines == lines);
        let acknowledgements = if due.is_some() { &ACKNOWLEDGEMENTS[..] } else { &[] };
        let may_be_late = due.is_none() && late_oks > 0;
        let late_ok: &[&[u8]] = if may_be_late { &[OK] } else { &[] };
        // Of a heartbeat that was cut short.
        let late_echo: &[&[u8]] = if may_be_late { &[ECHO] } else { &[] };
        if acknowledgements
            .iter()
            .chain([&PROBE])
            .chain(late_ok)
            .chain(late_echo)
            .any(|token| token.starts_with(rest))
        {
            understood.held_back = rest.len();
        }

        let acknowledgement = acknowledgements.iter().find(|token| rest.starts_with(token));
        let length = if let (Some(&heartbeat), Some(token)) = (due, acknowledgement) {
            understood.replies.push(Reply::Acknowledgement(heartbeat));
            unanswered = &unanswered[1..];
            late_oks += u32::from(*token == PROBE);
            echoes_tokens |= *token == PROBE;
            token.len()
        } else if rest.starts_with(PROBE) {
            understood.replies.extend((!echoes_tokens).then_some(Reply::Probe));
            PROBE.len()
        } else if late_ok.iter().any(|ok| rest.starts_with(ok)) {
            late_oks -= 1;
            echoes_tokens = false;
            OK.len()
        } else {
            let newline = rest.iter().position(|&byte| byte == b'\n');
            let length = newline.map_or(rest.len(), |at| at + 1);
            understood.echo.extend(&rest[..length]);
            lines += 1;
            late_oks = 0;
            rest = &rest[length..];
            continue;
        };
        // `OK` is decided even where more of the original's acknowledgement may follow.
        understood.held_back = understood.held_back.saturating_sub(length);
        rest = &rest[length..];
    }
    understood
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|&&byte| byte == b'\n').count() as u64
}
