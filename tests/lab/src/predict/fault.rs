//! The words of a prediction: what can happen to the other end, by what means it is detected,
//! and when.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::in_seconds;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Its process is killed, and it has read everything that came.
    Killed,
    /// Its process is stopped. Its kernel goes on acknowledging.
    Stopped,
    Reset,
    /// The line is cut while nothing is in flight.
    CutIdle,
    /// The line is cut. Until then bytes were passing both ways, and the end that detects the
    /// cut has some in flight.
    CutWriting,
    /// It stops reading, and its window is full from now on. Until then bytes were passing both
    /// ways.
    NotReading,
}

/// Every fault, and what is said of it.
pub const FAULTS: [(Fault, &str); 6] = [
    (Fault::Killed, "its process is killed"),
    (Fault::Reset, "it resets the connection"),
    (Fault::Stopped, "its process hangs"),
    (Fault::CutIdle, "the line is cut while idle"),
    (Fault::CutWriting, "the line is cut, bytes in flight"),
    (Fault::NotReading, "it does not read, window full"),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    Heartbeat,
    Timeout,
    Keepalive,
    /// Bytes stay unacknowledged, or a window closed, for the user timeout.
    UserTimeout,
    /// The kernel has retransmitted for as long as it does.
    Retransmission,
    EndOfStream,
    Reset,
}

impl Means {
    /// The means that stands behind a `reason` of the log: one of those that were predicted, or
    /// the only one that fits. The log does not tell the kernel's three means apart.
    pub fn of_reason(reason: &str, predicted: &[Detection]) -> Option<Self> {
        let fitting: &[Self] = match reason {
            "unanswered" => &[Self::Heartbeat],
            "silent" | "not_reading" | "host_silent" => &[Self::Timeout],
            "gave_up" => &[Self::Keepalive, Self::UserTimeout, Self::Retransmission],
            "closed_by_client" | "server_closed" => &[Self::EndOfStream],
            "reset" => &[Self::Reset],
            _ => &[],
        };
        let only = if let [only] = fitting { Some(*only) } else { None };
        predicted.iter().map(|way| way.by).find(|by| fitting.contains(by)).or(only)
    }
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heartbeat => "heartbeat",
            Self::Timeout => "timeout",
            Self::Keepalive => "keepalive",
            Self::UserTimeout => "user timeout",
            Self::Retransmission => "retransmission",
            Self::EndOfStream => "end of stream",
            Self::Reset => "reset",
        })
    }
}

/// From the earliest to the latest moment at which something may happen, counted from a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    #[serde(rename = "earliest_s", with = "in_seconds")]
    pub earliest: Duration,
    #[serde(rename = "latest_s", with = "in_seconds")]
    pub latest: Duration,
}

impl Window {
    /// When, in words, each moment formatted by `format`: `1.5s to 2.5s`.
    pub(crate) fn when<W: fmt::Display>(self, format: impl Fn(Duration) -> W) -> String {
        match (self.earliest, self.latest) {
            (_, Duration::ZERO) => "at once".to_owned(),
            (earliest, latest) if earliest == latest => format(latest).to_string(),
            (earliest, latest) => format!("{} to {}", format(earliest), format(latest)),
        }
    }
}

/// A way in which a fault may be detected, and how long after the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    pub by: Means,
    /// Not before this.
    #[serde(rename = "earliest_s", with = "in_seconds")]
    pub earliest: Duration,
    /// Not after this, except on a busy machine and by the kernel's coarse timers.
    #[serde(rename = "latest_s", with = "in_seconds")]
    pub latest: Duration,
}

impl Detection {
    pub fn at(by: Means, moment: Duration) -> Self {
        Self { by, earliest: moment, latest: moment }
    }

    /// The same, counted from a fault that came between `least` and `most` after the last byte.
    pub(crate) fn after_fault(self, least: Duration, most: Duration) -> Self {
        let earliest = self.earliest.saturating_sub(most);
        Self { earliest, latest: self.latest.saturating_sub(least), ..self }
    }

    pub(crate) fn window(self) -> Window {
        Window { earliest: self.earliest, latest: self.latest }
    }
}
