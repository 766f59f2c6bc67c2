//! The client's half of the wire: what a server's bytes mean to a client that knows
//! what it sent.

use common::wire::{Reply, ReplyReader};
use plain::{
    arrival::Arrival,
    replies::{self, Told, Understood},
};
use proptest::{collection::vec, prelude::*};

mod plain {
    pub(crate) mod arrival;
    pub(crate) mod replies;
}

/// `after_lines` says after how many lines each heartbeat was sent; they are numbered from 1.
fn check(stream: &[u8], after_lines: &[u64], echo: &[u8], acknowledged: &[u32], probes: usize) {
    let heartbeats = replies::sent(after_lines.iter().copied());
    for cut in (1..).take(stream.len().max(1)) {
        let arrival = Arrival { capacity: 64, cuts: &[cut] };
        let understood = replies::read(stream, &heartbeats, Told::BeforeTheStream, arrival);
        let numbers = understood.replies.iter().filter_map(|reply| match reply {
            Reply::Acknowledgement(heartbeat) => heartbeat.number,
            Reply::Probe => None,
        });
        let shown = stream.escape_ascii();
        assert_eq!(numbers.collect::<Vec<_>>(), acknowledged, "{shown} cut to {cut}");
        assert_eq!(understood.replies.len(), acknowledged.len() + probes, "{shown} cut to {cut}");
        assert_eq!(understood.echo, echo, "{shown} cut to {cut}");
    }
}

#[test]
fn ok_is_an_acknowledgement_only_where_one_is_due() {
    check(b"OK", &[0], b"", &[1], 0);
    check(b"OK\n", &[], b"OK\n", &[], 0);
    check(b"OK\nOK", &[1], b"OK\n", &[1], 0);
    check(b"OKOK\n", &[0], b"OK\n", &[1], 0);
    check(b"OKOKOK\nOK", &[0, 0, 1], b"OK\n", &[1, 2, 3], 0);
    check(b"OK\nHELLO\n", &[2], b"OK\nHELLO\n", &[], 0);
    check(b"OK", &[], b"OK", &[], 0);
}

#[test]
fn the_original_servers_acknowledgements_are_taken_where_one_is_due() {
    check(b"OK\0rtBeat", &[0], b"", &[1], 0);
    check(b"OK\0rtBeatOK\0rtBeatHI\n", &[0, 0], b"HI\n", &[1, 2], 0);
    check(b"HI\nHEARTBEAT", &[1], b"HI\n", &[1], 0);
    check(b"HEARTBEATHEARTBEAT\n", &[0], b"HEARTBEAT\n", &[1], 0);
    check(b"HEARTBEAT\n", &[], b"HEARTBEAT\n", &[], 0);
    check(b"HEARTBEAT\n", &[1], b"HEARTBEAT\n", &[], 0);
}

#[test]
fn a_nul_after_an_acknowledgement_is_text_unless_the_original_wrote_it() {
    check(b"OK\0\n", &[0], b"\0\n", &[1], 0);
    check(b"OK\0RTBEAT\n", &[0], b"\0RTBEAT\n", &[1], 0);
    check(b"OK\0", &[0], b"\0", &[1], 0);
    check(b"HEARTBEAT\0rtBeat\n", &[0], b"\0rtBeat\n", &[1], 0);
}

#[test]
fn a_probe_cannot_be_mistaken_for_an_echo() {
    check(b"HeartBeat", &[], b"", &[], 1);
    check(b"HeartBeatHEARTBEAT\n", &[], b"HEARTBEAT\n", &[], 1);
    check(b"HEARTBEAT\nHeartBeatHELLO\n", &[], b"HEARTBEAT\nHELLO\n", &[], 1);
    check(b"OKHeartBeat", &[0], b"", &[1], 1);
}

#[test]
fn the_token_where_an_acknowledgement_is_due_is_one_and_draws_no_answer() {
    check(b"HeartBeat", &[0], b"", &[1], 0);
    check(b"HeartBeatHeartBeatHI\nHeartBeat", &[0, 0, 1], b"HI\n", &[1, 2, 3], 0);
    check(b"HeartBeatHeartBeatHeartBeat", &[0], b"", &[1], 0);
}

#[test]
fn a_probe_that_crosses_a_heartbeat_prints_no_ok() {
    check(b"HeartBeatOK", &[0], b"", &[1], 0);
    check(b"HeartBeatOKOK\n", &[0], b"OK\n", &[1], 0);
    check(b"HeartBeatOKHeartBeat", &[0], b"", &[1], 1);
    check(b"OKHeartBeatOKHI\n", &[0, 0], b"HI\n", &[1, 2], 0);
}

