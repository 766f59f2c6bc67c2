//! Why a connection ended: one value, from which its log line is made.

use std::{fmt, io, time::Duration};

use common::console::Seconds;

/// The reason for a connection's end.
#[derive(Debug)]
pub enum Ending {
    /// The client ended its stream, and every reply was written.
    ClosedByClient,
    /// The client's kernel reset the connection.
    ResetByClient,
    /// Nothing came from the client for the time-out.
    Silent(Duration),
    /// As [`Silent`](Self::Silent), while a reply could not be written: the client reads nothing.
    NotReading(Duration),
    /// The server was told to stop.
    ServerStopped,
    /// Reading or writing failed in another way.
    Failed(io::Error),
    /// The connection's thread panicked.
    Panicked,
}

impl Ending {
    /// Whether the reaper ended it.
    #[must_use]
    pub fn is_eviction(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::NotReading(_))
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClosedByClient => f.write_str("closed by the client"),
            Self::ResetByClient => f.write_str("reset by the client"),
            Self::Silent(silent) => write!(f, "evicted: silent for {}", Seconds(*silent)),
            Self::NotReading(silent) => {
                write!(f, "evicted: silent for {}, and not reading our replies", Seconds(*silent))
            }
            Self::ServerStopped => f.write_str("closed: the server is stopping"),
            Self::Failed(error) => write!(f, "failed: {error}"),
            Self::Panicked => f.write_str("closed: its thread panicked"),
        }
    }
}
