//! From what the kernel knows to what is wrong: the network, the host, or the service.
//!
//! The application's heartbeat alone cannot tell them apart: it knows only that no answer came.
//! The kernel knows whether the peer's kernel still acknowledges.
//!
//! The rule is pure: it has no socket and no clock.

use std::{fmt, time::Duration};

use crate::{
    kernel::{Evidence, GaveUp},
    words::{Count, Seconds},
};

/// A host counts as gone after this many unanswered attempts (retransmissions or keepalive
/// probes). Each retransmission waits twice as long as the one before, so a path that is taken
/// for dead by mistake must have become many times slower.
const ATTEMPTS: u8 = 2;

/// The same for probes of a closed window. Linux answers at most two per second
/// (`tcp_invalid_ratelimit`), so a host that is up may leave the first two unanswered.
const WINDOW_PROBES: u8 = 3;

/// A host that is up answers a probe of its closed window within this time, even if it left the
/// first one unanswered.
const PROBE_ANSWER: Duration = Duration::from_secs(2);

/// An acknowledgement that came this long after the last byte answers something else than that
/// byte: an acknowledgement may be delayed by up to 200 ms (RFC 9293 allows 500).
const MARGIN: Duration = Duration::from_millis(250);

/// What the evidence says about a peer from which nothing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its kernel acknowledged all, and did so after the silence began: the service is silent.
    ServiceSilent,
    /// Its kernel answers and has no room left: the service does not read.
    NotReading,
    /// Its kernel does not answer: the network or the host is down.
    HostSilent,
    /// Nothing is on its way and nothing came: its kernel was asked nothing.
    NothingAsked,
    /// Bytes are on their way, but not for long enough to tell a slow path from a dead one.
    Undecided,
}

impl Cause {
    /// The cause as the word that the log's field `finding` holds.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceSilent => "service_silent",
            Self::NotReading => "not_reading",
            Self::HostSilent => "host_silent",
            Self::NothingAsked => "nothing_asked",
            Self::Undecided => "undecided",
        }
    }
}

/// A cause, and the evidence for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub cause: Cause,
    /// What the kernel knew.
    pub evidence: Evidence,
}

impl Finding {
    /// What `evidence` says about a peer from which no byte has come for `silence`.
    pub fn new(evidence: Evidence, silence: Duration) -> Self {
        Self { cause: cause(evidence, silence), evidence }
    }

    /// The finding in half a line, for while the silence lasts.
    pub fn so_far(&self) -> String {
        let Evidence { in_flight, unsent, last_ack, retransmissions, .. } = self.evidence;
        match self.cause {
            Cause::ServiceSilent => {
                format!("the peer's kernel acknowledged all, {} ago", Seconds(last_ack))
            }
            Cause::NotReading => format!("the peer's window is closed, {}", waiting(unsent)),
            Cause::NothingAsked => "the peer's kernel was not asked anything".to_owned(),
            Cause::HostSilent | Cause::Undecided => format!(
                "{} unacknowledged, {}",
                Count(in_flight + unsent, "byte"),
                Count(retransmissions.into(), "retransmission"),
            ),
        }
    }
}

fn cause(evidence: Evidence, silence: Duration) -> Cause {
    let Evidence { in_flight, unsent, window, last_ack, retransmissions, unanswered_probes } =
        evidence;
    let window_is_closed = unsent > 0 && (window == 0 || in_flight == 0);
    if in_flight == 0 && unsent == 0 {
        match last_ack + MARGIN < silence {
            // Only the end of our stream can be retransmitted here; the rest are keepalive probes.
            _ if retransmissions.max(unanswered_probes) >= ATTEMPTS => Cause::HostSilent,
            true => Cause::ServiceSilent,
            false => Cause::NothingAsked,
        }
    } else if window_is_closed {
        match (unanswered_probes, retransmissions) {
            (WINDOW_PROBES.., _) => Cause::HostSilent,
            (ATTEMPTS.., _) if last_ack > PROBE_ANSWER => Cause::HostSilent,
            (1.., _) if last_ack > PROBE_ANSWER => Cause::Undecided,
            (_, ATTEMPTS..) => Cause::Undecided,
            _ => Cause::NotReading,
        }
    } else if retransmissions >= ATTEMPTS {
        Cause::HostSilent
    } else {
        Cause::Undecided
    }
}

