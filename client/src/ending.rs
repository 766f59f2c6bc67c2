//! Why a connection or a session ended: one value, from which its last line, its exit code and
//! what is tried next are made.

use std::{fmt, io, net::TcpStream, time::Duration};

use common::{
    diagnosis::{Cause, Finding, Lost},
    kernel::{Evidence, GaveUp, Side},
    socket::says_ended,
    words::{Count, Escaped, Seconds, Span},
};

use crate::{liveness::Silence, outgoing::NotSent, servers::Trouble, unanswered::WrongReply};

#[derive(Debug)]
pub enum Ending {
    /// The input ended, and everything sent was answered.
    Complete,
    /// The reader of our output has gone.
    OutputClosed,
    /// The end of the server's stream came: from the server, from its host, or from a proxy.
    ServerClosed,
    /// The server sent something else than the echo that was due.
    WrongReply(WrongReply),
    /// The rule's verdict.
    Unanswered(Unanswered),
    /// Our kernel ended the connection.
    Lost(Lost),
    /// Ctrl-C, SIGTERM or SIGHUP; on Windows Ctrl-C, Ctrl-Break or closing the console.
    Interrupted,
    Panicked {
        thread: &'static str,
    },
    Failed {
        doing: Doing,
        error: io::Error,
    },
    /// No server could be reached again.
    GaveUp {
        after: Duration,
        attempts: u32,
        /// The exit code of the last failure.
        code: u8,
    },
}

/// What failed with an I/O error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    ReadingInput,
    WritingOutput,
    Sending,
    Receiving,
}

/// The rule's verdict, and what it is based on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswered {
    pub silence: Silence,
    /// Heartbeats of that silence that could not even be sent.
    pub unsent: u32,
    /// Why the last of those could not.
    pub not_sent: Option<NotSent>,
    /// Whether not one byte has ever come from the server.
    pub never_heard: bool,
    pub finding: Option<Finding>,
}

impl Unanswered {
    /// Heartbeats of that silence that were sent and not answered.
    pub fn unanswered(&self) -> u32 {
        self.silence.heartbeats.saturating_sub(self.unsent)
    }
}

impl Ending {
    /// Reading or writing the connection failed.
    pub fn of_failure(doing: Doing, error: io::Error, stream: &TcpStream) -> Self {
        match GaveUp::from_error(&error) {
            Some(verdict) => Self::of_verdict(verdict, stream),
            // The server closed, and its host reset what we sent after that.
            None if says_ended(&error) => Self::ServerClosed,
            None => Self::Failed { doing, error },
        }
    }

    /// The kernel gave the connection up.
    pub fn of_verdict(verdict: GaveUp, stream: &TcpStream) -> Self {
        Self::Lost(Lost { verdict, evidence: Evidence::ask(stream, Side::Connecting) })
    }

