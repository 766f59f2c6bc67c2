//! What a run tries.

use std::time::Duration;

/// The shortest step from one silence to the next, and the shortest time between two beats.
const SHORTEST_STEP: Duration = Duration::from_millis(1);
const SHORTEST_BEAT: Duration = Duration::from_millis(10);
const LONGEST_BEAT: Duration = Duration::from_secs(1);

/// The times of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The shortest silence.
    pub from: Duration,
    /// The longest silence, not below `from`.
    pub to: Duration,
    /// How long the answer to a heartbeat may take. The client's `--retry-interval`.
    pub retry_interval: Duration,
}

impl Plan {
    /// The silences, shortest first: each is an eighth longer than the one before, and the last
    /// is `to`. So a limit between two of them is known to an eighth.
    pub fn silences(&self) -> Vec<Duration> {
        let next = |silence: &Duration| Some(*silence + (*silence / 8).max(SHORTEST_STEP));
        let shorter = std::iter::successors(Some(self.from), next);
        shorter.take_while(|silence| *silence < self.to).chain([self.to]).collect()
    }

    /// How long the control connection waits from one heartbeat to the next. It must not run into
    /// the limit itself, so this is far below the shortest silence.
    pub fn beat(&self) -> Duration {
        (self.from / 4).clamp(SHORTEST_BEAT, LONGEST_BEAT)
    }

    /// How long the control connection waits for an answer. An outage may delay the control's
    /// heartbeat by less than another one that was sent a little later, since each connection
    /// retransmits at its own times. With half the time of the others, the control notices first.
    pub fn control_patience(&self) -> Duration {
        self.retry_interval / 2
    }
}
