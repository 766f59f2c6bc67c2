//! When to ask for a sign of life, and when to give up: the rule, without clock or socket.
//!
//! ```text
//! last byte       1         2         3             retries+1      dead
//!     ├───────────┼─────────┼─────────┼── … ────────────┼───────────┤
//!         idle      interval  interval                     interval
//! ```
//!
//! Any byte received starts over. What we send proves nothing about the server.

use std::time::{Duration, Instant};

use common::LONGEST_WAIT;

/// The figures of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeartbeatRule {
    idle: Duration,
    retries: u32,
    interval: Duration,
}

/// The article's figures.
impl Default for HeartbeatRule {
    fn default() -> Self {
        Self { idle: Duration::from_secs(25), retries: 5, interval: Duration::from_secs(5) }
    }
}

/// A rule with a duration that is zero or beyond [`LONGEST_WAIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the idle time and the retry interval must be longer than zero, and 365 days at most")]
pub struct BadDuration;

impl HeartbeatRule {
    /// After `idle` without a byte a heartbeat is sent, and up to `retries` more, each
    /// `interval` after the one before.
    ///
    /// # Errors
    /// When a duration is zero or longer than [`LONGEST_WAIT`].
    pub fn new(idle: Duration, retries: u32, interval: Duration) -> Result<Self, BadDuration> {
        let waits = |duration: Duration| !duration.is_zero() && duration <= LONGEST_WAIT;
        if waits(idle) && waits(interval) {
            Ok(Self { idle, retries, interval })
        } else {
            Err(BadDuration)
        }
    }

    /// From the last byte received to the verdict: `idle + (retries + 1) × interval`.
    #[must_use]
    pub fn detection_time(&self) -> Duration {
        self.idle + self.interval * self.retries + self.interval
    }

    /// After how long a silence the first heartbeat is sent.
    #[must_use]
    pub fn idle(&self) -> Duration {
        self.idle
    }

    /// Heartbeats after the first.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// How long a heartbeat may go unanswered.
    #[must_use]
    pub fn interval(&self) -> Duration {
        self.interval
    }
}

/// What the rule asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Nothing before this moment, unless a byte comes.
    Wait(Instant),
    /// Send the heartbeat of this number, from 1 in each silence.
    Heartbeat(u32),
    /// The server is dead.
    Dead(Silence),
}

/// A silence in which every heartbeat went unanswered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Since the last byte received.
    pub lasted: Duration,
    /// Heartbeats within it.
    pub heartbeats: u32,
}

/// The rule applied to one connection.
#[derive(Debug)]
pub struct Liveness {
    rule: HeartbeatRule,
    heard: Instant,
    heartbeats: u32,
    next: Instant,
    /// Whether the verdict has been put off in this silence: for ever would be no verdict.
    postponed: bool,
}

impl Liveness {
    /// A connection that was made at `now`: that, too, was a sign of life.
    #[must_use]
    pub fn new(rule: HeartbeatRule, now: Instant) -> Self {
        Self { rule, heard: now, heartbeats: 0, next: now + rule.idle, postponed: false }
    }

    /// What to do at `now`, when the last byte came at `heard`.
    ///
    /// A heartbeat is always given its whole interval to be answered, however late the
    /// caller comes: a process that was stopped for an hour asks before it gives up. And a
    /// caller that comes late for the verdict waits for another interval, once: whoever was
    /// held up may have held up the reader of the answer, too.
    pub fn step(&mut self, heard: Instant, now: Instant) -> Step {
        if heard > self.heard {
            *self = Self::new(self.rule, heard);
        }
        if now < self.next {
            Step::Wait(self.next)
        } else if self.heartbeats <= self.rule.retries {
            self.heartbeats += 1;
            self.next = now + self.rule.interval;
            Step::Heartbeat(self.heartbeats)
        } else if now - self.next > self.rule.interval / 2 && !self.postponed {
            self.postponed = true;
            self.next = now + self.rule.interval;
            Step::Wait(self.next)
        } else {
            let lasted = now.saturating_duration_since(self.heard);
            Step::Dead(Silence { lasted, heartbeats: self.heartbeats })
        }
    }
}
