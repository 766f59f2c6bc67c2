//! What the lab does, to whom, and the keys that ask for it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A program of the lab: `server`, or a client by its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Who {
    Server,
    Client(String),
}

impl From<String> for Who {
    fn from(name: String) -> Self {
        if name == "server" { Self::Server } else { Self::Client(name) }
    }
}

impl From<Who> for String {
    fn from(who: Who) -> Self {
        who.to_string()
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Server => "server",
            Self::Client(name) => name,
        })
    }
}

/// What the lab can do to the programs and to the line between them. Each is a real fault, or the
/// end of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// Starts a client with these flags beside the lab's own.
    Add { client: String, flags: Vec<String> },
    /// Types a line, given without its newline.
    Type { client: String, line: String },
    /// SIGSTOP.
    Stop { who: Who },
    /// SIGCONT.
    Continue { who: Who },
    /// SIGKILL.
    Kill { who: Who },
    /// Starts the server again at the same address, after it has ended.
    Restart,
    /// Begins anew: no client of the lab, the line mended, and the server started again. Both
    /// programs get these flags beside the lab's own.
    Fresh { flags: Vec<String> },
    /// From now on nobody reads the client's output, and lines flood into its input.
    Deafen { client: String },
    /// Ends that.
    Undeafen { client: String },
    /// Sends both ends of the client's connection a reset, as a firewall may.
    Reset { client: String },
    /// Takes the loopback of the private network down.
    Cut,
    /// Takes it up.
    Mend,
}

/// A key, as the lab knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    Up,
    Down,
    Left,
    Right,
}
