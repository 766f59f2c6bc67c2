//! How the server treats its clients: the figures, and which make no sense.

use std::time::Duration;

use common::{LONGEST_WAIT, detect::Detect};

/// The time-out of a server that is told none.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_mins(1);

/// Figures that make sense together.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    timeout: Duration,
    max_connections: usize,
    detect: Detect,
    probe: Option<Duration>,
}

/// Figures that make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadConfig {
    /// The time-out is zero, or beyond [`LONGEST_WAIT`].
    #[error("--timeout must be longer than zero, and 365 days at most")]
    Timeout,
    /// The probe would come when its client is evicted already.
    #[error("--probe must be shorter than --timeout, and longer than zero")]
    Probe,
    /// A probe that nobody would draw a conclusion from.
    #[error("--probe needs the heartbeat's time-out: --detect heartbeat or --detect both")]
    ProbeWithoutHeartbeat,
}

impl Config {
    /// A client silent for `timeout` is evicted, and sent a probe after `probe` of silence,
    /// if given; clients beyond `max_connections` are closed at once.
    ///
    /// # Errors
    /// When a duration is zero or too long, or the probe not shorter than the time-out, or
    /// given where no client is evicted.
    pub fn new(
        timeout: Duration,
        probe: Option<Duration>,
        max_connections: usize,
        detect: Detect,
    ) -> Result<Self, BadConfig> {
        if timeout.is_zero() || timeout > LONGEST_WAIT {
            return Err(BadConfig::Timeout);
        }
        if probe.is_some_and(|probe| probe.is_zero() || probe >= timeout) {
            return Err(BadConfig::Probe);
        }
        if probe.is_some() && !detect.by_heartbeat() {
            return Err(BadConfig::ProbeWithoutHeartbeat);
        }
        Ok(Self { timeout, max_connections, detect, probe })
    }

    /// The silence after which a client is evicted.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How many clients are held at once.
    #[must_use]
    pub fn max_connections(&self) -> usize {
        self.max_connections
    }

    /// How a dead client is detected.
    #[must_use]
    pub fn detect(&self) -> Detect {
        self.detect
    }

    /// The silence after which a client is sent a probe.
    #[must_use]
    pub fn probe(&self) -> Option<Duration> {
        self.probe
    }
}
