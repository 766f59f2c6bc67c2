//! The flags of both programs that decide when a fault is detected, as one set. Every command of
//! the lab takes them, and the lab gives them to the programs that it starts.
//!
//! The names and the checks are the programs' own. The defaults are the programs' own for
//! `lab predict`, and short ones for the commands that play a scene.

use std::time::Duration;

use clap::{Arg, Args, Command, FromArgMatches};
use client::liveness::HeartbeatRule;
use common::{detect::Detect, period::Period};
use server::server::Config;

use crate::event::Role;

/// How a client and its server are set. Both of them detect by the same means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::Args)]
pub struct Settings {
    /// Send a heartbeat when nothing has come from the server for this long
    #[arg(long, value_name = "DURATION", default_value_t = HeartbeatRule::ARTICLE.idle, help_heading = "The client's")]
    pub idle: Period,

    /// Wait this long for an answer before the next heartbeat
    #[arg(long, value_name = "DURATION", default_value_t = HeartbeatRule::ARTICLE.interval, help_heading = "The client's")]
    pub retry_interval: Period,

    /// Heartbeats after the first before giving up
    #[arg(long, value_name = "N", default_value_t = HeartbeatRule::ARTICLE.retries, help_heading = "The client's")]
    pub retries: u32,

    /// Evict a client from which nothing has come for this long
    #[arg(long, value_name = "DURATION", default_value_t = Config::TIMEOUT, help_heading = "The server's")]
    pub timeout: Period,

    /// Send a probe to a client that has been silent for this long; shorter than --timeout
    #[arg(long, value_name = "DURATION", help_heading = "The server's")]
    pub probe: Option<Period>,

    #[command(flatten)]
    pub detect: Detect,
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

/// Gives the flag the default of `lab live`: long enough for a person to watch the rule at work.
pub fn live_default(flag: Arg) -> Arg {
    let default = match flag.get_id().as_str() {
        "idle" | "keepalive_idle" => "3s",
        "retry_interval" | "keepalive_interval" => "1s",
        "retries" => "2",
        "timeout" => "10s",
        "keepalive_count" => "3",
        _ => return flag,
    };
    flag.default_value(default)
}

/// The flags of `more` behind those of `flags` that they do not replace. Both are as on a command
/// line: `--idle 3s --reconnect --retries=2`.
pub fn replaced(flags: &[String], more: &[String]) -> Vec<String> {
    let new: Vec<_> = split(more).map(|(name, _)| name).collect();
    let kept = split(flags).filter(|(name, _)| !new.contains(name));
    kept.flat_map(|(_, words)| words).chain(more).cloned().collect()
}

/// Those of these flags that are settings, and the others.
pub fn partition(flags: &[String]) -> [Vec<String>; 2] {
    let command = Settings::augment_args(Command::new("lab"));
    let is_setting = |name: &str| command.get_arguments().any(|flag| flag.get_long() == Some(name));
    let (settings, others): (Vec<_>, Vec<_>) =
        split(flags).partition(|(name, _)| is_setting(name.trim_start_matches('-')));
    [settings, others]
        .map(|flags| flags.into_iter().flat_map(|(_, words)| words).cloned().collect())
}

/// Flags with their names, each with its value if that is a word of its own. A negative number is
/// no flag.
fn split(flags: &[String]) -> impl Iterator<Item = (&str, &[String])> {
    let starts_flag = |word: &String| {
        let second = word.strip_prefix('-').and_then(|rest| rest.chars().next());
        second.is_some_and(|second| second == '-' || second.is_alphabetic())
    };
    flags.chunk_by(move |_, next| !starts_flag(next)).map(|words| {
        let name = words.first().map_or("", |word| word.split('=').next().unwrap_or(word));
        (name, words)
    })
}

impl Settings {
    /// The settings that these flags ask for, with the short defaults.
    pub fn short(flags: &[&str]) -> Self {
        Self::parse(flags, short_default).unwrap_or_else(|error| error.exit())
    }

    /// The settings that these flags ask for, with defaults changed by `default`. A later flag
    /// replaces an earlier one.
    pub fn parse(
        flags: &[impl AsRef<str>],
        default: impl Fn(Arg) -> Arg,
    ) -> Result<Self, clap::Error> {
        let command = Self::augment_args(Command::new("lab")).args_override_self(true);
        let flags = flags.iter().map(AsRef::as_ref);
        let matches =
            command.mut_args(default).try_get_matches_from(["lab"].into_iter().chain(flags));
        Self::from_arg_matches(&matches?)
    }

    /// Whether the server takes its flags together.
    pub fn check(&self) -> Result<(), String> {
        if self.probe.is_some_and(|probe| probe >= self.timeout) {
            return Err("--probe must be shorter than --timeout".to_owned());
        }
        if self.probe.is_some() && !self.detect.uses_heartbeat() {
            return Err("--probe needs --detect heartbeat or --detect both".to_owned());
        }
        Ok(())
    }

    /// The client's rule. It is off while keepalive alone detects.
    pub fn rule(&self) -> HeartbeatRule {
        HeartbeatRule { idle: self.idle, retries: self.retries, interval: self.retry_interval }
    }

    pub fn idle(&self) -> Duration {
        self.idle.get()
    }

    pub fn timeout(&self) -> Duration {
        self.timeout.get()
    }

    pub fn probe(&self) -> Option<Duration> {
        self.probe.map(Period::get)
    }

    /// How long the kernel lets bytes stay unacknowledged, if there is a limit.
    pub fn user_timeout(&self) -> Option<Duration> {
        self.detect.keepalive().and_then(|keepalive| keepalive.user_timeout)
    }

    pub fn arguments(&self, role: Role) -> Vec<String> {
        self.flags(|of| of.is_none_or(|of| of == role))
    }

    pub fn lab_arguments(&self) -> Vec<String> {
        self.flags(|_| true)
    }

    /// The flags of those programs that are wanted. A flag without a program is both programs'.
    fn flags(&self, is_wanted: impl Fn(Option<Role>) -> bool) -> Vec<String> {
        let mode = match self.detect {
            Detect::Heartbeat => "heartbeat",
            Detect::Keepalive(_) => "keepalive",
            Detect::Both(_) => "both",
        };
        let (client, server) = (Some(Role::Client), Some(Role::Server));
        let keepalive = self.detect.keepalive();
        let flags = [
            (client, "--idle", Some(in_one_word(self.idle()))),
            (client, "--retry-interval", Some(in_one_word(self.retry_interval.get()))),
            (client, "--retries", Some(self.retries.to_string())),
            (server, "--timeout", Some(in_one_word(self.timeout()))),
            (server, "--probe", self.probe().map(in_one_word)),
            (None, "--detect", Some(mode.to_owned())),
            (None, "--keepalive-idle", keepalive.map(|figures| in_one_word(figures.idle))),
            (None, "--keepalive-interval", keepalive.map(|figures| in_one_word(figures.interval))),
            (None, "--keepalive-count", keepalive.map(|figures| figures.count.to_string())),
            (None, "--user-timeout", self.user_timeout().map(in_one_word)),
        ];
        let wanted = flags.into_iter().filter(|(role, ..)| is_wanted(*role));
        wanted.filter_map(|(_, name, value)| Some([name.to_owned(), value?])).flatten().collect()
    }
}

/// A duration as a flag takes it without quotes: `2h11m15s`.
pub fn in_one_word(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}
