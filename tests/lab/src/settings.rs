//! The flags of both programs that decide when a fault is detected, as one set. Every command of
//! the lab takes them, and the lab gives them to the programs that it starts.
//!
//! The names and the checks are the programs' own. The defaults are the programs' own for
//! `lab predict`, and short ones for the commands that play a scene.

use std::time::Duration;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, error::ErrorKind};
use client::liveness::HeartbeatRule;
use common::{
    detect::{Detect, Keepalive},
    period::Period,
};
use server::server::Config;

use crate::event::Role;

/// The flags of both programs.
#[derive(clap::Args)]
struct Flags {
    /// Send a heartbeat when nothing has come from the server for this long
    #[arg(long, value_name = "DURATION", default_value_t = HeartbeatRule::ARTICLE.idle, help_heading = "The client's")]
    idle: Period,

    /// Wait this long for an answer before the next heartbeat
    #[arg(long, value_name = "DURATION", default_value_t = HeartbeatRule::ARTICLE.interval, help_heading = "The client's")]
    retry_interval: Period,

    /// Heartbeats after the first before giving up
    #[arg(long, value_name = "N", default_value_t = HeartbeatRule::ARTICLE.retries, help_heading = "The client's")]
    retries: u32,

    /// Evict a client from which nothing has come for this long
    #[arg(long, value_name = "DURATION", default_value_t = Config::TIMEOUT, help_heading = "The server's")]
    timeout: Period,

    /// Send a probe to a client that has been silent for this long; shorter than --timeout
    #[arg(long, value_name = "DURATION", help_heading = "The server's")]
    probe: Option<Period>,

    #[command(flatten)]
    detect: Detect,
}

/// How a client and its server are set. Both of them detect by the same means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The client's rule. It is off while keepalive alone detects.
    pub rule: HeartbeatRule,
    /// The silence after which the server evicts, unless keepalive alone detects.
    pub timeout: Duration,
    /// The silence after which the server sends a probe. Shorter than `timeout`.
    pub probe: Option<Duration>,
    pub detect: Detect,
}

/// The flags of both programs as one argument: `#[command(flatten)] settings: Settings`.
impl Args for Settings {
    fn augment_args(command: Command) -> Command {
        Flags::augment_args(command)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Flags::augment_args_for_update(command)
    }
}

impl FromArgMatches for Settings {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let flags = Flags::from_arg_matches(matches)?;
        let Flags { idle, retry_interval: interval, retries, timeout, probe, detect } = flags;
        let conflict = |message| Err(clap::Error::raw(ErrorKind::ArgumentConflict, message));
        if probe.is_some_and(|probe| probe >= timeout) {
            return conflict("--probe must be shorter than --timeout");
        }
        if probe.is_some() && !detect.uses_heartbeat() {
            return conflict("--probe needs --detect heartbeat or --detect both");
        }
        let rule = HeartbeatRule { idle, retries, interval };
        Ok(Self { rule, timeout: timeout.get(), probe: probe.map(Period::get), detect })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Gives the flag a short default, with which a scene takes a few seconds:
/// `#[command(mut_args(short_default))]`.
pub fn short_default(flag: Arg) -> Arg {
    let default = match flag.get_id().as_str() {
        "idle" | "keepalive_idle" | "keepalive_interval" => "1s",
        "retry_interval" => "500ms",
        "retries" => "2",
        "timeout" => "3s",
        "keepalive_count" => "3",
        _ => return flag,
    };
    flag.default_value(default)
}

impl Settings {
    /// The settings that these flags ask for, with the short defaults.
    pub fn short(flags: &[&str]) -> Self {
        let command = Self::augment_args(Command::new("lab")).mut_args(short_default);
        let matches = command.get_matches_from(["lab"].iter().chain(flags));
        Self::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
    }

    /// The silence after which the client sends a heartbeat.
    pub fn idle(&self) -> Duration {
        self.rule.idle.get()
    }

    /// How long the kernel lets bytes stay unacknowledged, if there is a limit.
    pub fn user_timeout(&self) -> Option<Duration> {
        self.detect.keepalive().and_then(|keepalive| keepalive.user_timeout)
    }

    pub fn arguments(&self, role: Role) -> Vec<String> {
        [self.own_flags(role), self.detect_flags()].concat()
    }

    pub fn lab_arguments(&self) -> Vec<String> {
        [self.own_flags(Role::Client), self.own_flags(Role::Server), self.detect_flags()].concat()
    }

    fn own_flags(&self, role: Role) -> Vec<String> {
        match role {
            Role::Client => [
                flag("--idle", &in_one_word(self.idle())),
                flag("--retry-interval", &in_one_word(self.rule.interval.get())),
                flag("--retries", &self.rule.retries),
            ]
            .concat(),
            Role::Server => {
                let probe = self.probe.map(|probe| flag("--probe", &in_one_word(probe)));
                let timeout = flag("--timeout", &in_one_word(self.timeout));
                timeout.into_iter().chain(probe.into_iter().flatten()).collect()
            }
        }
    }

    fn detect_flags(&self) -> Vec<String> {
        let mode = match self.detect {
            Detect::Heartbeat => "heartbeat",
            Detect::Keepalive(_) => "keepalive",
            Detect::Both(_) => "both",
        };
        let mut flags = flag("--detect", &mode).to_vec();
        if let Some(Keepalive { idle, interval, count, user_timeout }) = self.detect.keepalive() {
            flags.extend(flag("--keepalive-idle", &in_one_word(idle)));
            flags.extend(flag("--keepalive-interval", &in_one_word(interval)));
            flags.extend(flag("--keepalive-count", &count));
            let limit = user_timeout.map(|limit| flag("--user-timeout", &in_one_word(limit)));
            flags.extend(limit.into_iter().flatten());
        }
        flags
    }
}

fn flag(name: &str, value: &impl ToString) -> [String; 2] {
    [name.to_owned(), value.to_string()]
}

/// A duration as a flag takes it without quotes: `2h11m15s`.
pub fn in_one_word(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}
