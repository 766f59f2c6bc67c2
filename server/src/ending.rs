//! Why a connection ended: one value, from which its log line and the totals are made.

use std::{fmt, io};

use common::{
    diagnosis::{Cause, Finding, Lost},
    event_with_finding,
    kernel::{Evidence, GaveUp},
    words::Seconds,
};

use crate::connection::Eviction;

#[derive(Debug)]
pub enum Ending {
    /// The end of the client's stream came: from the client, from its host, or from a proxy.
    ClosedByClient,
    /// Nothing came from the client for the timeout, and the reaper ended it.
    Evicted(Eviction),
    /// Our kernel ended the connection.
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
            Self::Lost(lost) => lost.verdict.reason(),
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
                }, "conn-{conn} {}", self.in_words(traffic))
            };
        }
        match self {
            Self::ClosedByClient | Self::ServerStopped => ended!(info),
            _ if self.is_visit(traffic) => ended!(info),
            _ => ended!(warn),
        }
    }

    /// The end in words, after this traffic.
    pub fn in_words(&self, traffic: Traffic) -> String {
        match self {
            Self::ClosedByClient if self.is_visit(traffic) => {
                "closed from the client's side without a byte".to_owned()
            }
            Self::Lost(_) if self.is_visit(traffic) => {
                "reset from the client's side before a byte came".to_owned()
            }
            _ => self.to_string(),
        }
    }

    /// Whether somebody connected and left without a byte, as the health check of a load balancer
    /// does. Nothing is lost then, even if it left with a reset.
    fn is_visit(&self, traffic: Traffic) -> bool {
        let left =
            matches!(self, Self::ClosedByClient | Self::Lost(Lost { verdict: GaveUp::Reset, .. }));
        left && traffic.bytes_in == 0
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedByClient => f.write_str("closed from the client's side"),
            Self::Evicted(eviction) => eviction.fmt(f),
            Self::Lost(lost) => write!(f, "lost: {lost}"),
            Self::ServerStopped => f.write_str("closed: the server is stopping"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Panicked => f.write_str("closed: the thread that served it panicked"),
        }
    }
}

impl fmt::Display for Eviction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.finding();
        write!(f, "evicted: silent for {}", Seconds(self.silent))?;
        if self.probed {
            f.write_str(match self.evidence {
                // The probe is the last thing that was sent.
                Some(Evidence { unsent: 1.., .. }) => ", and our probe still waits to be sent",
                Some(Evidence { in_flight: 1.., .. }) => ", and our probe was not acknowledged",
                _ => ", and our probe was not answered",
            })?;
        }
        match finding {
            Some(Finding { cause: Cause::NothingAsked, .. }) => {
                f.write_str("; the other end of this TCP connection was asked nothing")
            }
            Some(finding) => write!(f, "; {}", finding.about_the_connection()),
            None => Ok(()),
        }
    }
}
