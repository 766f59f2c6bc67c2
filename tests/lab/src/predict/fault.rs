//! The words of a prediction: what can happen to the other end, by what means it is detected,
//! and when.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::in_seconds;

/// What happens to the other end, or to the line.
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

impl Fault {
    pub const ALL: [Self; 6] = [
        Self::Killed,
        Self::Reset,
        Self::Stopped,
        Self::CutIdle,
        Self::CutWriting,
        Self::NotReading,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Killed => "its process is killed",
            Self::Reset => "it resets the connection",
            Self::Stopped => "its process hangs",
            Self::CutIdle => "the line is cut while idle",
            Self::CutWriting => "the line is cut, bytes in flight",
            Self::NotReading => "it does not read, window full",
        })
    }
}

/// The means by which an end detects a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    Heartbeat,
    Timeout,
    /// The kernel's keepalive probes go unanswered.
    Keepalive,
    /// Bytes stay unacknowledged, or a window closed, for the user timeout.
    UserTimeout,
    /// The kernel has retransmitted for as long as it does.
    Retransmission,
    EndOfStream,
    Reset,
}

impl Means {
    const ALL: [Self; 7] = [
        Self::Heartbeat,
        Self::Timeout,
        Self::Keepalive,
        Self::UserTimeout,
        Self::Retransmission,
        Self::EndOfStream,
        Self::Reset,
    ];

    /// Whether a connection that a fault of this means ends has this `reason` in the log. The
    /// log does not tell the kernel's three means apart.
    pub fn fits(self, reason: &str) -> bool {
        match self {
            Self::Heartbeat => reason == "unanswered",
            Self::Timeout => matches!(reason, "silent" | "not_reading" | "host_silent"),
            Self::Keepalive | Self::UserTimeout | Self::Retransmission => reason == "gave_up",
            Self::EndOfStream => matches!(reason, "closed_by_client" | "server_closed"),
            Self::Reset => reason == "reset",
        }
    }

    /// The means that stands behind a `reason` of the log: one of those that were predicted, or
    /// the only one that fits.
    pub fn of_reason(reason: &str, predicted: &[Detection]) -> Option<Self> {
        let expected = predicted.iter().map(|detection| detection.by).find(|by| by.fits(reason));
        let mut fitting = Self::ALL.into_iter().filter(|means| means.fits(reason));
        expected.or_else(|| fitting.next().filter(|_| fitting.next().is_none()))
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

/// The time after a fault within which it is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Not before this.
    #[serde(rename = "earliest_s", with = "in_seconds")]
    pub earliest: Duration,
    /// Not after this, except on a busy machine and by the kernel's coarse timers.
    #[serde(rename = "latest_s", with = "in_seconds")]
    pub latest: Duration,
}

impl Window {
    pub fn contains(&self, moment: Duration) -> bool {
        (self.earliest..=self.latest).contains(&moment)
    }

    /// The window in words, each moment formatted by `format`: `1.5s to 2.5s`.
    pub(crate) fn in_words<W: fmt::Display>(self, format: impl Fn(Duration) -> W) -> String {
        let Self { earliest, latest } = self;
        if latest.is_zero() {
            "at once".to_owned()
        } else if earliest == latest {
            format(latest).to_string()
        } else {
            format!("{} to {}", format(earliest), format(latest))
        }
    }
}

/// A way in which a fault may be detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    pub by: Means,
    #[serde(flatten)]
    pub window: Window,
}

impl Detection {
    /// A detection at exactly this moment.
    pub fn at(by: Means, moment: Duration) -> Self {
        Self { by, window: Window { earliest: moment, latest: moment } }
    }

    /// The same, `by` this much later.
    pub(crate) fn later(self, by: Duration) -> Self {
        let Window { earliest, latest } = self.window;
        Self { window: Window { earliest: earliest + by, latest: latest + by }, ..self }
    }

    /// The same, counted from a fault that came between `least` and `most` after the last byte.
    pub(crate) fn after_fault(self, least: Duration, most: Duration) -> Self {
        let Window { earliest, latest } = self.window;
        let window = Window {
            earliest: earliest.saturating_sub(most),
            latest: latest.saturating_sub(least),
        };
        Self { window, ..self }
    }
}
