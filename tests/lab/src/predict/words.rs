//! The words and the columns of a prediction.

use std::{fmt, time::Duration};

use super::{
    kernel,
    notice::{Fault, Notice, Window},
    timeline::What,
};
use crate::{readable::hanging, settings::Settings};

/// Columns that a text may take.
const WIDTH: usize = 96;

/// A duration as people write it: `2h 11m 15s`.
pub(crate) fn plain(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// A row of four columns.
pub(crate) fn cells(
    f: &mut fmt::Formatter<'_>,
    [what, first, second, third]: [&str; 4],
) -> fmt::Result {
    let row = format!("  {what:<34}{first:<14}{second:<32}{third}");
    writeln!(f, "{}", row.trim_end())
}

/// A text in lines; what stands before it is kept free below.
pub(crate) fn wrapped(f: &mut fmt::Formatter<'_>, before: &str, text: &str) -> fmt::Result {
    writeln!(f, "{}", hanging(before, text, WIDTH))
}

impl Window {
    /// From when to when, each moment as `word` has it: `1.5s to 2.5s`.
    pub(crate) fn told<W: fmt::Display>(self, word: impl Fn(Duration) -> W) -> String {
        let Self { earliest, latest } = self;
        if latest.is_zero() {
            "at once".to_owned()
        } else if earliest == latest {
            word(latest).to_string()
        } else {
            format!("{} to {}", word(earliest), word(latest))
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(plain))
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Killed => "its process is killed",
            Self::Reset => "it resets the connection",
            Self::Stopped => "its process hangs",
            Self::CutIdle => "the line is cut, idle",
            Self::CutWriting => "the line is cut, bytes in flight",
            Self::NotReading => "it reads no more, window full",
        })
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Heartbeat => "heartbeat",
            Self::TimeOut => "time-out",
            Self::Keepalive => "keepalive",
            Self::UserTimeout => "user time-out",
            Self::Retransmission => "retransmission",
            Self::Closed => "end of stream",
            Self::Reset => "reset",
        })
    }
}

/// Where the moment of the verdict comes from.
pub(crate) fn formula(notice: Notice, settings: &Settings) -> String {
    let rule = settings.rule();
    match (notice, settings.detect().keepalive()) {
        (Notice::Heartbeat, _) => format!(
            "--idle {} + (--retries {} + 1) x --retry-interval {}",
            plain(rule.idle()),
            rule.retries(),
            plain(rule.interval())
        ),
        (Notice::TimeOut, _) => format!("--timeout {}", plain(settings.timeout())),
        (Notice::Keepalive, Some(figures)) => {
            let dead = kernel::keepalive_verdict(figures);
            let probes = kernel::steps(dead.saturating_sub(figures.idle), figures.interval);
            format!(
                "--keepalive-idle {} + {probes} x --keepalive-interval {}",
                plain(figures.idle),
                plain(figures.interval)
            )
        }
        (Notice::UserTimeout, _) => format!(
            "--user-timeout {} after the first bytes in flight",
            settings.user_timeout().map_or_else(String::new, plain)
        ),
        (Notice::Retransmission, _) => format!(
            "tcp_retries2, {} after the first bytes in flight",
            plain(kernel::RETRANSMISSION)
        ),
        (Notice::Keepalive, None) | (Notice::Closed | Notice::Reset, _) => String::new(),
    }
}

impl What {
    /// Whether it is the kernel that acts.
    pub(crate) fn is_the_kernels(self) -> bool {
        match self {
            Self::KeepaliveProbe(_) => true,
            Self::Noticed(notice) => !matches!(notice, Notice::Heartbeat | Notice::TimeOut),
            Self::LastByte | Self::Heartbeat(_) | Self::Probe => false,
        }
    }

    /// Whether it is the same but for its number.
    pub(crate) fn is_like(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Heartbeat(_), Self::Heartbeat(_))
                | (Self::KeepaliveProbe(_), Self::KeepaliveProbe(_))
        )
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LastByte => f.write_str("the last byte"),
            Self::Heartbeat(1) => f.write_str("heartbeat 1 sent"),
            Self::Heartbeat(number) => {
                write!(f, "heartbeat {number} sent, {} unanswered", number - 1)
            }
            Self::Probe => f.write_str("probe sent"),
            Self::KeepaliveProbe(number) => write!(f, "the kernel sends keepalive probe {number}"),
            Self::Noticed(Notice::TimeOut) => f.write_str("EVICTED"),
            Self::Noticed(notice) => write!(f, "DEAD by {notice}"),
        }
    }
}
