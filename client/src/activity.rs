//! When something last came from the server, and when something last went out. The receiver and
//! the writers enter it; the heartbeat thread looks at it.
//!
//! In the article: `tm` of `heartbg`, under `climutex`.

use std::{
    mem,
    time::{Duration, Instant},
};

use parking_lot::Mutex;

/// The times of the last activity, and what the report needs of it.
pub struct Activity(Mutex<State>);

struct State {
    /// When the first byte came.
    first: Option<Instant>,
    came: Instant,
    /// Since when the receiver has waited for bytes; `None` while it hands some on.
    listening: Option<Instant>,
    /// When the last write ended; `None` while one is going on.
    sent: Option<Instant>,
    /// Whether the heartbeat thread wants to know of the next byte.
    wake: bool,
    bytes_read: u64,
    round_trips: RoundTrips,
}

/// The last activity, as it looks at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastActivity {
    /// When the last byte came.
    pub came: Instant,
    /// Since when the server can have been silent. While bytes are handed on to a slow output,
    /// nobody listens, and a silence says nothing about the server.
    pub heard: Instant,
    /// When our last byte was given to the kernel.
    pub sent: Instant,
    /// How many bytes had come, echo or not.
    pub bytes_read: u64,
}

/// Answered heartbeats, and their round trips as `ping` sums them up.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct RoundTrips {
    /// All answers.
    pub answers: u32,
    /// Those whose round trip is known.
    pub count: u32,
    pub min: Duration,
    pub sum: Duration,
    pub max: Duration,
}

impl RoundTrips {
    /// Adds those of another connection.
    pub fn add(&mut self, other: &Self) {
        if other.count > 0 {
            self.min = if self.count == 0 { other.min } else { self.min.min(other.min) };
        }
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.answers += other.answers;
        self.count += other.count;
    }

    pub fn answer(&mut self, round_trip: Option<Duration>) {
        self.answers += 1;
        let Some(round_trip) = round_trip else { return };
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
    /// A connection that was made at `now`.
    pub fn new(now: Instant) -> Self {
        Self(Mutex::new(State {
            first: None,
            came: now,
            listening: Some(now),
            sent: Some(now),
            wake: false,
            bytes_read: 0,
            round_trips: RoundTrips::default(),
        }))
    }

    /// Enters that `count` bytes came. They are now handed on, and nobody listens until that is
    /// done. Returns whether the heartbeat thread asked to be woken.
    pub fn bytes_came(&self, now: Instant, count: usize) -> bool {
        let mut state = self.0.lock();
        state.first.get_or_insert(now);
        state.came = now;
        state.listening = None;
        state.bytes_read += count as u64;
        mem::take(&mut state.wake)
    }

    /// When the first byte came, if one has.
    pub fn first(&self) -> Option<Instant> {
        self.0.lock().first
    }

    /// Enters that all that came is handed on. A silence can only begin now.
    pub fn listening(&self, now: Instant) {
        self.0.lock().listening = Some(now);
    }

    /// Enters that a heartbeat was answered, after this time if it is known.
    pub fn answered(&self, round_trip: Option<Duration>) {
        self.0.lock().round_trips.answer(round_trip);
    }

    /// Enters that a write begins.
    pub fn sending(&self) {
        self.0.lock().sent = None;
    }

    /// Enters that the write has ended.
    pub fn sent(&self, now: Instant) {
        self.0.lock().sent = Some(now);
    }

    /// The last activity, as it looks at `now`.
    pub fn last(&self, now: Instant) -> LastActivity {
        let State { came, listening, sent, bytes_read, .. } = *self.0.lock();
        let (heard, sent) = (listening.unwrap_or(now), sent.unwrap_or(now));
        LastActivity { came, heard, sent, bytes_read }
    }

    /// Asks for a wake-up at the next byte, if no more than `bytes_read` have come. Returns whether
    /// that is so.
    pub fn wake_at_next_byte(&self, bytes_read: u64) -> bool {
        let mut state = self.0.lock();
        state.wake = state.bytes_read == bytes_read;
        state.wake
    }

    /// The round trips of the answered heartbeats.
    pub fn round_trips(&self) -> RoundTrips {
        self.0.lock().round_trips
    }
}
