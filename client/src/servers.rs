//! Whom to try next, and when: the rule of reconnection, without clock or socket.
//!
//! Each server has a record: how often it failed in a row, and before when it is not tried again.
//! The server that may be tried soonest is the next one. Among several that may be tried now, the
//! first in the order of preference is.
//!
//! Every pause has a random part, from the first attempt on. Otherwise all clients of a server
//! that died would come back at the same moment, again and again.

use std::{
    ops::RangeInclusive,
    time::{Duration, Instant},
};

/// A connection that was proven and lived this long shows that its server works, so the pauses
/// start over. A shorter life does not: a server may answer one heartbeat and die.
pub const STABLE: Duration = Duration::from_secs(10);

/// Text that came back in a shorter life shows that the server does its work. The pauses do not
/// start over, because the server may be dying of its load. But no more failures than these count.
const MOST_AFTER_TEXT: u32 = 2;

/// The longest pause before another server is tried.
pub const OTHER_SERVER: Duration = Duration::from_millis(250);

/// Why an attempt or a connection has failed, as far as the next attempt depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// An end of stream or a reset.
    Ended,
    /// The host answers and refuses the connection.
    Refused,
    /// Nothing comes back, or nobody knows the way there.
    Unreachable,
    /// The server takes connections and does not answer. Each attempt costs it one.
    Hung,
    /// This host has no network. No server is to blame.
    Offline,
}

impl Trouble {
    /// The shortest and the longest pause before the same server is tried again, after so many
    /// failures in a row. This one counts among them.
    pub fn pause(self, failures: u32) -> RangeInclusive<Duration> {
        const SECOND: Duration = Duration::from_secs(1);
        let doubled = |first: Duration, most: Duration| {
            let limit = first.saturating_mul(1 << failures.saturating_sub(2).min(16)).min(most);
            limit / 2..=limit
        };
        match self {
            Self::Ended if failures <= 1 => Duration::ZERO..=SECOND,
            Self::Ended | Self::Refused | Self::Unreachable => doubled(SECOND, 30 * SECOND),
            Self::Hung => doubled(5 * SECOND, 60 * SECOND),
            Self::Offline => SECOND..=2 * SECOND,
        }
    }
}

/// The next attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    pub server: usize,
    /// When it is due.
    pub at: Instant,
}

/// The servers, in the order of preference, and what is known of them.
#[derive(Debug)]
pub struct Servers {
    records: Vec<Record>,
    give_up_after: Duration,
    /// When a server last showed that the conversation goes on.
    alive: Instant,
    /// Attempts since then.
    attempts: u32,
    random: fastrand::Rng,
}

#[derive(Debug, Clone, Copy, Default)]
struct Record {
    failures: u32,
    /// `None` if it can be tried at once.
    not_before: Option<Instant>,
    /// Whether it was last tried while this host had no network.
    offline: bool,
}

impl Servers {
    /// `count` servers of which nothing is known. To give up takes `give_up_after`, from `now` or
    /// from the last sign of life.
    pub fn new(count: usize, give_up_after: Duration, random: fastrand::Rng, now: Instant) -> Self {
        let records = vec![Record::default(); count];
        Self { records, give_up_after, alive: now, attempts: 0, random }
    }

    /// How many servers there are.
    pub fn count(&self) -> usize {
        self.records.len()
    }

    /// Records that an attempt begins.
    pub fn attempt(&mut self) {
        self.attempts += 1;
    }

    /// Attempts since the last sign of life.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Records that the conversation still went on at `when`: text came back, or the connection
    /// was stable.
    pub fn alive(&mut self, when: Instant) {
        self.alive = self.alive.max(when);
        self.attempts = 0;
    }

    /// Records that the connection to this server was proven and lived for [`STABLE`].
    pub fn stable(&mut self, server: usize) {
        self.records[server] = Record::default();
    }

    /// Records that text came back from this server.
    pub fn text_came_back(&mut self, server: usize) {
        let failures = &mut self.records[server].failures;
        *failures = (*failures).min(MOST_AFTER_TEXT);
    }

    /// Adds time that does not count, because this process was stopped.
    pub fn forgive(&mut self, late: Duration) {
        self.alive += late;
    }

    /// How long ago the last sign of life was.
    pub fn silence(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.alive)
    }

    /// Records that this server has failed. Returns the next attempt, or `None` if it is time to
    /// give up. The last attempt is made when that time comes.
    pub fn failed(&mut self, server: usize, trouble: Trouble, now: Instant) -> Option<Attempt> {
        let record = &mut self.records[server];
        record.offline = trouble == Trouble::Offline;
        if !record.offline {
            record.failures = record.failures.saturating_add(1);
        }
        let pause = trouble.pause(record.failures);
        let is_first_end = trouble == Trouble::Ended && record.failures == 1;
        let not_before = now + self.between(pause);
        self.records[server].not_before = Some(not_before);
        if self.records.iter().all(|record| record.offline) {
            // When the network is back, the first server is preferred.
            for record in &mut self.records {
                (record.not_before, record.offline) = (Some(not_before), false);
            }
        }

        let (next, at) = if is_first_end {
            (server, not_before) // it may just have been restarted
        } else {
            self.soonest(server, now)
        };
        let left = (self.alive + self.give_up_after).saturating_duration_since(now);
        if left.is_zero() {
            return (self.attempts == 0).then_some(Attempt { server: next, at });
        }
        Some(Attempt { server: next, at: at.min(now + left) })
    }

    /// The server that may be tried soonest after this one has failed, and when.
    fn soonest(&mut self, failed: usize, now: Instant) -> (usize, Instant) {
        let may_be_tried = |record: &Record| record.not_before.map_or(now, |at| at.max(now));
        let times = self.records.iter().map(may_be_tried).enumerate();
        let (next, at) = times.min_by_key(|&(_, at)| at).expect("there is at least one server");
        let is_at_once = next != failed && at == now;
        (next, if is_at_once { now + self.between(Duration::ZERO..=OTHER_SERVER) } else { at })
    }

    fn between(&mut self, pause: RangeInclusive<Duration>) -> Duration {
        let range = pause.end().saturating_sub(*pause.start());
        *pause.start() + range.mul_f64(self.random.f64())
    }
}
