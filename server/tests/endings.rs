//! The words for each end, and the totals by reason.

use std::{io, time::Duration};

use common::{
    diagnosis::{Finding, Lost},
    kernel::{Evidence, GaveUp},
};
use server::{
    ending::{Ending, Eviction},
    totals::{Totals, Traffic},
};

const EVIDENCE: Evidence = Evidence {
    in_flight: 27,
    unsent: 100,
    window: 0,
    last_ack: Duration::from_millis(400),
    retransmissions: 6,
    probes: 0,
};

fn evicted(finding: Option<Finding>, blocked: bool, probed: bool) -> Ending {
    let silent = Duration::from_mins(1);
    Ending::Evicted(Eviction { silent, blocked, probed, finding })
}

#[test]
fn each_end_has_its_words_and_its_place_in_the_totals() {
    let reset = Lost { verdict: GaveUp::Reset, evidence: None };
    let timed_out = Lost { verdict: GaveUp::TimedOut, evidence: None };
    let cases = [
        (Ending::ClosedByClient, "closed by the client", "closed by the client"),
        (evicted(None, false, false), "evicted: silent for 60.0s", "evicted for silence"),
        (evicted(None, true, false), "60.0s, not reading our replies", "evicted for not reading"),
        (evicted(None, false, true), ", and the probe went unanswered", "evicted for silence"),
        (
            evicted(Some(Finding::ServiceSilent(EVIDENCE)), false, false),
            "; its host still acknowledges (last 0.4s ago)",
            "evicted for silence",
        ),
        (
            evicted(Some(Finding::NothingAsked(EVIDENCE)), false, false),
            "; its host has been silent too",
            "evicted for silence",
        ),
        (
            evicted(Some(Finding::NotReading(EVIDENCE)), false, false),
            ", not reading our replies; the peer's window is closed and 100 bytes wait",
            "evicted for not reading",
        ),
        (
            evicted(Some(Finding::HostSilent(EVIDENCE)), true, false),
            "; 127 bytes are unacknowledged by the peer's kernel",
            "evicted with their hosts gone",
        ),
        (Ending::Lost(reset), "lost: the host no longer knows this connection", "reset"),
        (Ending::Lost(timed_out), "lost: the kernel gave up", "given up by the kernel"),
        (Ending::ServerStopped, "the server is stopping", "ended by the stop"),
        (Ending::Failed(io::Error::other("why")), "failed: why", "failed"),
        (Ending::Panicked, "panicked", "panicked"),
    ];
    let mut totals = Totals::default();
    for (ending, words, reason) in &cases {
        assert!(ending.to_string().contains(words), "{ending}");
        assert_eq!(&ending.reason(), reason);
        totals.add(ending, Traffic { heartbeats: 1, bytes_in: 9, bytes_out: 2 });
    }
    assert_eq!(
        totals.to_string(),
        "13 connections served, 7 evicted, 13 heartbeats, 117 bytes in, 26 out; \
         1 closed by the client, 1 ended by the stop, 2 evicted for not reading, \
         4 evicted for silence, 1 evicted with their hosts gone, 1 failed, \
         1 given up by the kernel, 1 panicked, 1 reset"
    );
}