    /// The reason as the log's field `reason` holds it.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::OutputClosed => "output_closed",
            Self::ServerClosed => "server_closed",
            Self::WrongReply(_) => "wrong_reply",
            Self::Unanswered(_) => "unanswered",
            Self::Lost(lost) => lost.verdict.reason(),
            Self::Interrupted => "interrupted",
            Self::Panicked { .. } => "panicked",
            Self::Failed { .. } => "failed",
            Self::GaveUp { .. } => "gave_up_reconnecting",
        }
    }

    /// This end as it is told of a connection in a session. If a server was proven before, the
    /// advice about a server that was never heard is out of place.
    #[must_use]
    pub fn of_a_later_connection(mut self, was_proven: bool) -> Self {
        if let Self::Unanswered(unanswered) = &mut self {
            unanswered.never_heard &= !was_proven;
        }
        self
    }

    /// What this end means for the next attempt; `None` if it ends the session, too.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::ServerClosed | Self::Failed { doing: Doing::Sending | Doing::Receiving, .. } => {
                Some(Trouble::Ended)
            }
            Self::Unanswered(unanswered) => Some(unanswered.trouble()),
            Self::Lost(lost) => Some(match lost.verdict {
                GaveUp::Reset | GaveUp::Aborted | GaveUp::Broken => Trouble::Ended,
                _ if lost.finding().is_some_and(|it| it.cause == Cause::NotReading) => {
                    Trouble::Hung
                }
                _ => Trouble::Unreachable,
            }),
            Self::Complete
            | Self::OutputClosed
            | Self::WrongReply(_)
            | Self::Interrupted
            | Self::Panicked { .. }
            | Self::Failed { .. }
            | Self::GaveUp { .. } => None,
        }
    }

    /// The cause, if the kernel's evidence names one.
    pub fn finding(&self) -> Option<Finding> {
        match self {
            Self::Unanswered(unanswered) => unanswered.finding,
            Self::Lost(lost) => lost.finding(),
            _ => None,
        }
    }

    /// The exit code: 0 all sent and answered (or no reader left), 1 I/O error or not an echo,
    /// 3 the connection was closed from the server's side, 4 no byte came for as long as the rule
    /// allows, 5 the kernel ended the connection, 130 interrupted. A session that gave up has the
    /// code of its last failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Complete | Self::OutputClosed => 0,
            Self::WrongReply(_) | Self::Failed { .. } | Self::Panicked { .. } => 1,
            Self::ServerClosed => 3,
            Self::Unanswered(_) => 4,
            Self::Lost(_) => 5,
            Self::Interrupted => 130,
            Self::GaveUp { code, .. } => *code,
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Complete => f.write_str("done: everything was sent and answered"),
            Self::OutputClosed => f.write_str("done: the reader of our output has gone"),
            Self::ServerClosed => f.write_str("the connection was closed from the server's side"),
            Self::WrongReply(reply) => reply.fmt(f),
            Self::Unanswered(unanswered) => unanswered.fmt(f),
            Self::Lost(lost) => lost.fmt(f),
            Self::Interrupted if cfg!(windows) => {
                f.write_str("interrupted (Ctrl-C, Ctrl-Break, or the console was closed)")
            }
            Self::Interrupted => f.write_str("interrupted by a signal (Ctrl-C, SIGTERM or SIGHUP)"),
            Self::Panicked { thread } => write!(f, "the {thread} thread panicked"),
            Self::Failed { doing, error } => write!(f, "{doing} failed: {error}"),
            Self::GaveUp { after, attempts, .. } => {
                let attempts = Count((*attempts).into(), "attempt");
                write!(f, "gave up after {} and {attempts}", Span(*after))
            }
        }
    }
}

impl fmt::Display for Doing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ReadingInput => "reading the input",
            Self::WritingOutput => "writing the output",
            Self::Sending => "sending",
            Self::Receiving => "receiving",
        })
    }
}

impl Unanswered {
    /// Whether the silence says something about the server. A heartbeat that could not be sent
    /// because half a line waits for its rest asked nothing; then only the kernel can know.
    pub fn is_evidence(&self) -> bool {
        let asked = self.silence.heartbeats > self.unsent;
        let kernel_knows = self
            .finding
            .is_some_and(|finding| matches!(finding.cause, Cause::HostSilent | Cause::NotReading));
        asked || self.not_sent != Some(NotSent::HalfLine) || kernel_knows
    }

    fn trouble(&self) -> Trouble {
        match self.finding.map(|finding| finding.cause) {
            Some(Cause::HostSilent) => Trouble::Unreachable,
            Some(Cause::NotSent) => Trouble::Offline,
            Some(Cause::ServiceSilent | Cause::NotReading) => Trouble::Hung,
            // Its host took the connection just now, so the host is not the reason.
            _ if self.never_heard => Trouble::Hung,
            _ => Trouble::Unreachable,
        }
    }
}

impl fmt::Display for WrongReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let came = Escaped(&self.came);
        write!(f, "this is not the echo server that this client is for: it sent {came} where ")?;
        match &self.due[..] {
            [] => f.write_str("nothing was due"),
            due => write!(f, "{} was due", Escaped(due)),
        }
    }
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { silence, unsent, not_sent, never_heard, finding } = self;
        let (unanswered, unsent) =
            (Count(self.unanswered().into(), "heartbeat"), Count((*unsent).into(), "heartbeat"));
        write!(f, "no byte for {}", Seconds(silence.lasted))?;
        match not_sent {
            None => write!(f, ", {unanswered} unanswered")?,
            Some(NotSent::Closed) => {
                f.write_str(" while the end of the server's stream was due")?;
            }
            Some(why) if self.unanswered() == 0 => {
                write!(f, ", {unsent} could not be sent ({why})")?;
            }
            Some(why) => {
                write!(f, ", {unanswered} unanswered, {unsent} could not be sent ({why})")?;
            }
        }
        let asked = self.unanswered() > 0 || *not_sent == Some(NotSent::Closed);
        match finding {
            Some(finding) if asked => write!(f, "; {finding}")?,
            Some(finding) => write!(f, "; {}", finding.about_the_connection())?,
            None => {}
        }
        // Where nothing comes back from the other end, that explains the silence.
        let is_heard = finding.is_none_or(|finding| finding.cause != Cause::HostSilent);
        if *never_heard && is_heard {
            f.write_str("; no byte ever came: check that an echo server listens there")?;
        }
        Ok(())
    }
}
