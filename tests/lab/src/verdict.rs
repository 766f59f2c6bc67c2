//! What a side noticed, held against what was predicted.

use std::{fmt, time::Duration};

use super::{
    predict::notice::{Notice, Noticed, Window},
    story::LastWords,
};

/// How much sooner than predicted something may be seen: what is done to a program takes
/// effect a moment later than it is noted.
const EARLY: Duration = Duration::from_millis(500);

/// How much later: what a busy machine may take.
const LATE: Duration = Duration::from_secs(10);

/// How a side noticed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observed {
    /// By what.
    pub by: By,
    /// How long after it had happened.
    pub after: Duration,
    /// In its own words.
    pub words: String,
}

/// What can be told from a program's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The client's heartbeats.
    Heartbeat,
    /// The server's time-out.
    TimeOut,
    /// One of the kernel's time-outs: keepalive's, the user's, or retransmission's.
    Kernel,
    /// The stream's end.
    Closed,
    /// A reset.
    Reset,
    /// Something else, which is never predicted.
    Other,
}

impl By {
    /// What the client ended by.
    #[must_use]
    pub fn of_client(exit_code: Option<i32>, words: &str) -> Self {
        match exit_code {
            Some(3) => Self::Closed,
            Some(4) => Self::Heartbeat,
            Some(5) if words.contains("reset") => Self::Reset,
            Some(5) => Self::Kernel,
            _ => Self::Other,
        }
    }

    /// What the server ended the connection by.
    #[must_use]
    pub fn of_server(words: &str) -> Self {
        match words {
            _ if words.starts_with("closed by the client") => Self::Closed,
            _ if words.starts_with("evicted") => Self::TimeOut,
            _ if words.contains("was reset") => Self::Reset,
            _ if words.starts_with("lost: ") => Self::Kernel,
            _ => Self::Other,
        }
    }

    /// Whether it may have been this: a program's end does not tell the kernel's ways apart.
    #[must_use]
    pub fn is(self, notice: Notice) -> bool {
        match notice {
            Notice::Heartbeat => self == Self::Heartbeat,
            Notice::TimeOut => self == Self::TimeOut,
            Notice::Keepalive | Notice::UserTimeout | Notice::Retransmission => {
                self == Self::Kernel
            }
            Notice::Closed => self == Self::Closed,
            Notice::Reset => self == Self::Reset,
        }
    }
}

impl Observed {
    /// What these last words amount to, for something that happened at `fault`.
    #[must_use]
    pub fn new(by: By, words: &LastWords, fault: Duration) -> Self {
        Self { by, after: words.at.saturating_sub(fault), words: words.text.clone() }
    }
}

/// Whether it was as predicted: in one of these ways, and in its time; or not within the time
/// that was `watched`, if none of them was due by then.
#[must_use]
pub fn agrees(predicted: &[Noticed], observed: Option<&Observed>, watched: Duration) -> bool {
    match observed {
        None => predicted.iter().all(|noticed| noticed.window.earliest > watched),
        Some(Observed { by, after, .. }) => predicted.iter().any(|noticed| {
            let Window { earliest, .. } = noticed.window;
            by.is(noticed.by) && *after + EARLY >= earliest && *after <= patience(noticed.window)
        }),
    }
}

/// What a side's words say about the reason, in a few of them.
#[must_use]
pub fn reason(words: &str) -> &'static str {
    const REASONS: [(&str, &str); 6] = [
        ("the service is not answering", "service silent, host up"),
        ("not reading", "not reading, host up"),
        ("the network or the host is down", "network or host down"),
        ("its host still acknowledges", "client silent, host up"),
        ("and was not asked", "silent, host not asked"),
        ("was reset", "connection unknown"),
    ];
    let said = REASONS.iter().find(|(words_of_it, _)| words.contains(words_of_it));
    said.map_or("", |(_, reason)| reason)
}

/// How long after a fault a notice is waited for. The kernel's timers may be an eighth late.
#[must_use]
pub fn patience(window: Window) -> Duration {
    window.latest * 9 / 8 + LATE
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heartbeat => "heartbeat",
            Self::TimeOut => "time-out",
            Self::Kernel => "the kernel",
            Self::Closed => "end of stream",
            Self::Reset => "reset",
            Self::Other => "something else",
        })
    }
}
