//! When lines are due at a fixed rate.

use std::{
    thread,
    time::{Duration, Instant},
};

/// A sleep that is shorter than the shortest timeout of `poll`, a millisecond.
const SHORT_SLEEP: Duration = Duration::from_micros(50);

pub(crate) struct Schedule {
    start: Instant,
    interval: f64,
    sent: usize,
}

impl Schedule {
    /// Lines per second, from now on.
    pub(crate) fn new(rate: f64) -> Self {
        Self { start: Instant::now(), interval: 1.0 / rate, sent: 0 }
    }

    /// Takes the next line if it is due: its number, and when it was due.
    pub(crate) fn take_due(&mut self, now: Instant) -> Option<(usize, Instant)> {
        let due = self.next_due();
        if due > now {
            return None;
        }
        self.sent += 1;
        Some((self.sent, due))
    }

    /// How long `poll` may wait without missing the next line. If the line is due too soon for
    /// `poll`, this sleeps instead.
    pub(crate) fn poll_timeout(&self) -> Duration {
        let left = self.next_due().saturating_duration_since(Instant::now());
        if left > Duration::from_millis(2) {
            Duration::from_millis(1)
        } else {
            thread::sleep(left.min(SHORT_SLEEP));
            Duration::ZERO
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "the loss matters after thousands of years")]
    fn next_due(&self) -> Instant {
        self.start + Duration::from_secs_f64(self.interval * self.sent as f64)
    }
}
