//! The client's half of the wire: what a server's bytes mean to a client that knows
//! what it sent.

use std::time::Instant;

use common::wire::{Reply, ReplyReader, SentHeartbeat};
use proptest::{collection::vec, prelude::*};

/// What a reader made of a stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    echo: Vec<u8>,
    /// Numbers of the heartbeats that were acknowledged.
    acknowledged: Vec<u32>,
    probes: usize,
}

/// Reads `stream` in pieces of these sizes, over and over. `heartbeats` says after how
/// many lines each was sent; they are numbered from 1.
fn read(stream: &[u8], heartbeats: &[u64], cuts: &[usize]) -> Seen {
    let mut reader = ReplyReader::new(64);
    for (number, &after_lines) in (1..).zip(heartbeats) {
        reader.expect(SentHeartbeat { number: Some(number), after_lines, at: Instant::now() });
    }
    let mut seen = Seen::default();
    let mut rest = stream;
    for &cut in cuts.iter().cycle() {
        let space = reader.space();
        let length = cut.min(rest.len()).min(space.len());
        let (piece, later) = rest.split_at(length);
        space[..length].copy_from_slice(piece);
        rest = later;
        let echo = reader.take(length, |reply| match reply {
            Reply::Acknowledgement(heartbeat) => seen.acknowledged.extend(heartbeat.number),
            Reply::Probe => seen.probes += 1,
        });
        seen.echo.extend_from_slice(echo);
        if rest.is_empty() {
            break;
        }
    }
    seen.echo.extend_from_slice(reader.finish());
    assert_eq!(reader.bytes(), seen.echo.len() as u64);
    let newlines = seen.echo.iter().filter(|&&byte| byte == b'\n').count();
    assert_eq!(reader.lines(), newlines as u64);
    seen
}

fn check(stream: &[u8], heartbeats: &[u64], echo: &[u8], acknowledged: &[u32], probes: usize) {
    let expected = Seen { echo: echo.to_vec(), acknowledged: acknowledged.to_vec(), probes };
    for cut in 1..=stream.len().max(1) {
        let seen = read(stream, heartbeats, &[cut]);
        assert_eq!(seen, expected, "{} cut to {cut}", stream.escape_ascii());
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
    check(b"HeartBeatOK", &[0], b"", &[1], 1);
    check(b"OKHeartBeat", &[0], b"", &[1], 1);
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

fn said() -> impl Strategy<Value = Said> {
    let tricky = prop_oneof![
        Just(b"OK".to_vec()),
        Just(b"HEARTBEAT".to_vec()),
        Just(b"\0RTBEAT".to_vec()),
        Just(b"\0".to_vec()),
        Just(Vec::new()),
        vec(any::<u8>(), 0..100),
        (0..9_usize).prop_map(|length| b"HEARTBEAT"[..length].to_vec()),
    ];
    let forms: &'static [&'static [u8]] = &[b"OK", b"OK\0rtBeat", b"HEARTBEAT"];
    prop_oneof![
        4 => tricky.prop_map(|line| {
            let text = line.into_iter().filter(|&byte| byte != b'\n').chain(*b"\n");
            Said::Line(text.collect::<Vec<u8>>().to_ascii_uppercase())
        }),
        3 => prop::sample::select(forms).prop_map(Said::Heartbeat),
        1 => Just(Said::Probe),
    ]
}

proptest! {
    #[test]
    fn any_cut_of_any_conversation_is_understood(
        conversation in vec(said(), 0..20),
        cuts in vec(1..70_usize, 1..20),
    ) {
        let (mut stream, mut sent_after, mut lines) = (Vec::new(), Vec::new(), 0);
        let mut expected = Seen::default();
        for said in conversation {
            match said {
                Said::Line(line) => {
                    stream.extend_from_slice(&line);
                    expected.echo.extend_from_slice(&line);
                    lines += 1;
                }
                Said::Heartbeat(form) => {
                    stream.extend_from_slice(form);
                    sent_after.push(lines);
                    expected.acknowledged.push(u32::try_from(sent_after.len()).unwrap());
                }
                Said::Probe => {
                    stream.extend_from_slice(b"HeartBeat");
                    expected.probes += 1;
                }
            }
        }
        prop_assert_eq!(read(&stream, &sent_after, &cuts), expected);
    }
}
