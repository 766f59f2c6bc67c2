//! A client as the lab sees it: what state its process is in, and where it stands in its rule.

use std::time::Duration;

use client::liveness::HeartbeatRule;
use tests::event::Event;

use crate::settings::Settings;

/// How long a client that has ended is still shown.
pub const SHOWN_AFTER_END: Duration = Duration::from_secs(15);

/// The name of our client's program.
const CLIENT: &str = "client";

/// A client, running or ended.
#[derive(Debug, Clone)]
pub struct Client {
    pub name: String,
    /// Whether the lab started it. If not, it joined from another terminal.
    pub is_ours: bool,
    pub pid: Option<u32>,
    /// The name of its program. Only the rule of `client` is known.
    pub program: String,
    /// The lab's settings with this client's own flags.
    pub settings: Settings,
    pub state: State,
    /// Whether the lab is killing it.
    pub is_killed: bool,
    /// Whether the lab has stopped reading its output, and floods its input.
    pub is_deaf: bool,
    /// The ports of its connections, the latest last. Each names a connection.
    pub ports: Vec<u16>,
    /// The number that the server gave to its latest connection.
    pub conn: Option<u64>,
    /// When the last byte came to it.
    pub heard: Option<Duration>,
    /// The heartbeats of this silence that it has sent: how many, and when the last one.
    pub asked: Option<(u32, Duration)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Its process was started, and has no connection yet.
    Connecting,
    Running,
    /// SIGSTOP.
    Stopped,
    Ended {
        at: Duration,
        /// Its last words, or what is known instead: `unanswered`, `killed`, `left`.
        why: String,
    },
}

/// Where a client stands in its rule: how far the silence has come on the way to the verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Since the last byte came.
    pub silent: Duration,
    /// How many heartbeats of this silence were sent.
    pub sent: u32,
    /// What is next, and how soon. It may be overdue, as while the process is stopped.
    pub next: Next,
    pub left: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The heartbeat of this number, from 1.
    Heartbeat(u32),
    /// The server is taken for dead.
    Verdict,
}

impl Client {
    pub fn new(name: String, is_ours: bool, settings: Settings) -> Self {
        Self {
            name,
            is_ours,
            pid: None,
            program: CLIENT.to_owned(),
            settings,
            state: State::Connecting,
            is_killed: false,
            is_deaf: false,
            ports: Vec::new(),
            conn: None,
            heard: None,
            asked: None,
        }
    }

    pub fn is_over(&self) -> bool {
        matches!(self.state, State::Ended { .. })
    }

    /// Whether it is still shown at `now`.
    pub fn is_shown(&self, now: Duration) -> bool {
        match self.state {
            State::Ended { at, .. } => now.saturating_sub(at) < SHOWN_AFTER_END,
            _ => true,
        }
    }

    /// Whether it is our client, so that its rule is known.
    pub fn has_rule(&self) -> bool {
        self.program == CLIENT
    }

    /// The port of its connection, which names it on the wire and in the kernel.
    pub fn port(&self) -> Option<u16> {
        self.ports.last().copied()
    }

    /// Its heartbeat's rule. `None` with keepalive alone, and for another program.
    pub fn rule(&self) -> Option<HeartbeatRule> {
        let has_rule = self.has_rule() && self.settings.detect.uses_heartbeat();
        has_rule.then(|| self.settings.rule())
    }

    /// Where it stands in its rule at `now`. `None` without a connection or a rule.
    pub fn progress(&self, now: Duration) -> Option<Progress> {
        let (rule, heard) = (self.rule()?, self.heard?);
        if self.is_over() || self.state == State::Connecting {
            return None;
        }
        let asked = self.asked.filter(|(_, at)| *at >= heard);
        let (sent, due) = match asked {
            None => (0, heard + rule.idle.get()),
            Some((sent, at)) => (sent, at + rule.interval.get()),
        };
        let next = if sent > rule.retries { Next::Verdict } else { Next::Heartbeat(sent + 1) };
        let silent = now.saturating_sub(heard);
        Some(Progress { silent, sent, next, left: due.saturating_sub(now) })
    }

    /// A byte came to it at this moment.
    pub fn heard(&mut self, at: Duration) {
        self.heard = Some(self.heard.map_or(at, |known| known.max(at)));
    }

    /// It sent a heartbeat.
    pub fn asked(&mut self, at: Duration) {
        let silence = self.heard.unwrap_or_default();
        let before = self.asked.filter(|(_, at)| *at >= silence).map_or(0, |(count, _)| count);
        self.asked = Some((before.saturating_add(1), at));
    }

    /// What its own log says of it.
    pub fn logged(&mut self, at: Duration, event: &Event) {
        match event.name() {
            "connected" => {
                self.heard(at);
                if self.state == State::Connecting {
                    self.state = State::Running;
                }
            }
            "heartbeat_sent" => {
                let retry = event.u64("retry").and_then(|retry| u32::try_from(retry).ok());
                self.asked = Some((retry.unwrap_or_default().saturating_add(1), at));
            }
            "heartbeat_answered" => self.heard(at),
            "connection_ended" => self.disconnected(),
            "ended" | "failed" => {
                self.ended(at, event.str("reason").unwrap_or("failed").replace('_', " "));
            }
            _ => {}
        }
    }

    /// Its process was stopped, or goes on.
    pub fn set_stopped(&mut self, is_stopped: bool) {
        self.state = match self.state {
            State::Connecting | State::Running if is_stopped => State::Stopped,
            State::Stopped if !is_stopped && self.conn.is_some() => State::Running,
            State::Stopped if !is_stopped => State::Connecting,
            _ => return,
        };
    }

    /// It has lost its connection, and may get another one.
    pub fn disconnected(&mut self) {
        self.conn = None;
        self.asked = None;
        if self.state == State::Running {
            self.state = State::Connecting;
        }
    }

    /// It has ended for this reason. Only the first one counts.
    pub fn ended(&mut self, at: Duration, why: String) {
        if !self.is_over() {
            self.state = State::Ended { at, why };
        }
    }
}
