//! From evidence to finding, as a table over figures recorded with `client -v` on Linux 6.18.

use std::time::Duration;

use common::{
    diagnosis::{Cause, Finding, Lost},
    kernel::{Evidence, GaveUp},
};

/// Evidence by its figures: bytes in flight and unsent, the window, milliseconds since the
/// last acknowledgement, retransmissions, probes.
fn evidence(
    (in_flight, unsent, window): (u64, u64, u32),
    last_ack: u64,
    (retransmissions, unanswered_probes): (u8, u8),
) -> Evidence {
    let last_ack = Duration::from_millis(last_ack);
    Evidence { in_flight, unsent, window, last_ack, retransmissions, unanswered_probes }
}

#[track_caller]
fn check(evidence: Evidence, silence: u64, cause: Cause, words: &str) {
    let finding = Finding::new(evidence, Duration::from_millis(silence));
    assert_eq!(finding.cause, cause, "{finding}");
    assert!(finding.to_string().contains(words), "{finding}");
}

const SERVICE: &str = "the network to it works, the service behind it is not answering";
const READER: &str =
    "the network to it works, the program there reads nothing, or too little to open it";
const DOWN: &str = "the network or the other end is down, or a firewall or NAT drops the segments";
const UNKNOWN: &str = "it cannot be told";

#[test]
fn a_hung_service_shows_by_another_end_that_still_acknowledges() {
    check(evidence((0, 0, 65_536), 500, (0, 0)), 3000, Cause::ServiceSilent, SERVICE);
    check(evidence((0, 0, 65_483), 5000, (0, 0)), 55_000, Cause::ServiceSilent, SERVICE);
    // The first probe of keepalive is on its way.
    check(evidence((0, 0, 65_483), 1000, (0, 1)), 3000, Cause::ServiceSilent, SERVICE);
}

#[test]
fn a_service_that_does_not_read_shows_by_its_closed_window() {
    check(evidence((0, 3_676_211, 0), 1032, (0, 1)), 1500, Cause::NotReading, READER);
    check(evidence((0, 3_676_211, 0), 228, (0, 0)), 2000, Cause::NotReading, READER);
    check(evidence((0, 3_676_211, 0), 1228, (0, 0)), 3000, Cause::NotReading, READER);
    // A window too small for a segment is as good as closed.
    check(evidence((0, 3_804_160, 1200), 536, (0, 1)), 1312, Cause::NotReading, READER);
}

#[test]
fn a_cut_shows_by_bytes_that_nobody_acknowledges() {
    check(evidence((9, 9, 65_483), 2004, (2, 0)), 2000, Cause::HostSilent, DOWN);
    check(evidence((9, 27, 65_483), 3004, (3, 0)), 3000, Cause::HostSilent, DOWN);
    check(evidence((131_072, 4_059_999, 174_080), 1504, (3, 0)), 1500, Cause::HostSilent, DOWN);
    // It was cut while its window was closed.
    check(evidence((0, 3_796_019, 0), 3528, (0, 3)), 3500, Cause::HostSilent, DOWN);
    check(evidence((0, 3_818_496, 0), 10_240, (0, 2)), 12_000, Cause::HostSilent, DOWN);
    // Only the end of our stream was on its way, or only a keepalive probe.
    check(evidence((0, 0, 65_483), 6000, (4, 0)), 6000, Cause::HostSilent, DOWN);
    check(evidence((0, 0, 65_483), 3000, (0, 2)), 3000, Cause::HostSilent, DOWN);
}

#[test]
fn a_slow_path_is_not_called_dead() {
    check(evidence((9, 0, 65_483), 1504, (1, 0)), 1500, Cause::Undecided, UNKNOWN);
    check(evidence((9, 0, 65_483), 20, (0, 0)), 3000, Cause::Undecided, UNKNOWN);
    // A single probe of a closed window that was answered too late, or not at all.
    check(evidence((0, 3_818_496, 0), 3000, (0, 1)), 5000, Cause::Undecided, UNKNOWN);
    // Retransmitting into a closed window: full, or gone?
    check(evidence((9, 3_000_000, 0), 3000, (2, 0)), 3000, Cause::Undecided, UNKNOWN);
}

#[test]
fn after_a_cut_has_healed_the_network_counts_as_working() {
    check(evidence((0, 0, 65_536), 1000, (0, 0)), 2000, Cause::ServiceSilent, SERVICE);
}

#[test]
fn a_kernel_that_was_asked_nothing_tells_nothing() {
    // Healthy and idle: the last acknowledgement came with the last byte.
    check(evidence((0, 0, 65_536), 3000, (0, 0)), 3000, Cause::NothingAsked, UNKNOWN);
    check(evidence((0, 0, 65_536), 2960, (0, 0)), 3000, Cause::NothingAsked, UNKNOWN);
}

#[test]
fn one_unanswered_keepalive_probe_was_a_question() {
    // "Asked nothing" would be wrong, and one lost probe does not make a dead host.
    let probe = evidence((0, 0, 65_483), 3000, (0, 1));
    check(probe, 3000, Cause::Undecided, "1 keepalive probe unanswered so far: it cannot be told");
    let said = Finding::new(probe, Duration::from_secs(3)).so_far();
    assert_eq!(said, "1 keepalive probe unanswered");
}

