//! The words and columns of a prediction.

use std::{fmt, time::Duration};

use super::{
    WIDTH, kernel,
    notice::{Fault, Notice, Noticed, Window},
    timeline::What,
};
use crate::lab::settings::Settings;

/// A duration as people write it: `2h 11m 15s`.
pub(super) fn plain(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

/// A row of three columns.
pub(super) fn cells(f: &mut fmt::Formatter<'_>, [first, second, third]: [&str; 3]) -> fmt::Result {
    let row = format!("  {first:<34}{second:<32}{third}");
    writeln!(f, "{}", row.trim_end())
}

/// A text cut into lines at its spaces; what stands before it is kept free below.
pub(super) fn wrapped(f: &mut fmt::Formatter<'_>, before: &str, text: &str) -> fmt::Result {
    let mut line = before.to_owned();
    for word in text.split(' ') {
        if line.chars().count() + word.chars().count() > WIDTH {
            writeln!(f, "{}", line.trim_end())?;
            line = " ".repeat(before.len());
        }
        line.push_str(word);
        line.push(' ');
    }
    writeln!(f, "{}", line.trim_end())
}

/// When something is noticed, and by what.
pub(super) fn moment(noticed: &[Noticed]) -> String {
    let ways: Vec<_> = noticed
        .iter()
        .map(|Noticed { by, window: Window { earliest, latest } }| match (earliest, latest) {
            (_, &Duration::ZERO) => format!("at once, {}", by.word()),
            _ if earliest == latest => format!("{}, {}", plain(*latest), by.word()),
            _ => format!("{} to {}, {}", plain(*earliest), plain(*latest), by.word()),
        })
        .collect();
    if ways.is_empty() { "never".to_owned() } else { ways.join(" or ") }
}

impl Fault {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Killed => "its process is killed",
            Self::Reset => "it resets the connection",
            Self::Stopped => "its process hangs",
            Self::CutIdle => "the line is cut, idle",
            Self::CutWriting => "the line is cut, bytes in flight",
            Self::NotReading => "it reads no more, window full",
        }
    }
}

impl Notice {
    fn word(self) -> &'static str {
        match self {
            Self::Heartbeat => "heartbeat",
            Self::TimeOut => "time-out",
            Self::Keepalive => "keepalive",
            Self::UserTimeout => "user time-out",
            Self::Retransmission => "retransmission",
            Self::Closed => "closed",
            Self::Reset => "reset",
        }
    }

    /// Where the moment of the verdict comes from.
    pub(super) fn formula(self, settings: &Settings) -> String {
        let rule = settings.rule();
        match (self, settings.detect().keepalive()) {
            (Self::Heartbeat, _) => format!(
                "--idle {} + (--retries {} + 1) x --retry-interval {}",
                plain(rule.idle()),
                rule.retries(),
                plain(rule.interval())
            ),
            (Self::TimeOut, _) => format!("--timeout {}", plain(settings.timeout())),
            (Self::Keepalive, Some(figures)) => {
                let dead = kernel::keepalive_verdict(figures);
                let probes = kernel::steps(dead.saturating_sub(figures.idle), figures.interval);
                format!(
                    "--keepalive-idle {} + {probes} x --keepalive-interval {}",
                    plain(figures.idle),
                    plain(figures.interval)
                )
            }
            (Self::UserTimeout, _) => format!(
                "--user-timeout {} after the first byte in flight, and a first retransmission",
                settings.user_timeout().map_or_else(String::new, plain)
            ),
            (Self::Retransmission, _) => format!(
                "tcp_retries2: {} after the first byte in flight, at least",
                plain(kernel::RETRANSMISSION)
            ),
            (Self::Keepalive, None) | (Self::Closed | Self::Reset, _) => String::new(),
        }
    }
}

impl What {
    /// Whether it is the same but for its number.
    pub(super) fn is_like(self, other: Self) -> bool {
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
            Self::Noticed(Notice::Heartbeat) => f.write_str("DEAD: no heartbeat was answered"),
            Self::Noticed(notice) => write!(f, "DEAD: the kernel gives up, {}", notice.word()),
        }
    }
}
