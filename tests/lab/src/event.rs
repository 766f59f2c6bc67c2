//! What happened in a run, as data. What saw it happen and what draws it know only this.

use std::{fmt, time::Duration};

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
    /// One side sent something.
    Message {
        /// The sender.
        from: Side,
        /// What it sent.
        content: Content,
        /// What became of it.
        fate: Fate,
    },
    /// One side did or noticed something: `retry 2`, `evicted`.
    Mark {
        /// Which side.
        side: Side,
        /// What it did, in a few words.
        text: String,
    },
    /// Something was done to the line or to a process: `network cut`, `server killed`.
    Between(String),
}

/// An end of the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The one that connected.
    Client,
    /// The one that accepted.
    Server,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Client => "client",
            Self::Server => "server",
        })
    }
}

/// What a message carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Bytes of the stream.
    Bytes(Vec<u8>),
    /// The stream's end: the sender will send no more.
    EndOfStream,
    /// The connection's end: the sender takes no more, either.
    Reset,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It reached the other side's kernel.
    Arrived,
    /// It did not: the line was cut.
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

    /// How long nothing happened before this event, if that is worth telling. Events that
    /// several threads saw may come a little out of order.
    pub(crate) fn before(&mut self, event: &Event) -> Option<Duration> {
        let silence = event.at.saturating_sub(self.last);
        self.last = self.last.max(event.at);
        (silence > self.threshold).then_some(silence)
    }
}
