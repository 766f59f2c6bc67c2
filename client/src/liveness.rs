//! When to ask for a sign of life, and when to give up: the rule, without clock or socket.
//!
//! ```text
//! last byte       1         2         3             retries+1      dead
//!     ├───────────┼─────────┼─────────┼── … ────────────┼───────────┤
//!         idle      interval  interval                     interval
//! ```
//!
//! Any byte received starts over. What we send proves nothing about the server.
//!
//! The server counts, too: it hears us only when we send. So the first heartbeat is also due
//! when *we* have sent nothing for `idle`, however much comes. If bytes keep coming, it starts
//! nothing: the next byte starts over.
//!
//! In the article: `heartbg` with its figures `outtime`, `cnt` and `difftime`, and the comparisons in
//! `send_heart`.

use std::time::{Duration, Instant};

use common::period::Period;

/// The figures of the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeartbeatRule {
    /// The first heartbeat is sent when one side has been silent for this long.
    pub idle: Period,
    /// Heartbeats after the first.
    pub retries: u32,
    /// How long a heartbeat may go unanswered.
    pub interval: Period,
}

impl HeartbeatRule {
    /// The article's figures, and the defaults of the command line.
    pub const ARTICLE: Self = Self {
        idle: Period::new(Duration::from_secs(25)),
        retries: 5,
        interval: Period::new(Duration::from_secs(5)),
    };

    /// From the last byte received to the verdict: `idle + (retries + 1) × interval`.
    pub fn detection_time(&self) -> Duration {
        let interval = self.interval.get();
        self.idle.get() + interval * self.retries + interval
    }
}

/// The next step under the rule.
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
    /// How long ago the last byte came.
    pub lasted: Duration,
    /// Heartbeats within it.
    pub heartbeats: u32,
    /// How long ago the verdict was due.
    pub late: Duration,
}

/// The rule applied to one connection.
#[derive(Debug)]
pub struct Liveness {
    rule: HeartbeatRule,
    heard: Instant,
    heartbeats: u32,
    next: Instant,
}

impl Liveness {
    /// A connection that was made at `now`: that, too, was a sign of life.
    pub fn new(rule: HeartbeatRule, now: Instant) -> Self {
        Self { rule, heard: now, heartbeats: 0, next: now + rule.idle.get() }
    }

    /// A connection that was made at `now` and is asked at once.
    pub fn at_once(rule: HeartbeatRule, now: Instant) -> Self {
        Self { next: now, ..Self::new(rule, now) }
    }

    /// A silence that began at `alive` and is noticed at `now`. The heartbeats that were due in
    /// between count as tried, so the verdict is due when it would have been.
    pub fn since(rule: HeartbeatRule, alive: Instant, now: Instant) -> Self {
        let mut liveness = Self::new(rule, alive);
        if let Some(overdue) = now.checked_duration_since(liveness.next) {
            let interval = rule.interval.get();
            let tried = overdue.as_nanos() / interval.as_nanos() + 1;
            liveness.heartbeats =
                u32::try_from(tried).unwrap_or(u32::MAX).min(rule.retries.saturating_add(1));
            liveness.next += interval * liveness.heartbeats;
        }
        liveness
    }

    /// Heartbeats sent in this silence.
    pub fn heartbeats(&self) -> u32 {
        self.heartbeats
    }

    /// Returns the next step at `now`, when the last byte came at `heard` and ours went at `sent`.
    ///
    /// A heartbeat always gets about its whole interval to be answered, however late the caller
    /// comes: a process that was stopped for an hour asks before it gives up.
    pub fn step(&mut self, heard: Instant, sent: Instant, now: Instant) -> Step {
        if heard > self.heard {
            *self = Self::new(self.rule, heard);
        }
        let due = match self.heartbeats {
            0 => self.next.min(sent + self.rule.idle.get()),
            _ => self.next,
        };
        if now < due {
            return Step::Wait(due);
        }
        let (late, interval) = (now - due, self.rule.interval.get());
        if self.heartbeats > self.rule.retries {
            let lasted = now.saturating_duration_since(self.heard);
            return Step::Dead(Silence { lasted, heartbeats: self.heartbeats, late });
        }
        self.heartbeats += 1;
        let counts_from = if late < interval / 8 { self.next } else { self.next.max(now) };
        self.next = counts_from + interval;
        Step::Heartbeat(self.heartbeats)
    }
}
