//! The flags of both programs that decide when a fault is detected, as one set. Every command of
//! the lab takes them, and the lab gives them to the programs that it starts.
//!
//! The names and the checks are the programs' own. The defaults are the programs' own for
//! `lab predict`, and short ones for the commands that play a scene.

use std::time::Duration;

use clap::{Args as _, Command, FromArgMatches as _};
use client::liveness::HeartbeatRule;
use common::{
    args::{self, DetectArgs},
    detect::{Detect, Keepalive},
};
use server::config::Config;

use crate::event::Role;

/// The flags of both programs.
#[derive(Debug, Clone, clap::Args)]
pub struct SettingsArgs {
    /// Send a heartbeat when nothing has come from the server for this long
    #[arg(long, value_name = "DURATION", default_value = "25s", value_parser = args::checked(args::duration), help_heading = "The client's")]
    idle: Duration,

    /// Wait this long for an answer before the next heartbeat
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = args::checked(args::duration), help_heading = "The client's")]
    retry_interval: Duration,

    /// Heartbeats after the first before giving up
    #[arg(long, value_name = "N", default_value = "5", value_parser = args::checked(args::number), help_heading = "The client's")]
    retries: u32,

    /// Evict a client from which nothing has come for this long
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = args::checked(args::duration), help_heading = "The server's")]
    timeout: Duration,

    /// Ask a client that has been silent for this long for a sign of life; shorter than --timeout
    #[arg(long, value_name = "DURATION", value_parser = args::checked(args::duration), help_heading = "The server's")]
    probe: Option<Duration>,

    #[command(flatten)]
    detect: DetectArgs,
}

impl SettingsArgs {
    /// The settings that the flags ask for.
    pub fn settings(&self) -> Result<Settings, String> {
        let rule = HeartbeatRule::new(self.idle, self.retries, self.retry_interval)
            .map_err(|error| error.to_string())?;
        let (timeout, probe, detect) = (self.timeout, self.probe, self.detect.detect()?);
        Config::new(timeout, probe, 1, detect).map_err(|error| error.to_string())?;
        Ok(Settings { rule, timeout, probe, detect })
    }
}

/// The short defaults, with which a scene takes a few seconds.
const SHORT: [(&str, &str); 4] =
    [("idle", "1s"), ("retry_interval", "500ms"), ("retries", "2"), ("timeout", "3s")];

/// The short defaults of keepalive. They count only where keepalive is on, since the programs
/// refuse these flags elsewhere.
const SHORT_KEEPALIVE: [(&str, &str); 3] =
    [("keepalive_idle", "1s"), ("keepalive_interval", "1s"), ("keepalive_count", "3")];

/// Gives a command that takes [`SettingsArgs`] the short defaults, in its help too.
pub fn with_short_defaults(mut command: Command) -> Command {
    for (flag, value) in SHORT {
        command = command.mut_arg(flag, |flag| flag.default_value(value));
    }
    for (flag, value) in SHORT_KEEPALIVE {
        command = command.mut_arg(flag, |flag| {
            let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
            let (help, _) = help.split_once(" [default").unwrap_or((&help, ""));
            let help = format!("{help} [default: {value}]");
            let modes = ["keepalive", "both"].map(|mode| ("detect", mode, Some(value)));
            flag.default_value_ifs(modes).help(help)
        });
    }
    command
}

/// How a client and its server are set. Both of them detect by the same means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The client's rule. It is off while keepalive alone detects.
    pub rule: HeartbeatRule,
    /// The silence after which the server evicts, unless keepalive alone detects.
    pub timeout: Duration,
    /// The silence after which the server asks for a sign of life. Shorter than `timeout`.
    pub probe: Option<Duration>,
    /// How both programs detect.
    pub detect: Detect,
}

impl Settings {
    /// The settings that these flags ask for, with the short defaults.
    pub fn short(flags: &[&str]) -> Self {
        let command = with_short_defaults(SettingsArgs::augment_args(Command::new("lab")));
        let matches = command.get_matches_from(["lab"].iter().chain(flags));
        let arguments = SettingsArgs::from_arg_matches(&matches).expect("clap checked the flags");
        arguments.settings().expect("the flags agree")
    }

    /// The silence after which the client sends a heartbeat.
    pub fn idle(&self) -> Duration {
        self.rule.idle()
    }

    /// How long the kernel lets bytes stay unacknowledged, if there is a limit.
    pub fn user_timeout(&self) -> Option<Duration> {
        self.detect.keepalive().and_then(|keepalive| keepalive.user_timeout)
    }

    /// The flags for this program.
    pub fn arguments(&self, role: Role) -> Vec<String> {
        [self.own_flags(role), self.detect_flags()].concat()
    }

    /// The flags for a command of the lab.
    pub fn lab_arguments(&self) -> Vec<String> {
        [self.own_flags(Role::Client), self.own_flags(Role::Server), self.detect_flags()].concat()
    }

    fn own_flags(&self, role: Role) -> Vec<String> {
        match role {
            Role::Client => [
                flag("--idle", in_one_word(self.idle())),
                flag("--retry-interval", in_one_word(self.rule.interval())),
                flag("--retries", self.rule.retries()),
            ]
            .concat(),
            Role::Server => {
                let probe = self.probe.map(|probe| flag("--probe", in_one_word(probe)));
                let timeout = flag("--timeout", in_one_word(self.timeout));
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
        let mut flags = flag("--detect", mode).to_vec();
        if let Some(Keepalive { idle, interval, count, user_timeout }) = self.detect.keepalive() {
            flags.extend(flag("--keepalive-idle", in_one_word(idle)));
            flags.extend(flag("--keepalive-interval", in_one_word(interval)));
            flags.extend(flag("--keepalive-count", count));
            let limit = user_timeout.map(|limit| flag("--user-timeout", in_one_word(limit)));
            flags.extend(limit.into_iter().flatten());
        }
        flags
    }
}

fn flag(name: &str, value: impl ToString) -> [String; 2] {
    [name.to_owned(), value.to_string()]
}

/// A duration as a flag takes it without quotes: `2h11m15s`.
pub fn in_one_word(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}
