//! One line of a timeline: who does what in a silence, and when.

use std::{fmt, mem, time::Duration};

use serde::{Serialize, Serializer};

use super::fault::Means;
use crate::in_seconds;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Entry {
    #[serde(rename = "at_s", serialize_with = "in_seconds::serialize")]
    pub at: Duration,
    pub action: Action,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    LastByte,
    /// The client sends the heartbeat of this number, from 1. All after the first are retries.
    Heartbeat(u32),
    Probe,
    KeepaliveProbe(u32),
    /// The silence is taken for a death, and the connection ends.
    Detected(Means),
}

impl Action {
    /// Whether the kernel does it.
    pub(crate) fn is_the_kernels(self) -> bool {
        use Means::{Keepalive, Retransmission, UserTimeout};
        let ends = matches!(self, Self::Detected(Keepalive | Retransmission | UserTimeout));
        ends || matches!(self, Self::KeepaliveProbe(_))
    }

    /// Whether both differ by their number only.
    pub(crate) fn is_like(self, other: Self) -> bool {
        let is_same = mem::discriminant(&self) == mem::discriminant(&other);
        is_same && matches!(self, Self::Heartbeat(2..) | Self::KeepaliveProbe(_))
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LastByte => f.write_str("the last byte"),
            Self::Heartbeat(1) => f.write_str("heartbeat sent"),
            Self::Heartbeat(number) => write!(f, "retry {} sent", number - 1),
            Self::Probe => f.write_str("probe sent"),
            Self::KeepaliveProbe(number) => write!(f, "the kernel sends keepalive probe {number}"),
            Self::Detected(Means::Timeout) => f.write_str("EVICTED"),
            Self::Detected(means) => write!(f, "DEAD by {means}"),
        }
    }
}

impl Serialize for Action {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
