//! When the server was last heard, and what has come from it. The receiver writes it; the
//! heartbeat thread and the report read it.

use std::{
    mem,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// The time of the last activity, and what has come so far.
pub struct Activity(Mutex<State>);

struct State {
    heard: Instant,
    /// Whether the heartbeat thread wants to know of the next byte.
    wake: bool,
    listening: bool,
    bytes_read: u64,
    received: Received,
}

/// The echo that has come so far, and the round trips of answered heartbeats.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Received {
    /// Whole lines.
    pub lines: u64,
    pub bytes: u64,
    pub round_trips: RoundTrips,
}

/// Round trips, as `ping` sums them up.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrips {
    pub count: u32,
    pub min: Duration,
    pub sum: Duration,
    pub max: Duration,
}

impl RoundTrips {
    pub fn add(&mut self, round_trip: Duration) {
        self.min = if self.count == 0 { round_trip } else { self.min.min(round_trip) };
        self.max = self.max.max(round_trip);
        self.sum += round_trip;
        self.count += 1;
    }

    /// Their average, if there are any.
    pub fn average(&self) -> Option<Duration> {
        (self.count > 0).then(|| self.sum / self.count)
    }
}

impl Activity {
    pub fn new(now: Instant) -> Self {
        Self(Mutex::new(State {
            heard: now,
            wake: false,
            listening: true,
            bytes_read: 0,
            received: Received::default(),
        }))
    }

    /// Enters that `count` bytes came. They are now handed on, and nobody listens until that is
    /// done. Returns whether the heartbeat thread asked to be woken.
    pub fn bytes_came(&self, now: Instant, count: usize) -> bool {
        let mut state = self.0.lock();
        state.heard = now;
        state.bytes_read += count as u64;
        state.listening = false;
        mem::take(&mut state.wake)
    }

    /// Enters that all of `received` is handed on. A silence can only begin now.
    pub fn listening(&self, now: Instant, received: Received) {
        let mut state = self.0.lock();
        state.heard = now;
        state.listening = true;
        state.received = received;
    }

    pub fn heard(&self) -> Instant {
        self.0.lock().heard
    }

    /// Asks for a wake-up at the next byte, if none has come since `heard`. Returns whether none
    /// has.
    pub fn wake_at_next_byte(&self, heard: Instant) -> bool {
        let mut state = self.0.lock();
        state.wake = state.heard == heard;
        state.wake
    }

    /// How many bytes have come, echo or not.
    pub fn bytes_read(&self) -> u64 {
        self.0.lock().bytes_read
    }

    /// Whether anybody listens. While our own output is blocked nobody does, and a silence says
    /// nothing about the server.
    pub fn is_listening(&self) -> bool {
        self.0.lock().listening
    }

    /// The echo and the round trips so far, all of it handed on.
    pub fn total(&self) -> Received {
        self.0.lock().received
    }
}
