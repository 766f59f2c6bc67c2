//! What was heard from the server, and when: written by the receiver, read by the
//! heartbeat thread and for the report.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// The time of the last activity, and what has come so far.
pub struct Activity(Mutex<State>);

struct State {
    heard: Instant,
    listening: bool,
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
        Self(Mutex::new(State { heard: now, listening: true, received: Received::default() }))
    }

    /// Bytes came, and are being handed on: until that is done nobody listens.
    pub fn received(&self, now: Instant) {
        let mut state = self.0.lock();
        state.heard = now;
        state.listening = false;
    }

    /// All of `received` is handed on. A silence can only begin now.
    pub fn listening(&self, now: Instant, received: Received) {
        *self.0.lock() = State { heard: now, listening: true, received };
    }

    /// When the server was last heard.
    #[must_use]
    pub fn last_heard(&self) -> Instant {
        self.0.lock().heard
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