#[test]
fn bytes_that_this_host_cannot_send_are_not_called_unread() {
    // Recorded after the route was taken away: the window is open, and nothing is in flight.
    let no_route = evidence((0, 27, 65_536), 2512, (0, 0));
    check(no_route, 2500, Cause::NotSent, "27 bytes wait in this host");
    check(evidence((0, 9, 65_536), 904, (0, 0)), 900, Cause::NotSent, "it may have no route");
}

#[test]
fn no_sentence_claims_that_the_peers_host_is_up_or_answers() {
    // A proxy may be the end that acknowledges.
    for figures in [(0, 0, 65_483), (0, 9, 65_483), (0, 100, 0), (9, 0, 65_483)] {
        for (last_ack, attempts) in [(100, (0, 0)), (5000, (0, 0)), (5000, (3, 0)), (5000, (0, 3))]
        {
            let evidence = evidence(figures, last_ack, attempts);
            let finding = Finding::new(evidence, Duration::from_secs(5));
            let lost = Lost { verdict: GaveUp::TimedOut, evidence: Some(evidence) };
            for said in [finding.to_string(), finding.so_far(), lost.to_string()] {
                assert!(!said.contains("host is up") && !said.contains("peer"), "{said}");
            }
            for said in [finding.to_string(), finding.about_the_connection()] {
                assert!(said.contains("the other end of this TCP connection"), "{said}");
            }
        }
    }
}

#[test]
fn a_service_that_was_not_asked_is_not_said_to_be_silent() {
    let acknowledges = evidence((0, 0, 65_483), 400, (0, 0));
    let finding = Finding::new(acknowledges, Duration::from_mins(1));
    assert_eq!(
        finding.about_the_connection(),
        "the other end of this TCP connection still acknowledges (last 0.4s ago)"
    );
}

#[test]
fn the_words_contain_the_figures() {
    let cut = Finding::new(evidence((9, 18, 65_483), 31_200, (6, 0)), Duration::from_secs(31));
    assert_eq!(
        cut.to_string(),
        format!(
            "27 bytes are not acknowledged by the other end of this TCP connection, \
             silent for 31.2s, 6 retransmissions: {DOWN}"
        )
    );
    assert_eq!(cut.so_far(), "27 bytes not acknowledged, 6 retransmissions");
    let hung = Finding::new(evidence((0, 0, 65_483), 400, (0, 0)), Duration::from_secs(55));
    assert_eq!(hung.so_far(), "the other end acknowledged all, 0.4s ago");
}

#[test]
fn the_words_name_what_went_unanswered() {
    let said = |evidence| Finding::new(evidence, Duration::from_secs(5)).to_string();
    let bytes = said(evidence((9, 0, 65_483), 3100, (4, 0)));
    assert!(bytes.starts_with("9 bytes are not acknowledged"), "{bytes}");
    assert!(bytes.contains(", 4 retransmissions: "), "{bytes}");
    let window = said(evidence((0, 3_796_019, 0), 3528, (0, 3)));
    assert!(window.contains("silent for 3.5s, 3 window probes: "), "{window}");
    let probes = said(evidence((0, 0, 65_483), 3100, (0, 2)));
    assert!(probes.contains("silent for 3.1s, 2 keepalive probes unanswered"), "{probes}");
    let end_of_stream = said(evidence((0, 0, 65_483), 3100, (3, 0)));
    assert!(end_of_stream.contains("silent for 3.1s, 3 retransmissions unanswered"));
}

#[test]
fn a_kernel_that_gave_up_says_why_and_what_it_knew() {
    let full = Some(evidence((0, 3_783_680, 0), 2000, (0, 0)));
    let lost = |verdict, evidence| Lost { verdict, evidence }.to_string();

    let timed_out = lost(GaveUp::TimedOut, Some(evidence((27, 0, 65_483), 5100, (6, 0))));
    assert!(timed_out.contains("timed out") && timed_out.contains(DOWN), "{timed_out}");
    assert!(timed_out.ends_with("; 27 bytes not acknowledged, last acknowledgement 5.1s ago"));

    // The user timeout ends a connection whose window stays closed.
    let not_read = lost(GaveUp::TimedOut, full);
    assert!(not_read.contains(READER), "{not_read}");
    assert!(lost(GaveUp::HostUnreachable, None).contains("no route to host"));
    let no_route = lost(GaveUp::NetworkUnreachable, None);
    assert!(no_route.contains("this host or a router on the way has no route"), "{no_route}");
}

#[test]
fn a_reset_names_each_candidate_and_finds_none() {
    let evidence = Some(evidence((0, 3_783_680, 0), 2000, (0, 0)));
    let reset = Lost { verdict: GaveUp::Reset, evidence };
    assert_eq!(reset.finding(), None, "a closed window did not end the connection");
    let said = reset.to_string();
    for candidate in ["killed", "restarted", "a limit", "an eviction", "NAT", "load balancer"] {
        assert!(said.contains(candidate), "{candidate} is missing: {said}");
    }
    // The reset itself has just been heard.
    assert!(said.ends_with("last acknowledgement 2.0s ago"), "{said}");
}

#[test]
fn a_connection_that_this_host_ended_is_not_said_to_be_the_peers_deed() {
    let full = Some(evidence((0, 3_783_680, 0), 2000, (0, 0)));
    let aborted = Lost { verdict: GaveUp::Aborted, evidence: full };
    assert_eq!(aborted.finding(), None);
    let said = aborted.to_string();
    assert!(said.starts_with("this host ended the connection itself"), "{said}");
    assert!(!said.contains("reset") && !said.contains("other end"), "{said}");
}
