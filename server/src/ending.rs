//! Why a connection ended: one value, from which its log line and the totals are made.

use std::{fmt, io, time::Duration};

use common::{
    console::Seconds,
    diagnosis::{Finding, Lost},
    kernel::GaveUp,
};

/// The reason for a connection's end.
#[derive(Debug)]
pub enum Ending {
    /// The client ended its stream, or closed the connection.
    ClosedByClient,
    /// Nothing came from the client for the time-out, and the reaper ended it.
    Evicted(Eviction),
    /// Our kernel declared the connection dead.
    Lost(Lost),
    /// The server was told to stop.
    ServerStopped,
    /// Reading or writing failed in another way.
    Failed(io::Error),
    /// The connection's thread panicked.
    Panicked,
}

/// What was known of a client when it was evicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Eviction {
    /// How long nothing had come.
    pub silent: Duration,
    /// Whether a reply had been waiting to be written all that time.
    pub blocked: bool,
    /// Whether it had been sent a probe.
    pub probed: bool,
    /// What the kernel knew, where it can be asked.
    pub finding: Option<Finding>,
}

impl Eviction {
    fn is_not_reading(&self) -> bool {
        match self.finding {
            Some(finding) => matches!(finding, Finding::NotReading(_)),
            None => self.blocked,
        }
    }
}

impl Ending {
    /// The reason in a word or two, by which the totals are kept.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ClosedByClient => "closed by the client",
            Self::Evicted(eviction) if eviction.is_not_reading() => "evicted for not reading",
            Self::Evicted(Eviction { finding: Some(Finding::HostSilent(_)), .. }) => {
                "evicted with their hosts gone"
            }
            Self::Evicted(_) => "evicted for silence",
            Self::Lost(Lost { verdict: GaveUp::Reset, .. }) => "reset",
            Self::Lost(_) => "given up by the kernel",
            Self::ServerStopped => "ended by the stop",
            Self::Failed(_) => "failed",
            Self::Panicked => "panicked",
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedByClient => f.write_str("closed by the client"),
            Self::Evicted(eviction) => eviction.fmt(f),
            Self::Lost(lost) => write!(f, "lost: {lost}"),
            Self::ServerStopped => f.write_str("closed: the server is stopping"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Panicked => f.write_str("closed: its thread panicked"),
        }
    }
}

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "evicted: silent for {}", Seconds(self.silent))?;
        if self.is_not_reading() {
            f.write_str(", not reading our replies")?;
        }
        if self.probed {
            f.write_str(", and the probe went unanswered")?;
        }
        match self.finding {
            Some(Finding::ServiceSilent(evidence)) => {
                write!(f, "; its host still acknowledges (last {} ago)", Seconds(evidence.last_ack))
            }
            Some(Finding::NothingAsked(_)) => {
                f.write_str("; its host has been silent too, and was not asked")
            }
            Some(finding) => write!(f, "; {finding}"),
            None => Ok(()),
        }
    }
}
