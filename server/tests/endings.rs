//! The words for each end, and the totals by reason.

use std::{io, time::Duration};

use common::{
    diagnosis::Lost,
    kernel::{Evidence, GaveUp},
};
use server::{
    connection::Eviction,
    ending::{Ending, Traffic},
    totals::Totals,
};

const SILENT: Duration = Duration::from_mins(1);

/// A host that acknowledged everything after the silence began.
const ACKNOWLEDGES: Evidence = Evidence {
    in_flight: 0,
    unsent: 0,
    window: 65_483,
    last_ack: Duration::from_millis(400),
    retransmissions: 0,
    unanswered_probes: 0,
};

fn evicted(evidence: Option<Evidence>, probed: bool) -> Ending {
    Ending::Evicted(Eviction { silent: SILENT, evidence, probed })
}

#[test]
fn each_end_has_its_words_and_its_place_in_the_totals() {
    let was_not_asked = Evidence { last_ack: SILENT, ..ACKNOWLEDGES };
    let is_not_reading = Evidence { unsent: 100, window: 0, ..ACKNOWLEDGES };
    let is_gone = Evidence { in_flight: 27, unsent: 100, retransmissions: 6, ..ACKNOWLEDGES };
    let reset = Lost { verdict: GaveUp::Reset, evidence: None };
    let timed_out = Lost { verdict: GaveUp::TimedOut, evidence: None };
    let aborted = Lost { verdict: GaveUp::Aborted, evidence: None };
    let cases = [
        (Ending::ClosedByClient, "closed from the client's side", "closed_by_client"),
        (evicted(None, false), "evicted: silent for 60.0s", "silent"),
        (evicted(None, true), ", and our probe was not answered", "silent"),
        (
            evicted(Some(ACKNOWLEDGES), false),
            "; the other end of this TCP connection still acknowledges (last 0.4s ago)",
            "silent",
        ),
        (
            evicted(Some(ACKNOWLEDGES), true),
            ", and our probe was not answered; the other end of this TCP connection still \
             acknowledges (last 0.4s ago)",
            "silent",
        ),
        (evicted(Some(was_not_asked), false), "this TCP connection was asked nothing", "silent"),
        (
            evicted(Some(is_not_reading), false),
            "; the window of the other end of this TCP connection is closed and 100 bytes wait",
            "not_reading",
        ),
        (
            evicted(Some(Evidence { unsent: 1, ..is_not_reading }), false),
            "is closed and 1 byte waits",
            "not_reading",
        ),
        (
            evicted(Some(is_gone), true),
            "; 127 bytes are not acknowledged by the other end",
            "host_silent",
        ),
        (Ending::Lost(reset), "lost: the connection was reset: the other end was killed", "reset"),
        (Ending::Lost(timed_out), "lost: the kernel gave up", "gave_up"),
        (Ending::Lost(aborted), "lost: this host ended the connection itself", "aborted"),
        (Ending::ServerStopped, "the server is stopping", "server_stopped"),
        (Ending::Failed(io::Error::other("why")), "failed: why", "failed"),
        (Ending::Panicked, "panicked", "panicked"),
    ];
    let mut totals = Totals::default();
    for (ending, words, reason) in &cases {
        assert!(ending.to_string().contains(words), "{ending}");
        assert_eq!(&ending.reason(), reason, "{ending}");
        totals.add(ending, Traffic { heartbeats: 1, bytes_in: 9, bytes_out: 2 });
    }
    assert_eq!(
        totals.to_string(),
        "15 connections served, 8 evicted, 15 heartbeats, 135 bytes in, 30 out; \
         1 aborted, 1 closed by client, 1 failed, 1 gave up, 1 host silent, 2 not reading, 1 panicked, 1 reset, \
         1 server stopped, 5 silent"
    );
}

#[test]
fn a_client_that_leaves_without_a_byte_is_no_loss() {
    let reset = || Ending::Lost(Lost { verdict: GaveUp::Reset, evidence: Some(ACKNOWLEDGES) });
    let nothing = Traffic { bytes_out: 9, ..Traffic::default() };
    let some = Traffic { bytes_in: 1, ..nothing };
    let closed = Ending::ClosedByClient;
    assert_eq!(closed.in_words(nothing), "closed from the client's side without a byte");
    assert_eq!(closed.in_words(some), "closed from the client's side");
    assert_eq!(reset().in_words(nothing), "reset from the client's side before a byte came");
    assert_eq!(reset().in_words(some), reset().to_string());
    let timed_out = Ending::Lost(Lost { verdict: GaveUp::TimedOut, evidence: None });
    assert_eq!(timed_out.in_words(nothing), timed_out.to_string(), "the client did not leave");
}

#[test]
fn a_probe_that_did_not_arrive_is_not_called_unanswered() {
    let probed = |in_flight, unsent| {
        evicted(Some(Evidence { in_flight, unsent, window: 0, ..ACKNOWLEDGES }), true).to_string()
    };
    let waits = probed(0, 9);
    assert!(waits.contains(", and our probe still waits to be sent; "), "{waits}");
    let lost = probed(9, 0);
    assert!(lost.contains(", and our probe was not acknowledged; "), "{lost}");
}

#[test]
fn without_evidence_no_client_is_said_not_to_read() {
    for probed in [false, true] {
        let ending = evicted(None, probed);
        assert_eq!(ending.reason(), "silent");
        assert!(!ending.to_string().contains("reading"), "{ending}");
    }
}
