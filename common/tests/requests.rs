//! The server's half of the wire: what a client's bytes are answered with.

use common::wire::{Escaper, Request, RequestReader};
use proptest::{collection::vec, prelude::*};

/// The replies to `input` when it arrives in pieces of these sizes, over and over.
fn answer(input: &[u8], cuts: &[usize]) -> (Vec<u8>, usize) {
    answer_within(64, input, cuts)
}

/// The same, by a reader that takes up to `capacity` bytes a read.
fn answer_within(capacity: usize, input: &[u8], cuts: &[usize]) -> (Vec<u8>, usize) {
    let mut reader = RequestReader::new(capacity);
    let (mut replies, mut heartbeats, mut rest) = (Vec::new(), 0, input);
    let mut count = |request: Request<'_>| heartbeats += usize::from(request == Request::Heartbeat);
    for &cut in cuts.iter().cycle() {
        let space = reader.space();
        let length = cut.min(rest.len()).min(space.len());
        let (piece, later) = rest.split_at(length);
        space[..length].copy_from_slice(piece);
        rest = later;
        replies.extend_from_slice(reader.answer(length, &mut count));
        if rest.is_empty() {
            break;
        }
    }
    replies.extend_from_slice(reader.finish(&mut count));
    (replies, heartbeats)
}

/// The same, the plain way: the whole input at hand, message by message.
fn reference(mut input: &[u8]) -> (Vec<u8>, usize) {
    let (mut replies, mut heartbeats) = (Vec::new(), 0);
    while !input.is_empty() {
        if let Some(rest) = input.strip_prefix(b"HeartBeat") {
            replies.extend(b"OK");
            heartbeats += 1;
            input = rest;
        } else {
            let line = input.strip_prefix(b"\x10").unwrap_or(input);
            let end = line.iter().position(|&byte| byte == b'\n').map_or(line.len(), |at| at + 1);
            replies.extend(line[..end].to_ascii_uppercase());
            input = &line[end..];
        }
    }
    (replies, heartbeats)
}

#[test]
fn each_message_has_its_answer() {
    let cases: &[(&[u8], &[u8])] = &[
        (b"", b""),
        (b"HeartBeat", b"OK"),
        (b"HeartBeatHeartBeat", b"OKOK"),
        (b"hello\n", b"HELLO\n"),
        (b"hello", b"HELLO"),
        (b"one\ntwo\n", b"ONE\nTWO\n"),
        (b"\n\n", b"\n\n"),
        (b"hello\nHeartBeat", b"HELLO\nOK"),
        (b"HeartBeathello\n", b"OKHELLO\n"),
        (b"half a line HeartBeat\n", b"HALF A LINE HEARTBEAT\n"),
    ];
    for &(input, replies) in cases {
        for cut in 1..=input.len().max(1) {
            assert_eq!(answer(input, &[cut]).0, replies, "{} cut to {cut}", input.escape_ascii());
        }
    }
}

#[test]
fn an_ambiguous_line_has_one_meaning() {
    let cases: &[(&[u8], &[u8])] = &[
        (b"HeartBeat\n", b"OK\n"),
        (b"HeartBeats are fun\n", b"OKS ARE FUN\n"),
        (b"\x10HeartBeat\n", b"HEARTBEAT\n"),
        (b"\x10HeartBeats are fun\n", b"HEARTBEATS ARE FUN\n"),
        (b"\x10\x10\n", b"\x10\n"),
        (b"\x10plain\n", b"PLAIN\n"),
        (b"\x10\n", b"\n"),
        (b"\x10", b""),
        (b"\x10\nHeartBeat", b"\nOK"),
        (b"heartbeat\n", b"HEARTBEAT\n"),
        (b"Heart\nBeat\n", b"HEART\nBEAT\n"),
        (b"HeartBea\n", b"HEARTBEA\n"),
        (b"HeartBea", b"HEARTBEA"),
        (b"OK\nok\n", b"OK\nOK\n"),
        (b"\0\n\0", b"\0\n\0"),
        (b"gr\xc3\xbc\xc3\x9fe \xff\n", b"GR\xc3\xbc\xc3\x9fE \xff\n"),
    ];
    for &(input, replies) in cases {
        for cut in 1..=input.len() {
            assert_eq!(answer(input, &[cut]).0, replies, "{} cut to {cut}", input.escape_ascii());
        }
    }
}

#[test]
fn only_what_may_become_a_heartbeat_is_held_back() {
    let mut reader = RequestReader::new(1000);
    let mut answer = |input: &[u8]| {
        reader.space()[..input.len()].copy_from_slice(input);
        reader.answer(input.len(), |_| ()).to_vec()
    };
    assert_eq!(answer(b"half "), b"HALF ", "half a line is echoed at once");
    assert_eq!(answer(b"a line\nHeartBea"), b"A LINE\n");
    assert_eq!(answer(b"r"), b"HEARTBEAR");
    assert_eq!(answer(b"HeartBeat\nHeartBeat"), b"HEARTBEAT\nOK");
}

/// Pieces that are messages, or nearly.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => Just(b"HeartBeat".to_vec()),
        2 => (0..9_usize).prop_map(|length| b"HeartBeat"[..length].to_vec()),
        2 => Just(b"\n".to_vec()),
        1 => Just(b"\x10".to_vec()),
        1 => Just(b"OK".to_vec()),
        2 => "[a-zA-Z ]{0,20}\n".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..100),
    ]
}

fn input() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_cut_gives_the_replies_of_the_plain_reference(
        input in input(),
        cuts in vec(1..70_usize, 1..20),
        capacity in 10..2000_usize,
    ) {
        prop_assert_eq!(answer_within(capacity, &input, &cuts), reference(&input));
    }

    #[test]
    fn a_reader_that_grows_loses_nothing(
        input in vec(input(), 5..30).prop_map(|inputs| inputs.concat()),
        capacity in 10..3000_usize,
    ) {
        // Every read fills the space there is.
        prop_assert_eq!(answer_within(capacity, &input, &[usize::MAX]), reference(&input));
    }

    #[test]
    fn any_text_that_was_escaped_is_echoed_whole(
        text in input(),
        text_cuts in vec(1..70_usize, 1..20),
        cuts in vec(1..70_usize, 1..20),
    ) {
        let mut escaper = Escaper::default();
        let (mut wire, mut rest) = (Vec::new(), &text[..]);
        for &cut in text_cuts.iter().cycle() {
            let (piece, later) = rest.split_at(cut.min(rest.len()));
            wire.extend_from_slice(&escaper.escape(piece));
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(answer(&wire, &cuts), (text.to_ascii_uppercase(), 0));
        prop_assert_eq!(escaper.bytes(), text.len() as u64);
        let newlines = text.iter().filter(|&&byte| byte == b'\n').count();
        prop_assert_eq!(escaper.lines(), newlines as u64);
        prop_assert_eq!(escaper.at_boundary(), text.is_empty() || text.ends_with(b"\n"));
    }
}

#[test]
fn a_plain_line_is_not_escaped() {
    let mut escaper = Escaper::default();
    assert_eq!(&*escaper.escape(b"Hello\nHeart\nOK\n"), b"Hello\nHeart\nOK\n");
    assert_eq!(&*escaper.escape(b"HeartBeats\n"), b"\x10HeartBeats\n");
    assert_eq!(&*escaper.escape(b"no HeartBeat\n"), b"no HeartBeat\n");
}
