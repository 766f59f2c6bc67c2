//! The words for each end, and for the rule's verdict.

use std::time::Duration;

use client::{
    ending::{Ending, Unanswered},
    liveness::Silence,
    outgoing::{NotSent, Sent},
    report::{Figures, Report},
    servers::Trouble,
    unanswered::{Amount, WrongReply},
};
use common::{
    diagnosis::{Finding, Lost},
    kernel::{Evidence, GaveUp},
};

const SILENT: Duration = Duration::from_secs(3);

/// Another end that acknowledged everything after the silence began.
const ACKNOWLEDGES: Evidence = Evidence {
    in_flight: 0,
    unsent: 0,
    window: 65_483,
    last_ack: Duration::from_millis(400),
    retransmissions: 0,
    unanswered_probes: 0,
};

/// The verdict after a silence with three heartbeats.
fn verdict(unsent: u32, not_sent: Option<NotSent>, evidence: Option<Evidence>) -> Unanswered {
    Unanswered {
        silence: Silence { lasted: SILENT, heartbeats: 3, late: Duration::ZERO },
        unsent,
        not_sent,
        never_heard: false,
        finding: evidence.map(|evidence| Finding::new(evidence, SILENT)),
    }
}

fn said(unanswered: Unanswered) -> String {
    Ending::Unanswered(unanswered).to_string()
}

#[test]
fn heartbeats_that_could_not_be_sent_are_not_called_unanswered() {
    assert_eq!(said(verdict(0, None, None)), "no byte for 3.0s, 3 heartbeats unanswered");
    assert_eq!(
        said(verdict(2, Some(NotSent::Blocked), None)),
        "no byte for 3.0s, 1 heartbeat unanswered, 2 heartbeats could not be sent \
         (what was sent before is still waiting)"
    );
    let none_sent = verdict(3, Some(NotSent::HalfLine), None);
    assert!(!said(none_sent).contains("unanswered"), "{}", said(none_sent));
    assert_eq!(none_sent.unanswered(), 0);
}

#[test]
fn a_service_that_got_no_heartbeat_is_not_said_to_be_silent() {
    let asked = said(verdict(0, None, Some(ACKNOWLEDGES)));
    assert!(asked.contains("the service behind it is not answering"), "{asked}");
    let not_asked = said(verdict(3, Some(NotSent::HalfLine), Some(ACKNOWLEDGES)));
    assert!(not_asked.contains("still acknowledges"), "{not_asked}");
    assert!(!not_asked.contains("service"), "{not_asked}");
    // The last lines are a question, too.
    let last_replies = said(verdict(3, Some(NotSent::Closed), Some(ACKNOWLEDGES)));
    assert!(
        last_replies.contains(" while the end of the server's stream was due; "),
        "{last_replies}"
    );
    assert!(last_replies.contains("the service behind it is not answering"), "{last_replies}");
}

#[test]
fn a_server_that_never_said_a_byte_is_doubted_only_where_something_answers() {
    let doubt = "no byte ever came: check that an echo server listens there";
    let never_heard = |evidence| Unanswered { never_heard: true, ..verdict(0, None, evidence) };
    for evidence in [None, Some(ACKNOWLEDGES)] {
        let said = said(never_heard(evidence));
        assert!(said.ends_with(doubt), "{said}");
    }
    let is_cut = Evidence { in_flight: 27, retransmissions: 6, ..ACKNOWLEDGES };
    let cut = said(never_heard(Some(is_cut)));
    assert!(!cut.contains(doubt), "{cut}");
}

#[test]
fn each_way_in_which_the_kernel_ends_a_connection_has_its_reason() {
    for (verdict, reason) in [
        (GaveUp::TimedOut, "gave_up"),
        (GaveUp::HostUnreachable, "gave_up"),
        (GaveUp::NetworkUnreachable, "gave_up"),
        (GaveUp::Reset, "reset"),
        (GaveUp::Aborted, "aborted"),
        (GaveUp::Broken, "gave_up"),
    ] {
        let ending = Ending::Lost(Lost { verdict, evidence: None });
        assert_eq!((ending.reason(), ending.exit_code()), (reason, 5), "{ending}");
    }
}

#[test]
fn an_end_from_outside_is_not_blamed_on_the_server() {
    assert_eq!(
        Ending::ServerClosed.to_string(),
        "the connection was closed from the server's side"
    );
    let another_way = if cfg!(windows) { "Ctrl-Break" } else { "SIGTERM" };
    assert!(Ending::Interrupted.to_string().contains(another_way), "Ctrl-C is only one of them");
    assert_eq!(Ending::OutputClosed.to_string(), "done: the reader of our output has gone");
}

