//! What happened in a run, as data. The drawings know nothing else of a run.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

/// Which of the two programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// It connects and sends heartbeats.
    Client,
    /// It accepts connections and evicts silent clients.
    Server,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

/// Something that happened, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The time since the run began.
    pub at: Duration,
    /// What it was.
    pub what: What,
}

/// What can happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A program sent something.
    Message {
        /// The sender.
        from: Role,
        /// What it sent.
        content: Content,
        /// Whether it arrived.
        fate: Fate,
    },
    /// A program did or noticed something: `retry 2`, `ended: silent`.
    Mark {
        /// Which program.
        role: Role,
        /// What it did, in a few words.
        text: String,
    },
    /// The lab did something to the line or to a program: `network cut`, `server killed`.
    Deed(String),
}

/// What a message carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Bytes of the stream.
    Bytes(Vec<u8>),
    /// The end of the stream: the sender will send no more.
    EndOfStream,
    /// The end of the connection in both directions.
    Reset,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It reached the other host's kernel.
    Arrived,
    /// The line was cut, so it did not.
    Lost,
}

/// Finds the stretches in which nothing happens.
#[derive(Debug)]
pub(crate) struct Silences {
    threshold: Duration,
    last: Duration,
}

impl Silences {
    pub(crate) fn longer_than(threshold: Duration) -> Self {
        Self { threshold, last: Duration::ZERO }
    }

    /// The length of the silence before this event, if it is longer than the threshold.
    /// Several threads record events, so two of them may come a little out of order.
    pub(crate) fn before(&mut self, event: &Event) -> Option<Duration> {
        let silence = event.at.saturating_sub(self.last);
        self.last = self.last.max(event.at);
        (silence > self.threshold).then_some(silence)
    }
}
