//! The flags that choose how a dead peer is detected, the same on both command lines.

use std::time::Duration;

use clap::ValueEnum;

use super::{checked, choice, keepalive_count, user_timeout, whole_seconds};
use crate::detect::{Detect, HAS_USER_TIMEOUT, Keepalive};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// The application's own: knows whether the service answers
    Heartbeat,
    /// The kernel's: knows whether the host answers
    Keepalive,
    /// Both, and tells a dead network from a hung service
    Both,
}

/// `--detect` and the figures of TCP keepalive.
#[derive(Debug, Clone, clap::Args)]
pub struct DetectArgs {
    /// How to notice that the other end is dead
    #[arg(long, value_name = "HOW", default_value = "heartbeat", value_parser = choice::<Mode>())]
    detect: Mode,

    /// Probe a line on which nothing has come for this long [default: 2h]
    #[arg(long, value_name = "DURATION", value_parser = checked(whole_seconds), help_heading = "TCP keepalive")]
    keepalive_idle: Option<Duration>,

    /// Time between probes [default: 75s]
    #[arg(long, value_name = "DURATION", value_parser = checked(whole_seconds), help_heading = "TCP keepalive")]
    keepalive_interval: Option<Duration>,

    /// Unanswered probes after which the connection is dead [default: 9]
    #[arg(long, value_name = "N", value_parser = checked(keepalive_count), help_heading = "TCP keepalive")]
    keepalive_count: Option<u32>,

    /// Give up on bytes in flight that stay unacknowledged this long (overrides the count; Linux only)
    #[arg(long, value_name = "DURATION", value_parser = checked(user_timeout), help_heading = "TCP keepalive")]
    user_timeout: Option<Duration>,
}

impl DetectArgs {
    /// What the flags ask for, with the article's figures where none are given.
    ///
    /// # Errors
    /// As [`detect_with`](Self::detect_with).
    pub fn detect(&self) -> Result<Detect, String> {
        self.detect_with(Keepalive::default())
    }

    /// What the flags ask for, with these figures where none are given.
    ///
    /// # Errors
    /// When a figure of keepalive is given while keepalive is off, or one that this system
    /// does not have; the message names the flag.
    pub fn detect_with(&self, defaults: Keepalive) -> Result<Detect, String> {
        let given = [
            ("--keepalive-idle", self.keepalive_idle.is_some()),
            ("--keepalive-interval", self.keepalive_interval.is_some()),
            ("--keepalive-count", self.keepalive_count.is_some()),
            ("--user-timeout", self.user_timeout.is_some()),
        ];
        if self.detect == Mode::Heartbeat
            && let Some((flag, _)) = given.iter().find(|(_, given)| *given)
        {
            return Err(format!(
                "{flag} needs TCP keepalive: add --detect keepalive or --detect both"
            ));
        }
        if self.user_timeout.is_some() && !HAS_USER_TIMEOUT {
            return Err("--user-timeout: this system has no TCP_USER_TIMEOUT".to_owned());
        }
        let keepalive = Keepalive {
            idle: self.keepalive_idle.unwrap_or(defaults.idle),
            interval: self.keepalive_interval.unwrap_or(defaults.interval),
            count: self.keepalive_count.unwrap_or(defaults.count),
            user_timeout: self.user_timeout.or(defaults.user_timeout),
        };
        Ok(match self.detect {
            Mode::Heartbeat => Detect::Heartbeat,
            Mode::Keepalive => Detect::Keepalive(keepalive),
            Mode::Both => Detect::Both(keepalive),
        })
    }
}

/// What to warn of where keepalive is on without a limit for bytes in flight.
#[must_use]
pub fn warning(detect: Detect) -> Option<String> {
    let keepalive = detect.keepalive().filter(|keepalive| keepalive.user_timeout.is_none())?;
    if !HAS_USER_TIMEOUT {
        return None;
    }
    let second = Duration::from_secs(1);
    let just_under = keepalive.detection_time().saturating_sub(second).max(second);
    let proposal = humantime::format_duration(just_under);
    Some(format!(
        "while data is in flight keepalive is silent, and the kernel retransmits for many minutes \
         (tcp(7)); --user-timeout '{proposal}' limits that"
    ))
}