#[test]
fn half_a_heartbeat_that_comes_back_as_text_after_a_probe_is_held_back() {
    let mut reader = ReplyReader::new(64);
    reader.expect(replies::sent([0])[0]);
    let mut take = |input: &[u8]| {
        reader.space()[..input.len()].copy_from_slice(input);
        reader.take(input.len(), |_| ()).to_vec()
    };
    assert_eq!(take(b"HeartBeatHEARTBEA"), b"");
    assert_eq!(take(b"T"), b"");
    assert_eq!(take(b"\n"), b"HEARTBEAT\n");
}

#[test]
fn an_acknowledgement_that_was_passed_over_is_forgotten() {
    check(b"HI\nOK\n", &[0], b"HI\nOK\n", &[], 0);
    check(b"HI\nOK", &[0, 1], b"HI\n", &[2], 0);
}

#[test]
fn an_echo_is_handed_on_as_soon_as_it_is_one() {
    let mut reader = ReplyReader::new(64);
    let mut take = |input: &[u8]| {
        reader.space()[..input.len()].copy_from_slice(input);
        reader.take(input.len(), |_| ()).to_vec()
    };
    assert_eq!(take(b"HE"), b"HE");
    assert_eq!(take(b"LLO\nO"), b"LLO\nO");
    assert_eq!(take(b"K\nH"), b"K\n");
    assert_eq!(take(b"I"), b"HI");
}

#[derive(Debug, Clone)]
enum Said {
    Line(Vec<u8>),
    /// A heartbeat, acknowledged in one of the three forms.
    Heartbeat(&'static [u8]),
    Probe,
}

fn form() -> impl Strategy<Value = &'static [u8]> {
    prop::sample::select(&[b"OK" as &[u8], b"OK\0rtBeat", b"HEARTBEAT"][..])
}

/// A line's text, or nearly a token.
fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"OK".to_vec()),
        Just(b"HEARTBEAT".to_vec()),
        Just(b"\0RTBEAT".to_vec()),
        Just(b"\0".to_vec()),
        Just(Vec::new()),
        vec(any::<u8>(), 0..100),
        (0..9_usize).prop_map(|length| b"HEARTBEAT"[..length].to_vec()),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    prop_oneof![
        4 => text().prop_map(|line| {
            let text = line.into_iter().filter(|&byte| byte != b'\n').chain(*b"\n");
            Said::Line(text.collect::<Vec<u8>>().to_ascii_uppercase())
        }),
        3 => form().prop_map(Said::Heartbeat),
        1 => Just(Said::Probe),
    ]
}

/// What an honest server does not say: tokens anywhere, in pieces, and one behind the other.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => text(),
        3 => form().prop_map(<[u8]>::to_vec),
        2 => Just(b"\n".to_vec()),
        1 => Just(b"\0rtBeat".to_vec()),
        2 => (0..=9_usize).prop_map(|length| b"HeartBeat"[..length].to_vec()),
    ]
}

proptest! {
    #[test]
    fn any_cut_of_any_conversation_is_understood(
        conversation in vec(said(), 0..20),
        cuts in vec(1..70_u8, 1..20),
    ) {
        // A probe among acknowledgements counts as one of them, so it stands where there is none.
        let gaps = conversation.split_inclusive(|said| matches!(said, Said::Line(_)));
        let conversation: Vec<_> = gaps
            .flat_map(|gap| {
                let beats = gap.iter().any(|said| matches!(said, Said::Heartbeat(_)));
                gap.iter().filter(move |said| !(beats && matches!(said, Said::Probe)))
            })
            .collect();
        let (mut stream, mut echo, mut after_lines) = (Vec::new(), Vec::new(), Vec::new());
        let mut lines = 0;
        for said in &conversation {
            match said {
                Said::Line(line) => {
                    stream.extend_from_slice(line);
                    echo.extend_from_slice(line);
                    lines += 1;
                }
                Said::Heartbeat(form) => {
                    stream.extend_from_slice(form);
                    after_lines.push(lines);
                }
                Said::Probe => stream.extend_from_slice(b"HeartBeat"),
            }
        }
        let heartbeats = replies::sent(after_lines);
        let mut answered = heartbeats.iter();
        let replies = conversation.iter().filter_map(|said| match said {
            Said::Line(_) => None,
            Said::Heartbeat(_) => answered.next().copied().map(Reply::Acknowledgement),
            Said::Probe => Some(Reply::Probe),
        });
        let expected = Understood { replies: replies.collect(), echo, held_back: 0 };
        let arrival = Arrival { capacity: 64, cuts: &cuts };
        for told in [Told::BeforeTheStream, Told::JustBeforeItsAnswer] {
            prop_assert_eq!(&replies::read(&stream, &heartbeats, told, arrival), &expected);
        }
    }

    #[test]
    fn any_stream_is_read_as_the_plain_reference_reads_it(
        capacity_high in prop_oneof![Just(0), 0..9_u8],
        front in vec(prop_oneof![0..4_u8, any::<u8>()], 0..34),
        stream in vec(piece(), 0..100).prop_map(|pieces| pieces.concat()),
    ) {
        replies::check(&[&[capacity_high], &front[..], &stream].concat());
    }
}