fn report(ending: Ending, lines_unanswered: u64, kept: Option<Amount>) -> Report {
    let sent = Sent { lines: 4, heartbeats: 0 };
    let again = Amount { lines: 2, bytes: 20 };
    let figures = Figures { connections: 2, sent, again, ..Figures::default() };
    Report { ending, figures, lines_unanswered, kept }
}

#[test]
fn the_last_line_counts_what_was_not_answered() {
    assert_eq!(
        report(Ending::ServerClosed, 2, None).last_line(),
        "the connection was closed from the server's side; 2 lines were sent and not answered"
    );
    let kept = Amount { lines: 3, bytes: 57 };
    let gave_up = Ending::GaveUp { after: Duration::from_mins(10), attempts: 24, code: 5 };
    assert_eq!(
        report(gave_up, 2, Some(kept)).last_line(),
        "gave up after 10m and 24 attempts; 3 lines (57 bytes) were not answered"
    );
}

#[test]
fn lines_that_were_sent_twice_count_once() {
    assert_eq!(
        report(Ending::Complete, 0, Some(Amount::default())).to_string(),
        "2 lines sent, 2 answered; 0 heartbeats sent, 0 answered; \
         2 connections, 2 lines (20 bytes) sent again, down for 0.0s"
    );
}

/// What is tried after each end, as the table in docs/reconnect.md says.
#[test]
fn each_end_says_what_to_try_next() {
    let lost = |verdict| Ending::Lost(Lost { verdict, evidence: None });
    let full = Evidence { unsent: 100, window: 0, ..ACKNOWLEDGES };
    let cut = Evidence { in_flight: 27, retransmissions: 6, ..ACKNOWLEDGES };
    let slow = Evidence { in_flight: 27, retransmissions: 1, ..ACKNOWLEDGES };
    let no_way = Evidence { unsent: 100, ..ACKNOWLEDGES };
    let unanswered = |evidence| Ending::Unanswered(verdict(0, None, Some(evidence)));
    let unproven = |evidence| {
        Ending::Unanswered(Unanswered { never_heard: true, ..verdict(0, None, evidence) })
    };
    for (ending, trouble) in [
        (Ending::ServerClosed, Some(Trouble::Ended)),
        (lost(GaveUp::Reset), Some(Trouble::Ended)),
        (lost(GaveUp::Aborted), Some(Trouble::Ended)),
        (lost(GaveUp::TimedOut), Some(Trouble::Unreachable)),
        (lost(GaveUp::Broken), Some(Trouble::Ended)),
        (lost(GaveUp::HostUnreachable), Some(Trouble::Unreachable)),
        (lost(GaveUp::NetworkUnreachable), Some(Trouble::Unreachable)),
        (
            Ending::Lost(Lost { verdict: GaveUp::TimedOut, evidence: Some(full) }),
            Some(Trouble::Hung),
        ),
        (unanswered(ACKNOWLEDGES), Some(Trouble::Hung)),
        (unanswered(full), Some(Trouble::Hung)),
        (unanswered(cut), Some(Trouble::Unreachable)),
        (unanswered(slow), Some(Trouble::Unreachable)),
        (unanswered(no_way), Some(Trouble::Offline)),
        (Ending::Unanswered(verdict(0, None, None)), Some(Trouble::Unreachable)),
        (unproven(None), Some(Trouble::Hung)),
        (unproven(Some(slow)), Some(Trouble::Hung)),
        (unproven(Some(cut)), Some(Trouble::Unreachable)),
        (Ending::Interrupted, None),
        (Ending::OutputClosed, None),
    ] {
        assert_eq!(ending.trouble(), trouble, "{ending}");
    }
}

#[test]
fn a_wrong_reply_is_told_with_what_came_and_what_was_due() {
    let wrong = |came: &[u8], due: &[u8]| {
        let (came, due) = (came.to_vec(), due.to_vec());
        Ending::WrongReply(WrongReply { right: 0, all_right: 0, came, due }).to_string()
    };
    assert_eq!(
        wrong(b"HTTP/1.1 400 Bad Request\r\n", b"HI\n"),
        "this is not the echo server that this client is for: \
         it sent \"HTTP/1.1 400 Bad Request\\r\\n\" where \"HI\\n\" was due"
    );
    assert!(wrong(b"220 hello\r\n", b"").ends_with("where nothing was due"));
}
