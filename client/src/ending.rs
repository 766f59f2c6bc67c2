//! Why a session ended: one value, from which its last line and its exit code are made.

use std::{fmt, io};

use common::console::{Count, Seconds};

use crate::liveness::Silence;

/// The reason for a session's end.
#[derive(Debug)]
pub enum Ending {
    /// The input ended, and everything sent was answered.
    Complete,
    /// Whoever read our output has seen enough.
    OutputClosed,
    /// The server ended its stream, or its kernel reset the connection.
    ServerClosed {
        /// Whether it was a reset.
        reset: bool,
    },
    /// The rule's verdict.
    Unanswered {
        /// The silence it is based on.
        silence: Silence,
        /// Heartbeats of that silence that could not even be sent.
        unsent: u32,
    },
    /// Ctrl-C, or a polite kill.
    Interrupted,
    /// A thread of ours panicked.
    Panicked {
        /// The thread's name.
        thread: &'static str,
    },
    /// Reading or writing failed.
    Failed {
        /// What was being done.
        doing: &'static str,
        /// The kernel's reason.
        error: io::Error,
    },
}

impl Ending {
    /// The exit code: 0 all sent and answered (or no reader left), 1 I/O error, 3 the
    /// server closed the connection, 4 the heartbeats went unanswered, 130 interrupted.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Complete | Self::OutputClosed => 0,
            Self::Failed { .. } | Self::Panicked { .. } => 1,
            Self::ServerClosed { .. } => 3,
            Self::Unanswered { .. } => 4,
            Self::Interrupted => 130,
        }
    }

    /// What a failed read or write of the connection means.
    #[must_use]
    pub fn from_connection(doing: &'static str, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::ServerClosed { reset: true },
            _ => Self::Failed { doing, error },
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("done: everything was sent and answered"),
            Self::OutputClosed => f.write_str("done: nobody reads our output any more"),
            Self::ServerClosed { reset: false } => f.write_str("the server closed the connection"),
            Self::ServerClosed { reset: true } => {
                f.write_str("the server closed the connection (it was reset)")
            }
            Self::Unanswered { silence, unsent } => {
                let heartbeats = Count(silence.heartbeats.into(), "heartbeat");
                write!(f, "no byte for {}, {heartbeats} unanswered", Seconds(silence.lasted))?;
                match unsent {
                    0 => Ok(()),
                    _ => write!(f, " ({unsent} of them could not be sent)"),
                }
            }
            Self::Interrupted => f.write_str("interrupted"),
            Self::Panicked { thread } => write!(f, "the {thread} thread panicked"),
            Self::Failed { doing, error } => write!(f, "{doing} failed: {error}"),
        }
    }
}
