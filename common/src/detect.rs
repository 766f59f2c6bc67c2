//! The three ways to detect a dead peer: the application's heartbeat, TCP keepalive, and both.
//!
//! Keepalive tells whether the other end of the TCP connection answers: the peer's host, or a
//! proxy before it. The heartbeat tells whether the service answers. Keepalive belongs to the
//! kernel: it sends a segment without data when the line has been idle, and the peer needs no code
//! for it.

mod keepalive;

use std::time::Duration;

pub use self::keepalive::{Held, Keepalive};

/// How a dead peer is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detect {
    /// By the application's heartbeat alone.
    Heartbeat,
    /// By the kernel alone.
    Keepalive(Keepalive),
    /// By whichever notices first.
    Both(Keepalive),
}

impl Detect {
    /// Whether the application's heartbeat is used.
    pub fn uses_heartbeat(&self) -> bool {
        !matches!(self, Self::Keepalive(_))
    }

    /// The kernel's figures, if it is asked to detect.
    pub fn keepalive(&self) -> Option<Keepalive> {
        match self {
            Self::Heartbeat => None,
            Self::Keepalive(keepalive) | Self::Both(keepalive) => Some(*keepalive),
        }
    }

    /// A warning for where keepalive is the only way to detect and nothing limits how long bytes
    /// may be in flight. The limit that it proposes is at most a minute: it must be shorter than
    /// the about 15 minutes of retransmission that it is to end.
    pub fn warning(&self) -> Option<String> {
        const PROPOSAL: Duration = Duration::from_mins(1);
        match self {
            Self::Keepalive(keepalive) if keepalive.user_timeout.is_none() && HAS_USER_TIMEOUT => {
                let proposal = keepalive.detection_time().min(PROPOSAL);
                Some(format!(
                    "while data is in flight keepalive is silent, and the kernel retransmits for \
                     about 15 minutes (tcp(7)) before it gives up; --user-timeout {} limits that",
                    humantime::format_duration(proposal)
                ))
            }
            _ => None,
        }
    }
}

/// Whether this system can limit how long bytes may stay unacknowledged.
pub const HAS_USER_TIMEOUT: bool = cfg!(target_os = "linux");
