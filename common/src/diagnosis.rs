//! From what the kernel knows to what is wrong: the network, the other end, or the service.
//!
//! The application's heartbeat alone cannot tell them apart: it knows only that no answer came.
//! The kernel knows whether the other end of the TCP connection still acknowledges. That other
//! end is the peer's host, or a proxy before it. The kernel knows nothing of what lies behind a
//! proxy, so no sentence here claims that the peer's host is up.
//!
//! The sentences are in `words.rs`. The rule is pure: it has no socket and no clock.
//!
//! The article has no listing for this. It says only that heartbeat and keepalive together tell a
//! failed network from a failed service.

mod words;

use std::time::Duration;

use crate::kernel::{Evidence, GaveUp};

/// The other end counts as gone after this many unanswered attempts (retransmissions or keepalive
/// probes). Each retransmission waits twice as long as the one before, so a path that is taken
/// for dead by mistake must have become many times slower.
const ATTEMPTS: u8 = 2;

/// The same for probes of a closed window. Linux answers at most two per second
/// (`tcp_invalid_ratelimit`), so a host that works may leave the first two unanswered.
const WINDOW_PROBES: u8 = 3;

/// A host that works answers a probe of its closed window within this time, even if it left the
/// first one unanswered.
const PROBE_ANSWER: Duration = Duration::from_secs(2);

/// An acknowledgement that came this long after the last byte answers something else than that
/// byte: an acknowledgement may be delayed by up to 200 ms (RFC 9293 allows 500).
const MARGIN: Duration = Duration::from_millis(250);

/// What the evidence says about a peer from which nothing has come. "The other end" is the other
/// end of the TCP connection: the peer's host, or a proxy before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The other end acknowledged all, and did so after the silence began: the service is silent.
    ServiceSilent,
    /// The other end answers and has no room left: the program there does not read.
    NotReading,
    /// The other end does not answer. The network, the host there or a proxy may be down, or
    /// something on the way drops the segments.
    HostSilent,
    /// Bytes wait in this host although the other end has room for them: this host cannot send.
    NotSent,
    /// Nothing is on its way and nothing came: the other end was asked nothing.
    NothingAsked,
    /// Something is on its way, but not for long enough to tell a slow path from a dead one.
    Undecided,
}

impl Cause {
    /// The cause as the word that the log's field `finding` holds.
    pub fn name(self) -> &'static str {
        match self {
            Self::ServiceSilent => "service_silent",
            Self::NotReading => "not_reading",
            Self::HostSilent => "host_silent",
            Self::NotSent => "not_sent",
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
}

fn cause(evidence: Evidence, silence: Duration) -> Cause {
    let Evidence { in_flight, unsent, window, last_ack, retransmissions, unanswered_probes } =
        evidence;
    // A window that has room for some of the bytes, but for no whole segment, is as good as closed.
    let window_is_closed =
        unsent > 0 && (window == 0 || in_flight == 0 && u64::from(window) < unsent);
    if in_flight == 0 && unsent == 0 {
        // Only the end of our stream can be retransmitted here; the rest are keepalive probes.
        match (retransmissions.max(unanswered_probes), last_ack + MARGIN < silence) {
            (ATTEMPTS.., _) => Cause::HostSilent,
            (_, true) => Cause::ServiceSilent,
            (1.., false) => Cause::Undecided,
            (0, false) => Cause::NothingAsked,
        }
    } else if window_is_closed {
        match (unanswered_probes, retransmissions) {
            (WINDOW_PROBES.., _) => Cause::HostSilent,
            (ATTEMPTS.., _) if last_ack > PROBE_ANSWER => Cause::HostSilent,
            (1.., _) if last_ack > PROBE_ANSWER => Cause::Undecided,
            (_, ATTEMPTS..) => Cause::Undecided,
            _ => Cause::NotReading,
        }
    } else if in_flight == 0 {
        Cause::NotSent
    } else if retransmissions >= ATTEMPTS {
        Cause::HostSilent
    } else {
        Cause::Undecided
    }
}

/// A connection that our kernel ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Why the kernel ended it.
    pub verdict: GaveUp,
    /// What the kernel knew then, where it can be asked.
    pub evidence: Option<Evidence>,
}

impl Lost {
    /// What is wrong, if the verdict says it. A reset, and an end by this host, say nothing about
    /// the cause.
    pub fn finding(&self) -> Option<Finding> {
        let evidence = self.evidence?;
        // A user timeout also ends a connection whose window stays closed.
        let cause = match (self.verdict, cause(evidence, Duration::MAX)) {
            (GaveUp::Reset | GaveUp::Aborted, _) => return None,
            (GaveUp::TimedOut, Cause::NotReading) => Cause::NotReading,
            _ => Cause::HostSilent,
        };
        Some(Finding { cause, evidence })
    }
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