/// The finding as the reason for an end: the evidence, then the cause.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence { in_flight, unsent, last_ack, retransmissions, unanswered_probes, .. } =
            self.evidence;
        let (ago, bytes) = (Seconds(last_ack), in_flight + unsent);
        match self.cause {
            Cause::ServiceSilent => write!(
                f,
                "the peer's kernel acknowledged everything we sent (last {ago} ago): \
                 the host is up, the service is not answering"
            ),
            Cause::NotReading => write!(
                f,
                "the peer's window is closed and {} (its kernel answered {ago} ago): \
                 the host is up, the service is not reading",
                waiting(unsent)
            ),
            Cause::HostSilent if bytes == 0 => write!(
                f,
                "the peer's kernel has been silent for {ago}, {} unanswered: \
                 the network or the host is down",
                match retransmissions {
                    0 => Count(unanswered_probes.into(), "keepalive probe"),
                    _ => Count(retransmissions.into(), "retransmission"),
                }
            ),
            Cause::HostSilent => write!(
                f,
                "{} unacknowledged by the peer's kernel, silent for {ago}, {}: \
                 the network or the host is down",
                are(bytes),
                Count(u64::from(retransmissions.max(unanswered_probes)), "retransmission")
            ),
            Cause::NothingAsked => write!(
                f,
                "the peer's kernel acknowledged everything we sent (last {ago} ago), and was asked \
                 nothing since: it cannot be told whether the service, the host or the network is down"
            ),
            Cause::Undecided => write!(
                f,
                "{} unacknowledged by the peer's kernel, silent for {ago}, {} so far: \
                 it cannot be told yet whether the path is slow or dead",
                are(bytes),
                Count(retransmissions.into(), "retransmission")
            ),
        }
    }
}

/// A connection that our kernel declared dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// The kernel's verdict.
    pub verdict: GaveUp,
    /// What the kernel knew then, where it can be asked.
    pub evidence: Option<Evidence>,
}

impl Lost {
    /// What is wrong, if the verdict says it. A reset says nothing about its cause.
    pub fn finding(&self) -> Option<Finding> {
        let evidence = self.evidence?;
        // A user timeout also ends a connection whose window stays closed although the host is up.
        let cause = match (self.verdict, cause(evidence, Duration::MAX)) {
            (GaveUp::Reset, _) => return None,
            (GaveUp::TimedOut, Cause::NotReading) => Cause::NotReading,
            _ => Cause::HostSilent,
        };
        Some(Finding { cause, evidence })
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
                    "{}; {bytes} unacknowledged, its kernel last heard {ago} ago",
                    self.verdict
                )
            }
            (_, None) => self.verdict.fmt(f),
        }
    }
}

fn waiting(bytes: u64) -> String {
    format!("{} {}", Count(bytes, "byte"), if bytes == 1 { "waits" } else { "wait" })
}

fn are(bytes: u64) -> String {
    format!("{} {}", Count(bytes, "byte"), if bytes == 1 { "is" } else { "are" })
}

/// Logs an event with the fields of an `Option<Finding>`: the cause and its evidence.
///
/// `event_with_finding!(info, finding, { event = "name", other = fields }, "message")`
#[macro_export]
macro_rules! event_with_finding {
    ($level:ident, $finding:expr, { $($field:tt)+ }, $($message:tt)+) => {{
        let finding: Option<$crate::diagnosis::Finding> = $finding;
        let evidence = finding.map(|finding| finding.evidence);
        ::tracing::$level!(
            $($field)+,
            finding = finding.map(|finding| finding.cause.name()),
            in_flight = evidence.map(|evidence| evidence.in_flight),
            unsent = evidence.map(|evidence| evidence.unsent),
            window = evidence.map(|evidence| evidence.window),
            last_ack_s = evidence.map(|evidence| evidence.last_ack.as_secs_f64()),
            retransmissions = evidence.map(|evidence| evidence.retransmissions),
            unanswered_probes = evidence.map(|evidence| evidence.unanswered_probes),
            $($message)+
        )
    }};
}
