//! How a finding is said: the evidence first, then what follows from it, and no more.

use std::fmt;

use super::{Cause, Finding, Lost};
use crate::{
    kernel::{Evidence, NOTHING_COMES_BACK},
    words::{Count, Seconds},
};

const SLOW_OR_DEAD: &str = "it cannot be told yet whether the path is slow or dead";

impl Finding {
    /// The finding in half a line, for while the silence lasts.
    pub fn so_far(&self) -> String {
        let Evidence { in_flight, unsent, last_ack, .. } = self.evidence;
        match self.cause {
            Cause::ServiceSilent => {
                format!("the other end acknowledged all, {} ago", Seconds(last_ack))
            }
            Cause::NotReading => format!("the other end's window is closed, {}", wait(unsent)),
            Cause::NotSent => format!("{} in this host", wait(unsent)),
            Cause::NothingAsked => "the other end was asked nothing".to_owned(),
            Cause::HostSilent | Cause::Undecided if in_flight + unsent == 0 => {
                format!("{} unanswered", attempts(self.evidence))
            }
            Cause::HostSilent | Cause::Undecided => format!(
                "{} not acknowledged, {}",
                Count(in_flight + unsent, "byte"),
                attempts(self.evidence)
            ),
        }
    }

    /// The finding as the reason for an end, but only about the TCP connection. If the program
    /// itself asked for nothing, it cannot say that the service does not answer: keepalive asks only
    /// the other end of the connection.
    pub fn about_the_connection(&self) -> String {
        match self.cause {
            Cause::ServiceSilent => format!(
                "the other end of this TCP connection still acknowledges (last {} ago)",
                Seconds(self.evidence.last_ack)
            ),
            _ => self.to_string(),
        }
    }
}

/// The finding as the reason for an end: the evidence, then the cause.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence { in_flight, unsent, last_ack, .. } = self.evidence;
        let (ago, bytes, attempts) =
            (Seconds(last_ack), in_flight + unsent, attempts(self.evidence));
        match self.cause {
            Cause::ServiceSilent => write!(
                f,
                "the other end of this TCP connection acknowledged everything (last {ago} ago): \
                 the network to it works, the service behind it is not answering"
            ),
            Cause::NotReading => write!(
                f,
                "the window of the other end of this TCP connection is closed and {} \
                 (last answer {ago} ago): the network to it works, the program there reads nothing, \
                 or too little to open it",
                wait(unsent)
            ),
            Cause::HostSilent if bytes == 0 => write!(
                f,
                "the other end of this TCP connection has been silent for {ago}, \
                 {attempts} unanswered: {NOTHING_COMES_BACK}"
            ),
            Cause::HostSilent => write!(
                f,
                "{} not acknowledged by the other end of this TCP connection, silent for {ago}, \
                 {attempts}: {NOTHING_COMES_BACK}",
                are(bytes)
            ),
            Cause::NotSent => write!(
                f,
                "{} in this host although the other end of this TCP connection has room: \
                 this host cannot send them; it may have no route",
                wait(unsent)
            ),
            Cause::NothingAsked => write!(
                f,
                "the other end of this TCP connection acknowledged everything (last {ago} ago) and \
                 was asked nothing since: it cannot be told whether the service, the host or the \
                 network is down"
            ),
            Cause::Undecided if bytes == 0 => write!(
                f,
                "the other end of this TCP connection has been silent for {ago}, \
                 {attempts} unanswered so far: {SLOW_OR_DEAD}"
            ),
            Cause::Undecided => write!(
                f,
                "{} not acknowledged by the other end of this TCP connection, silent for {ago}, \
                 {attempts} so far: {SLOW_OR_DEAD}",
                are(bytes)
            ),
        }
    }
}

/// What the kernel sent in vain, by its name. It retransmits what is in flight, and otherwise the
/// end of our stream. It probes a closed window only while nothing is in flight, and an idle line
/// only while nothing waits.
fn attempts(evidence: Evidence) -> Count {
    let Evidence { in_flight, unsent, retransmissions, unanswered_probes, .. } = evidence;
    match (in_flight, unsent, retransmissions) {
        (0, 1.., _) => Count(unanswered_probes.into(), "window probe"),
        (0, 0, 0) => Count(unanswered_probes.into(), "keepalive probe"),
        _ => Count(retransmissions.into(), "retransmission"),
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.finding(), self.evidence) {
            (Some(finding), _) if finding.cause == Cause::NotReading => {
                write!(f, "the kernel gave up: {finding}")
            }
            (_, Some(Evidence { in_flight, unsent, last_ack, .. })) => {
                let (bytes, ago) = (Count(in_flight + unsent, "byte"), Seconds(last_ack));
                write!(
                    f,
                    "{}; {bytes} not acknowledged, last acknowledgement {ago} ago",
                    self.verdict
                )
            }
            (_, None) => self.verdict.fmt(f),
        }
    }
}

fn wait(bytes: u64) -> String {
    format!("{} {}", Count(bytes, "byte"), if bytes == 1 { "waits" } else { "wait" })
}

fn are(bytes: u64) -> String {
    format!("{} {}", Count(bytes, "byte"), if bytes == 1 { "is" } else { "are" })
}
