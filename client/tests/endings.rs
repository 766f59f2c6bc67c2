//! The words for each end, and for the rule's verdict.

use std::time::Duration;

use client::{
    activity::RoundTrips,
    ending::{Ending, Unanswered},
    liveness::Silence,
    outgoing::{NotSent, Sent},
    report::{Forwarded, Report},
    unanswered::WrongReply,
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
    assert!(Ending::Interrupted.to_string().contains("SIGTERM"), "Ctrl-C is only one of them");
    assert_eq!(Ending::OutputClosed.to_string(), "done: the reader of our output has gone");
}

fn report(ending: Ending, lines_unanswered: u64) -> Report {
    let sent = Sent { lines: 2, heartbeats: 0 };
    Report { ending, sent, lines_unanswered, round_trips: RoundTrips::default() }
}

#[test]
fn the_last_line_counts_what_was_not_answered() {
    assert_eq!(
        report(Ending::ServerClosed, 2).last_line(),
        "the connection was closed from the server's side; 2 lines were sent and not answered"
    );
}

#[test]
fn a_server_that_answers_all_and_closes_after_the_inputs_end_has_done_what_it_was_asked() {
    let ending = |all_sent, lines_unanswered| {
        Forwarded { ending: Ending::ServerClosed, all_sent }.ending(lines_unanswered).reason()
    };
    assert_eq!(ending(true, 0), "complete");
    assert_eq!(ending(true, 1), "server_closed");
    assert_eq!(ending(false, 0), "server_closed");
}

#[test]
fn a_wrong_reply_is_told_with_what_came_and_what_was_due() {
    let wrong = |came: &[u8], due: &[u8]| {
        let (came, due) = (came.to_vec(), due.to_vec());
        Ending::WrongReply(WrongReply { right: 0, came, due }).to_string()
    };
    assert_eq!(
        wrong(b"HTTP/1.1 400 Bad Request\r\n", b"HI\n"),
        "this is not the echo server that this client is for: \
         it sent \"HTTP/1.1 400 Bad Request\\r\\n\" where \"HI\\n\" was due"
    );
    assert!(wrong(b"220 hello\r\n", b"").ends_with("where nothing was due"));
}
