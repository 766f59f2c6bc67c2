//! What comes to the lab, as data. A recording is a file of inputs, one JSON object per line.

mod deed;
mod kernel;
mod segment;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tests::event::Event;

pub use self::{
    deed::{Deed, Key, Who},
    kernel::{Process, Sample, Socket, Timer, TimerKind},
    segment::{Segment, is_before},
};
use crate::in_seconds;

/// Something that came to the lab, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Input {
    /// Counted from the start of the lab.
    #[serde(rename = "at_s", with = "in_seconds")]
    pub at: Duration,
    #[serde(flatten)]
    pub what: What,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
pub enum What {
    /// The first input of every run.
    Started(Start),
    /// A program of the lab was started, with these flags beside the lab's settings. No other input
    /// about it comes before.
    Spawned { who: Who, pid: u32, flags: Vec<String> },
    /// A program of the lab logged this.
    Logged { who: Who, event: Event },
    /// A program of the lab wrote a line to stderr that is no event.
    Complained { who: Who, line: String },
    /// A client of the lab printed this line, without its newline.
    Printed { client: String, line: String },
    /// A program of the lab has ended.
    Exited { who: Who },
    /// The lab begins to carry out a deed.
    Begun { deed: Deed },
    /// The lab has carried out a deed. What follows from it at once, such as the end of a program
    /// that was killed, comes before.
    Done { deed: Deed },
    /// A deed could not be carried out.
    Failed { deed: Deed, why: String },
    /// The kernel's side of all connections. It comes only when something has changed.
    Kernel(Sample),
    /// A segment passed on the wire.
    Segment(Segment),
    /// The lab cannot see this any more. The kernel it sees again with the next sample.
    Blind { sight: Sight, why: String },
    /// Somebody pressed a key.
    Key { key: Key },
    /// A script chose this client.
    Chosen { client: String },
    /// The terminal has this size now.
    Resized { columns: u16, rows: u16 },
    /// So many inputs came too fast to be taken, and were left out.
    LeftOut { count: usize },
    /// An experiment says this.
    Said { text: String },
    /// An experiment with this title begins; without a title, none plays any more.
    Playing { title: Option<String> },
    /// The script that was played has failed, for this reason.
    ScriptFailed { why: String },
    /// The lab tells this in answer to a key.
    Noticed { text: String },
}

/// What the lab looks at from outside the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sight {
    /// The kernel's figures.
    Kernel,
    /// The segments on the wire.
    Wire,
}

/// What is known when the lab starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// The flags of `lab live` that concern time and detection, as on a command line.
    pub settings: Vec<String>,
    /// Where the server listens, as `ADDRESS:PORT`.
    pub server: String,
    /// The command by which a client in another terminal joins.
    pub join: String,
    /// Why there is no private network, if the system refuses one. Then nothing can be cut.
    pub no_network: Option<String>,
    /// Why the kernel's figures come from `/proc/net/tcp` alone, if `inet_diag` is refused.
    pub no_diag: Option<String>,
    /// Why the wire cannot be seen, if packet sockets are refused.
    pub no_tap: Option<String>,
    pub columns: u16,
    pub rows: u16,
}
