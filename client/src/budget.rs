//! The time that the search for a server may take. A pure rule: `now` is passed in.

use std::time::{Duration, Instant};

use common::verdict::LATE;

/// The time that a search for the server may take, and when a notice about it is due.
#[derive(Debug, Clone)]
pub struct Budget {
    end: Instant,
    /// `None` once the notice is given.
    notice: Option<Instant>,
}

impl Budget {
    /// The time for the whole search.
    pub const WHOLE: Duration = Duration::from_secs(10);
    /// How long a search is silent.
    const SILENCE: Duration = Duration::from_secs(1);

    /// The budget of a search that starts now.
    pub fn new(now: Instant) -> Self {
        Self { end: now + Self::WHOLE, notice: Some(now + Self::SILENCE) }
    }

    /// When to wake up if nothing happens and the next attempt is due at `next`.
    pub fn wake(&self, next: Option<Instant>) -> Instant {
        [self.notice, next].into_iter().flatten().fold(self.end, Instant::min)
    }

    /// Adds the time for which this process was stopped (SIGSTOP, a suspended machine): then a
    /// wait that should have ended at `until` ends much later.
    pub fn forgive(&mut self, until: Instant, now: Instant) {
        let late = now.saturating_duration_since(until);
        if late > LATE {
            self.end += late;
        }
    }

    pub fn is_spent(&self, now: Instant) -> bool {
        now >= self.end
    }

    /// Whether a notice about the search is due now. It is due once.
    pub fn notice_is_due(&mut self, now: Instant) -> bool {
        self.notice.take_if(|notice| now >= *notice).is_some()
    }

    /// Makes a notice due a second from now, if one has been given before.
    pub fn renew_notice(&mut self, now: Instant) {
        self.notice.get_or_insert(now + Self::SILENCE);
    }
}
