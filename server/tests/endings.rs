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
    let cases = [
        (Ending::ClosedByClient, "closed by the client", "closed_by_client"),
        (evicted(None, false), "evicted: silent for 60.0s", "silent"),
        (evicted(None, true), ", and the probe went unanswered", "silent"),
        (
            evicted(Some(ACKNOWLEDGES), false),
            "; its host still acknowledges (last 0.4s ago)",
            "silent",
        ),
        (evicted(Some(was_not_asked), false), "; its host has been silent too", "silent"),
        (
            evicted(Some(is_not_reading), false),
            ", not reading our replies; the peer's window is closed and 100 bytes wait",
            "not_reading",
        ),
        (
            evicted(Some(Evidence { unsent: 1, ..is_not_reading }), false),
            "the peer's window is closed and 1 byte waits",
            "not_reading",
        ),
        (
            evicted(Some(is_gone), true),
            "; 127 bytes are unacknowledged by the peer's kernel",
            "host_silent",
        ),
        (Ending::Lost(reset), "lost: the host no longer knows this connection", "reset"),
        (Ending::Lost(timed_out), "lost: the kernel gave up", "gave_up"),
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
        "13 connections served, 7 evicted, 13 heartbeats, 117 bytes in, 26 out; \
         1 closed by client, 1 failed, 1 gave up, 1 host silent, 2 not reading, 1 panicked, 1 reset, \
         1 server stopped, 4 silent"
    );
}
