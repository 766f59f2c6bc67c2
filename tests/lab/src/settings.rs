//! The programs' own flags of time and detection, as one set that every command of the lab
//! takes, and the way back from it to the programs' command lines.
//!
//! The words and the checks are the programs' own. Only the figures that hold where a flag
//! is not given may differ: the lab's scenes have shorter ones.

use std::time::Duration;

use client::liveness::HeartbeatRule;
use common::{
    args::{self, DetectArgs},
    detect::{Detect, Keepalive},
};
use server::config::{Config, DEFAULT_TIMEOUT};

/// The flags of both programs that decide who notices what, and when.
#[derive(Debug, Clone, clap::Args)]
pub struct SettingsArgs {
    /// Send a heartbeat when nothing has come from the server for this long
    #[arg(long, value_name = "DURATION", value_parser = args::checked(args::duration), help_heading = "The client's")]
    idle: Option<Duration>,

    /// Wait this long for an answer before the next heartbeat
    #[arg(long, value_name = "DURATION", value_parser = args::checked(args::duration), help_heading = "The client's")]
    retry_interval: Option<Duration>,

    /// Heartbeats after the first before giving up
    #[arg(long, value_name = "N", value_parser = args::checked(args::number), help_heading = "The client's")]
    retries: Option<u32>,

    /// Evict a client from which nothing has come for this long
    #[arg(long, value_name = "DURATION", value_parser = args::checked(args::duration), help_heading = "The server's")]
    timeout: Option<Duration>,

    /// Ask a client that has been silent for this long for a sign of life; shorter than --timeout
    #[arg(long, value_name = "DURATION", value_parser = args::checked(args::duration), help_heading = "The server's")]
    probe: Option<Duration>,

    #[command(flatten)]
    detect: DetectArgs,
}

impl SettingsArgs {
    /// What the flags ask for, with these figures where none are given.
    ///
    /// # Errors
    /// When the flags contradict each other; the message names one.
    pub fn resolve(&self, defaults: &Defaults) -> Result<Settings, String> {
        let rule = HeartbeatRule::new(
            self.idle.unwrap_or(defaults.rule.idle()),
            self.retries.unwrap_or(defaults.rule.retries()),
            self.retry_interval.unwrap_or(defaults.rule.interval()),
        )
        .map_err(|error| error.to_string())?;
        let timeout = self.timeout.unwrap_or(defaults.timeout);
        Settings::new(rule, timeout, self.probe, self.detect.detect_with(defaults.keepalive)?)
    }
}

/// The figures that hold where a flag is not given. Without a flag there is no probe, and the
/// heartbeat alone detects, as in the programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Defaults {
    /// The client's rule.
    pub rule: HeartbeatRule,
    /// The silence after which the server evicts.
    pub timeout: Duration,
    /// Keepalive's figures, where it is on.
    pub keepalive: Keepalive,
}

/// The programs' own.
impl Default for Defaults {
    fn default() -> Self {
        Self {
            rule: HeartbeatRule::default(),
            timeout: DEFAULT_TIMEOUT,
            keepalive: Keepalive::default(),
        }
    }
}

/// How a client and its server are set, both of them to detect in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    rule: HeartbeatRule,
    timeout: Duration,
    probe: Option<Duration>,
    detect: Detect,
}

impl Settings {
    /// Settings that the programs take.
    ///
    /// # Errors
    /// What the server refuses, in its words.
    pub fn new(
        rule: HeartbeatRule,
        timeout: Duration,
        probe: Option<Duration>,
        detect: Detect,
    ) -> Result<Self, String> {
        Config::new(timeout, probe, 1, detect).map_err(|error| error.to_string())?;
        Ok(Self { rule, timeout, probe, detect })
    }

    /// The client's rule. It rests while keepalive alone detects.
    #[must_use]
    pub fn rule(&self) -> HeartbeatRule {
        self.rule
    }

    /// The silence after which the server evicts, unless keepalive alone detects.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// The silence after which the server asks.
    #[must_use]
    pub fn probe(&self) -> Option<Duration> {
        self.probe
    }

    /// How both programs detect.
    #[must_use]
    pub fn detect(&self) -> Detect {
        self.detect
    }

    /// How long the kernel lets bytes stay unacknowledged, if it was told.
    #[must_use]
    pub fn user_timeout(&self) -> Option<Duration> {
        self.detect.keepalive().and_then(|keepalive| keepalive.user_timeout)
    }

    /// The client's command line, as far as it is set here.
    #[must_use]
    pub fn client_arguments(&self) -> Vec<String> {
        let mut arguments = Arguments::default();
        arguments.duration("--idle", self.rule.idle());
        arguments.duration("--retry-interval", self.rule.interval());
        arguments.text("--retries", self.rule.retries().to_string());
        arguments.detect(self.detect);
        arguments.0
    }

    /// The lab's own command line for these settings.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = Arguments(self.client_arguments());
        arguments.duration("--timeout", self.timeout);
        if let Some(probe) = self.probe {
            arguments.duration("--probe", probe);
        }
        arguments.0
    }

    /// The server's command line, as far as it is set here.
    #[must_use]
    pub fn server_arguments(&self) -> Vec<String> {
        let mut arguments = Arguments::default();
        arguments.duration("--timeout", self.timeout);
        if let Some(probe) = self.probe {
            arguments.duration("--probe", probe);
        }
        arguments.detect(self.detect);
        arguments.0
    }
}

#[derive(Default)]
struct Arguments(Vec<String>);

impl Arguments {
    fn text(&mut self, flag: &str, value: impl Into<String>) {
        self.0.extend([flag.to_owned(), value.into()]);
    }

    fn duration(&mut self, flag: &str, value: Duration) {
        self.text(flag, in_one_word(value));
    }

    fn detect(&mut self, detect: Detect) {
        let mode = match detect {
            Detect::Heartbeat => "heartbeat",
            Detect::Keepalive(_) => "keepalive",
            Detect::Both(_) => "both",
        };
        self.text("--detect", mode);
        let Some(keepalive) = detect.keepalive() else {
            return;
        };
        self.duration("--keepalive-idle", keepalive.idle);
        self.duration("--keepalive-interval", keepalive.interval);
        self.text("--keepalive-count", keepalive.count.to_string());
        if let Some(limit) = keepalive.user_timeout {
            self.duration("--user-timeout", limit);
        }
    }
}

/// A duration as a flag takes it without quotes: `2h11m15s`.
#[must_use]
pub fn in_one_word(duration: Duration) -> String {
    humantime::format_duration(duration).to_string().replace(' ', "")
}
