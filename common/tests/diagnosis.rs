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

const UP: &str = "the host is up";
const DOWN: &str = "the network or the host is down";
const UNKNOWN: &str = "it cannot be told";

#[test]
fn a_hung_service_shows_by_a_kernel_that_still_acknowledges() {
    check(evidence((0, 0, 65_536), 500, (0, 0)), 3000, Cause::ServiceSilent, UP);
    check(evidence((0, 0, 65_483), 5000, (0, 0)), 55_000, Cause::ServiceSilent, UP);
    // The first probe of keepalive is on its way.
    check(evidence((0, 0, 65_483), 1000, (0, 1)), 3000, Cause::ServiceSilent, UP);
}

#[test]
fn a_service_that_does_not_read_shows_by_its_closed_window() {
    check(evidence((0, 3_676_211, 0), 1032, (0, 1)), 1500, Cause::NotReading, UP);
    check(evidence((0, 3_676_211, 0), 228, (0, 0)), 2000, Cause::NotReading, UP);
    check(evidence((0, 3_676_211, 0), 1228, (0, 0)), 3000, Cause::NotReading, UP);
    // A window too small for a segment is as good as closed.
    check(evidence((0, 3_804_160, 1200), 536, (0, 1)), 1312, Cause::NotReading, UP);
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
fn after_a_cut_has_healed_the_host_counts_as_up() {
    check(evidence((0, 0, 65_536), 1000, (0, 0)), 2000, Cause::ServiceSilent, UP);
}

#[test]
fn a_kernel_that_was_asked_nothing_tells_nothing() {
    // Healthy and idle: the last acknowledgement came with the last byte.
    check(evidence((0, 0, 65_536), 3000, (0, 0)), 3000, Cause::NothingAsked, UNKNOWN);
    check(evidence((0, 0, 65_536), 2960, (0, 0)), 3000, Cause::NothingAsked, UNKNOWN);
}

#[test]
fn the_words_contain_the_figures() {
    let cut = Finding::new(evidence((9, 18, 65_483), 31_200, (6, 0)), Duration::from_secs(31));
    assert_eq!(
        cut.to_string(),
        "27 bytes are unacknowledged by the peer's kernel, silent for 31.2s, 6 retransmissions: \
         the network or the host is down"
    );
    assert_eq!(cut.so_far(), "27 bytes unacknowledged, 6 retransmissions");
    let hung = Finding::new(evidence((0, 0, 65_483), 400, (0, 0)), Duration::from_secs(55));
    assert_eq!(hung.so_far(), "the peer's kernel acknowledged all, 0.4s ago");
}

#[test]
fn the_words_name_what_went_unanswered() {
    let said = |evidence| Finding::new(evidence, Duration::from_secs(5)).to_string();
    let bytes = said(evidence((9, 0, 65_483), 3100, (4, 0)));
    assert!(bytes.starts_with("9 bytes are unacknowledged"), "{bytes}");
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
    assert!(timed_out.ends_with("; 27 bytes unacknowledged, its kernel last heard 5.1s ago"));

    // The user timeout ends a connection whose window stays closed.
    let not_read = lost(GaveUp::TimedOut, full);
    assert!(not_read.contains(UP) && not_read.contains("not reading"), "{not_read}");
    // After a reset nothing is said about reading.
    let reset = lost(GaveUp::Reset, full);
    assert!(reset.contains("it was reset") && !reset.contains(UP), "{reset}");
    assert!(lost(GaveUp::HostUnreachable, None).contains("no route to host"));
    assert!(lost(GaveUp::NetworkUnreachable, None).contains("network cannot be reached"));
}
