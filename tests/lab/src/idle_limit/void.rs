//! Why a run says nothing about the limit.

use std::{fmt, time::Duration};

use common::words::{Escaped, Seconds};

use super::fate::Look;

/// What happened, and when it did, counted from the start of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Void {
    pub at: Duration,
    pub why: Why,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A heartbeat of the control connection had no answer for this long. `beats` had one.
    ControlUnanswered { patience: Duration, beats: u64 },
    /// The control connection ended.
    ControlEnded(Look),
    /// These bytes came, which are no answer to a heartbeat.
    WrongReply(Vec<u8>),
    /// The server sent a probe into a silence of this length.
    Probed { idle: Duration },
    /// The machine slept for this long. The clock of this program does not count that time.
    Slept(Duration),
}

impl Why {
    /// The reason as the JSON object's field `void` holds it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ControlUnanswered { .. } => "control_unanswered",
            Self::ControlEnded(_) => "control_ended",
            Self::WrongReply(_) => "wrong_reply",
            Self::Probed { .. } => "probed",
            Self::Slept(_) => "slept",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LIKE_A_LIMIT: &str = "an outage, a crash or a restart would look like a limit";
        match self {
            Self::ControlUnanswered { patience, beats: 0 } => write!(
                f,
                "the control connection's first heartbeat had no answer within {}: check that an \
                 echo server listens there",
                Seconds(*patience)
            ),
            Self::ControlUnanswered { patience, .. } => write!(
                f,
                "a heartbeat of the control connection had no answer within {}: {LIKE_A_LIMIT}",
                Seconds(*patience)
            ),
            Self::ControlEnded(look) => {
                write!(f, "the control connection ended ({look}): {LIKE_A_LIMIT}")
            }
            Self::WrongReply(bytes) => write!(
                f,
                "this is not the echo server that the lab is for: it sent {}, which answers no \
                 heartbeat",
                Escaped(bytes)
            ),
            Self::Probed { idle } => write!(
                f,
                "the server sent a probe to a client that had been silent for {}, so the path was \
                 not idle for longer; start the server without --probe",
                Seconds(*idle)
            ),
            Self::Slept(slept) => write!(
                f,
                "this machine slept for {}, so the silences were longer than measured",
                Seconds(*slept)
            ),
        }
    }
}
