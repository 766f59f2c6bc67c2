//! Durations that have been checked once: a value of these types cannot be wrong.

use std::{fmt, str::FromStr, time::Duration};

/// A time to wait: longer than zero and at most 365 days, so that adding a few of them to an
/// [`Instant`](std::time::Instant) cannot overflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(Duration);

impl Period {
    /// The longest one, 365 days.
    pub const MAX: Self = Self(Duration::from_hours(365 * 24));

    /// A period known when the program is compiled.
    ///
    /// # Panics
    /// If `duration` is zero or longer than [`MAX`](Self::MAX).
    pub const fn new(duration: Duration) -> Self {
        assert!(!duration.is_zero() && duration.as_nanos() <= Self::MAX.0.as_nanos());
        Self(duration)
    }

    /// The period as a duration.
    pub const fn get(self) -> Duration {
        self.0
    }
}

/// Reads a period as `humantime` writes it: `25s`, `500ms`, `1m 30s`.
impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let duration = humantime::parse_duration(text)
            .map_err(|error| format!("{error}; a duration looks like 25s, 500ms or '1m 30s'"))?;
        match duration {
            Duration::ZERO => Err("must be longer than zero".to_owned()),
            longer if longer > Self::MAX.0 => Err("must not be longer than 365 days".to_owned()),
            fits => Ok(Self(fits)),
        }
    }
}

/// The period in one word where people would say it so: `75s`, not `1m 15s`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.as_secs(), self.0.subsec_nanos()) {
            (seconds @ ..120, 0) => write!(f, "{seconds}s"),
            _ => humantime::format_duration(self.0).fmt(f),
        }
    }
}

/// A period for one of the kernel's timers: whole seconds, at most `MAX` of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WholeSeconds<const MAX: u64>(Period);

/// A period for `TCP_KEEPIDLE` or `TCP_KEEPINTVL`; tcp(7) has the limit.
pub type KeepaliveSeconds = WholeSeconds<32_767>;

/// A period for `TCP_USER_TIMEOUT`; the kernel counts it in milliseconds, in 31 bits.
pub type UserTimeoutSeconds = WholeSeconds<2_147_483>;

impl<const MAX: u64> WholeSeconds<MAX> {
    /// Seconds known when the program is compiled.
    ///
    /// # Panics
    /// If `seconds` is 0 or more than `MAX`.
    pub const fn new(seconds: u64) -> Self {
        assert!(seconds <= MAX);
        Self(Period::new(Duration::from_secs(seconds)))
    }

    /// The seconds as a duration.
    pub const fn get(self) -> Duration {
        self.0.get()
    }
}

impl<const MAX: u64> FromStr for WholeSeconds<MAX> {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let period: Period = text.parse()?;
        if period.get().subsec_nanos() != 0 {
            return Err(
                "must be whole seconds: the kernel's timers for this know no fractions".to_owned()
            );
        }
        if period.get().as_secs() > MAX {
            return Err(format!("must not be longer than {MAX}s, the kernel's limit"));
        }
        Ok(Self(period))
    }
}

impl<const MAX: u64> fmt::Display for WholeSeconds<MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
