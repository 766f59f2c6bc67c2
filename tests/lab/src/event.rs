//! What happened in a run, as data. The drawings know nothing else of a run.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Client,
    /// It accepts connections and evicts silent clients.
    Server,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f) // its name as in JSON
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub at: Duration,
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Message {
        from: Role,
        content: Content,
        fate: Fate,
    },
    /// A program did or noticed something: `retry 2`, `ended: silent`.
    Mark {
        role: Role,
        text: String,
    },
    /// The lab did something to the line or to a program: `network cut`, `server killed`.
    Deed(String),
    /// The server's timeout queue was moved. `order` has its entries, the front first.
    Queue {
        text: String,
        order: Vec<Entry>,
    },
}

/// A client in the timeout queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The server's number of its connection.
    pub conn: u64,
    pub state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was put there just now.
    Moved,
    Waiting,
    /// Its program is stopped.
    Stopped,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    Bytes(Vec<u8>),
    /// The end of the stream: the sender will send no more.
    EndOfStream,
    Reset,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It reached the other host's kernel.
    Arrived,
    Lost,
}
