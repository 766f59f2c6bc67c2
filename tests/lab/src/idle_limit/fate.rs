//! What became of a connection that was silent for its time.

use std::{
    fmt, io,
    time::{Duration, Instant},
};

use common::kernel::GaveUp;
use serde::Serialize;

/// How the death of a connection looks from here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// No answer came.
    #[serde(rename = "silence")]
    NoAnswer,
    Reset,
    EndOfStream,
    /// The kernel ended the connection for another reason.
    Error(String),
}

impl Look {
    /// How an error of a read or a write looks.
    pub fn of_error(error: &io::Error) -> Self {
        match GaveUp::from_error(error) {
            Some(GaveUp::Reset) => Self::Reset,
            _ => Self::Error(error.to_string()),
        }
    }
}

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAnswer => f.write_str("silence"),
            Self::Reset => f.write_str("a reset"),
            Self::EndOfStream => f.write_str("an end of stream"),
            Self::Error(error) => f.write_str(error),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    DuringSilence,
    AtNextByte,
}

/// What became of a connection. `idle` is how long it had truly been silent: until its heartbeat
/// was sent, or until its end was noticed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Silent,
    Asked { idle: Duration, at: Instant },
    Answered { idle: Duration },
    Dead { idle: Duration, look: Look, when: When },
}

impl Fate {
    /// Whether the outcome is known.
    pub fn is_settled(&self) -> bool {
        matches!(self, Self::Answered { .. } | Self::Dead { .. })
    }

    /// Whether nothing more can come that matters. After [`Look::NoAnswer`] an answer may come
    /// late, and then the connection was not dead.
    pub fn is_final(&self) -> bool {
        self.is_settled() && !matches!(self, Self::Dead { look: Look::NoAnswer, .. })
    }
}
