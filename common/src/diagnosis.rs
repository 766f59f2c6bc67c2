//! From what the kernel knows to what is wrong: the network, the host, or the service.
//!
//! An application's heartbeat alone cannot tell: all it knows is that no answer came. The
//! kernel knows whether the peer's kernel still acknowledges.
//!
//! A pure rule: no socket, no clock.

use std::{fmt, time::Duration};

use crate::{
    console::{Count, Seconds},
    kernel::{Evidence, GaveUp},
};

/// Unanswered attempts (retransmissions, keepalive probes) from which on a host counts as
/// gone. Each retransmission waits twice as long as the one before, so a path must have
/// become many times slower to be taken for dead.
const ATTEMPTS: u8 = 2;

/// As [`ATTEMPTS`], for probes of a closed window: Linux answers no more than two a second
/// (`tcp_invalid_ratelimit`), so the first two may go unanswered by a host that is up.
const WINDOW_PROBES: u8 = 3;

/// Within this time a host that is up answers a probe of its closed window, even if it left
/// the first unanswered.
const PROBE_ANSWER: Duration = Duration::from_secs(2);

/// A sign of life this much later than another is one of its own: an acknowledgement may
/// be delayed by up to 200 ms (RFC 9293 allows 500).
const MARGIN: Duration = Duration::from_millis(250);

/// What is known about a peer from which nothing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// Its kernel acknowledged all, and after the silence began: the service is silent.
    ServiceSilent(Evidence),
    /// Its kernel answers, and has no room left: the service does not read.
    NotReading(Evidence),
    /// Its kernel does not answer: the network or the host is down.
    HostSilent(Evidence),
    /// Nothing is on its way, and nothing came: nobody was asked anything.
    NothingAsked(Evidence),
    /// Bytes are on their way, for not long enough to tell a slow path from a dead one.
    Undecided(Evidence),
}

impl Finding {
    /// What `evidence` says about a peer from which no byte has come for `silence`.
    #[must_use]
    pub fn new(evidence: Evidence, silence: Duration) -> Self {
        let Evidence { in_flight, unsent, window, last_ack, retransmissions, probes } = evidence;
        let window_is_closed = unsent > 0 && (window == 0 || in_flight == 0);
        if in_flight == 0 && unsent == 0 {
            match last_ack + MARGIN < silence {
                // Nothing but the end of our stream can be retransmitted, and keepalive probes.
                _ if retransmissions.max(probes) >= ATTEMPTS => Self::HostSilent(evidence),
                true => Self::ServiceSilent(evidence),
                false => Self::NothingAsked(evidence),
            }
        } else if window_is_closed {
            match (probes, retransmissions) {
                (WINDOW_PROBES.., _) => Self::HostSilent(evidence),
                (ATTEMPTS.., _) if last_ack > PROBE_ANSWER => Self::HostSilent(evidence),
                (1.., _) if last_ack > PROBE_ANSWER => Self::Undecided(evidence),
                (_, ATTEMPTS..) => Self::Undecided(evidence),
                _ => Self::NotReading(evidence),
            }
        } else if retransmissions >= ATTEMPTS {
            Self::HostSilent(evidence)
        } else {
            Self::Undecided(evidence)
        }
    }

    /// The finding in half a line, for while the silence lasts.
    #[must_use]
    pub fn so_far(&self) -> String {
        let Evidence { in_flight, unsent, last_ack, retransmissions, .. } = *self.evidence();
        let ago = Seconds(last_ack);
        match self {
            Self::ServiceSilent(_) => format!("the peer's kernel acknowledged all, {ago} ago"),
            Self::NotReading(_) => {
                format!("the peer's window is closed, {} wait", Count(unsent, "byte"))
            }
            Self::NothingAsked(_) => "the peer's kernel was not asked anything".to_owned(),
            Self::HostSilent(_) | Self::Undecided(_) => format!(
                "{} unacknowledged, {}",
                Count(in_flight + unsent, "byte"),
                Count(retransmissions.into(), "retransmission"),
            ),
        }
    }

    fn evidence(&self) -> &Evidence {
        match self {
            Self::ServiceSilent(evidence)
            | Self::NotReading(evidence)
            | Self::HostSilent(evidence)
            | Self::NothingAsked(evidence)
            | Self::Undecided(evidence) => evidence,
        }
    }
}

/// The finding as the reason for an end: the evidence, then the verdict.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Evidence { in_flight, unsent, last_ack, retransmissions, probes, .. } =
            *self.evidence();
        let ago = Seconds(last_ack);
        match self {
            Self::ServiceSilent(_) => write!(
                f,
                "the peer's kernel acknowledged everything we sent (last {ago} ago): \
                 the host is up, the service is not answering"
            ),
            Self::NotReading(_) => write!(
                f,
                "the peer's window is closed and {} wait (its kernel answered {ago} ago): \
                 the host is up, the service is not reading",
                Count(unsent, "byte")
            ),
            Self::HostSilent(_) if in_flight + unsent == 0 => write!(
                f,
                "the peer's kernel has been silent for {ago}, {} unanswered: \
                 the network or the host is down",
                match retransmissions {
                    0 => Count(probes.into(), "keepalive probe"),
                    _ => Count(retransmissions.into(), "retransmission"),
                }
            ),
            Self::HostSilent(_) => write!(
                f,
                "{} unacknowledged by the peer's kernel, silent for {ago}, {}: \
                 the network or the host is down",
                are(in_flight + unsent),
                Count(u64::from(retransmissions.max(probes)), "retransmission")
            ),
            Self::NothingAsked(_) => write!(
                f,
                "the peer's kernel acknowledged everything we sent (last {ago} ago), and was asked \
                 nothing since: it cannot be told whether the service, the host or the network is down"
            ),
            Self::Undecided(_) => write!(
                f,
                "{} unacknowledged by the peer's kernel, silent for {ago}, {} so far: \
                 it cannot be told yet whether the path is slow or dead",
                are(in_flight + unsent),
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
    /// What it knew then, where it can be asked.
    pub evidence: Option<Evidence>,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(evidence) = self.evidence else {
            return self.verdict.fmt(f);
        };
        // A time-out limits how long a window may stay closed, too, by a host that is up.
        let finding = Finding::new(evidence, Duration::MAX);
        if self.verdict == GaveUp::TimedOut && matches!(finding, Finding::NotReading(_)) {
            return write!(f, "the kernel gave up: {finding}");
        }
        let bytes = Count(evidence.in_flight + evidence.unsent, "byte");
        let ago = Seconds(evidence.last_ack);
        write!(f, "{}; {bytes} unacknowledged, its kernel last heard {ago} ago", self.verdict)
    }
}

fn are(bytes: u64) -> String {
    format!("{} {}", Count(bytes, "byte"), if bytes == 1 { "is" } else { "are" })
}
