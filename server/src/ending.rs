//! Why a connection ended: one value, from which its log line and the totals are made.

use std::{fmt, io};

use common::{
    diagnosis::{Cause, Finding, Lost},
    event_with_finding,
    kernel::GaveUp,
    words::Seconds,
};

use crate::connection::Eviction;

#[derive(Debug)]
pub enum Ending {
    /// The client ended its stream, or closed the connection.
    ClosedByClient,
    /// Nothing came from the client for the timeout, and the reaper ended it.
    Evicted(Eviction),
    /// Our kernel declared the connection dead.
    Lost(Lost),
    ServerStopped,
    Failed(io::Error),
    Panicked,
}

/// What passed through a connection.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    pub heartbeats: u64,
    pub bytes_in: u64,
    /// Bytes of replies, of writes that ended.
    pub bytes_out: u64,
}

impl Ending {
    /// The reason in a word, by which the totals are kept, as the log's field `reason` holds it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::ClosedByClient => "closed_by_client",
            Self::Evicted(eviction) => match eviction.finding().map(|finding| finding.cause) {
                Some(Cause::NotReading) => "not_reading",
                Some(Cause::HostSilent) => "host_silent",
                _ => "silent",
            },
            Self::Lost(Lost { verdict: GaveUp::Reset, .. }) => "reset",
            Self::Lost(_) => "gave_up",
            Self::ServerStopped => "server_stopped",
            Self::Failed(_) => "failed",
            Self::Panicked => "panicked",
        }
    }

    fn finding(&self) -> Option<Finding> {
        match self {
            Self::Evicted(eviction) => eviction.finding(),
            Self::Lost(lost) => lost.finding(),
            _ => None,
        }
    }

    /// Logs the end of connection `conn`.
    pub fn log(&self, conn: u64, traffic: Traffic) {
        let Traffic { heartbeats, bytes_in, bytes_out } = traffic;
        let (silent_s, probed) = match self {
            Self::Evicted(eviction) => (Some(eviction.silent.as_secs_f64()), Some(eviction.probed)),
            _ => (None, None),
        };
        let error = match self {
            Self::Failed(error) => Some(error.to_string()),
            _ => None,
        };
        macro_rules! ended {
            ($level:ident) => {
                event_with_finding!($level, self.finding(), {
                    event = "ended", conn, reason = self.reason(), silent_s, probed,
                    error, heartbeats, bytes_in, bytes_out
                }, "conn-{conn} {self}")
            };
        }
        match self {
            Self::ClosedByClient | Self::ServerStopped => ended!(info),
            _ => ended!(warn),
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
        let finding = self.finding();
        write!(f, "evicted: silent for {}", Seconds(self.silent))?;
        if finding.is_some_and(|finding| finding.cause == Cause::NotReading) {
            f.write_str(", not reading our replies")?;
        }
        if self.probed {
            f.write_str(", and the probe went unanswered")?;
        }
        match finding {
            Some(Finding { cause: Cause::ServiceSilent, evidence }) => {
                write!(f, "; its host still acknowledges (last {} ago)", Seconds(evidence.last_ack))
            }
            Some(Finding { cause: Cause::NothingAsked, .. }) => {
                f.write_str("; its host has been silent too, and was not asked")
            }
            Some(finding) => write!(f, "; {finding}"),
            None => Ok(()),
        }
    }
}
