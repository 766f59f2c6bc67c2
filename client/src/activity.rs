//! What was heard from the server, and when: written by the receiver, read by the
//! heartbeat thread and for the report.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The time of the last activity, and what has come so far.
pub struct Activity(Mutex<State>);

struct State {
    heard: Instant,
    listening: bool,
    bytes_read: u64,
    received: Received,
}

/// What came so far.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Whole lines of echo.
    pub lines: u64,
    /// Bytes of echo.
    pub bytes: u64,
    /// Round trips of the heartbeats that were answered.
    pub round_trips: RoundTrips,
}

/// Round trips, summed up as `ping` does.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrips {
    /// How many.
    pub count: u32,
    /// The shortest.
    pub min: Duration,
    /// All together.
    pub sum: Duration,
    /// The longest.
    pub max: Duration,
}

impl RoundTrips {
    /// Enters another.
    pub fn add(&mut self, round_trip: Duration) {
        self.min = if self.count == 0 { round_trip } else { self.min.min(round_trip) };
        self.max = self.max.max(round_trip);
        self.sum += round_trip;
        self.count += 1;
    }
}

impl Activity {
    /// The connection was made at `now`.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        let received = Received::default();
        Self(Mutex::new(State { heard: now, listening: true, bytes_read: 0, received }))
    }

    /// So many bytes came, and are being handed on: until that is done nobody listens.
    pub fn received(&self, now: Instant, count: usize) {
        let mut state = self.0.lock();
        state.heard = now;
        state.bytes_read += count as u64;
        state.listening = false;
    }

    /// All of `received` is handed on. A silence can only begin now.
    pub fn listening(&self, now: Instant, received: Received) {
        let mut state = self.0.lock();
        *state = State { heard: now, listening: true, received, ..*state };
    }

    /// When the server was last heard, and how many bytes had come by then, echo or not.
    #[must_use]
    pub fn last_heard(&self) -> (Instant, u64) {
        let state = self.0.lock();
        (state.heard, state.bytes_read)
    }

    /// Whether anybody listens. While our own output is blocked, nobody does, and a
    /// silence says nothing about the server.
    #[must_use]
    pub fn is_listening(&self) -> bool {
        self.0.lock().listening
    }

    /// What has been received and handed on.
    #[must_use]
    pub fn total(&self) -> Received {
        self.0.lock().received
    }
}
