//! The server's half of the wire: what a client's bytes are answered with.

use common::wire::{Escaper, RequestReader};
use plain::{arrival::Arrival, requests};
use proptest::{collection::vec, prelude::*};

mod plain {
    pub(crate) mod arrival;
    pub(crate) mod requests;
}

fn check_each(cases: &[(&[u8], &[u8])]) {
    for &(input, replies) in cases {
        for cut in (1..).take(input.len().max(1)) {
            let arrival = Arrival { capacity: 64, cuts: &[cut] };
            let answered = requests::read(input, arrival);
            assert_eq!(answered.replies, replies, "{} cut to {cut}", input.escape_ascii());
        }
    }
}

#[test]
fn each_message_has_its_answer() {
    check_each(&[
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
    ]);
}

#[test]
fn an_ambiguous_line_has_one_meaning() {
    check_each(&[
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
    ]);
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

proptest! {
    #[test]
    fn any_cut_gives_the_replies_of_the_plain_reference(
        capacity_high in prop_oneof![Just(0), 0..9_u8],
        front in vec(prop_oneof![0..4_u8, any::<u8>()], 0..18),
        stream in vec(piece(), 0..100).prop_map(|pieces| pieces.concat()),
    ) {
        requests::check(&[&[capacity_high], &front[..], &stream].concat());
    }
}

#[test]
fn a_plain_line_is_not_escaped() {
    let mut escaper = Escaper::default();
    assert_eq!(&*escaper.escape(b"Hello\nHeart\nOK\n"), b"Hello\nHeart\nOK\n");
    assert_eq!(&*escaper.escape(b"HeartBeats\n"), b"\x10HeartBeats\n");
    assert_eq!(&*escaper.escape(b"no HeartBeat\n"), b"no HeartBeat\n");
}

#[test]
fn room_grows_with_the_reads_that_fill_it_and_no_further() {
    let mut reader = RequestReader::new(5000);
    let mut room_after = |received: usize| {
        reader.space()[..received].fill(b'x');
        reader.answer(received, |_| ());
        reader.space().len()
    };
    assert_eq!(room_after(511), 512, "a read that leaves room");
    assert_eq!(room_after(512), 4096);
    assert_eq!(room_after(9), 4096, "it is kept");
    assert_eq!(room_after(4096), 5000);
    assert_eq!(room_after(5000), 5000);
}
