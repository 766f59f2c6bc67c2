//! What follows from what became of the connections.

use std::time::Duration;

use super::{
    fate::{Fate, Look, When},
    watch::Silence,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The limit lies between these two.
    Limit { answered: Duration, dead: Duration },
    /// Even the shortest silence was too long.
    BelowFrom { dead: Duration },
    /// Every silence was answered, up to this one.
    NoLimit { answered: Duration },
    /// A connection died, and another one answered after a much longer silence. `below` is the
    /// longest silence below `dead` that was answered.
    Contradiction { dead: Duration, answered: Duration, below: Option<Duration> },
}

impl Verdict {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Limit { .. } => "limit",
            Self::BelowFrom { .. } => "below_from",
            Self::NoLimit { .. } => "no_limit",
            Self::Contradiction { .. } => "contradiction",
        }
    }

    /// The longest silence of which it is known that it is answered.
    pub fn answered(&self) -> Option<Duration> {
        match *self {
            Self::Limit { answered, .. } | Self::NoLimit { answered } => Some(answered),
            Self::Contradiction { below, .. } => below,
            Self::BelowFrom { .. } => None,
        }
    }

    /// The shortest silence that is known to be too long.
    pub fn dead(&self) -> Option<Duration> {
        match *self {
            Self::Limit { dead, .. }
            | Self::BelowFrom { dead }
            | Self::Contradiction { dead, .. } => Some(dead),
            Self::NoLimit { .. } => None,
        }
    }

    /// The verdict on connections whose fates are all settled.
    pub fn new(silences: &[Silence]) -> Self {
        let answered = |silence: &Silence| match silence.fate {
            Fate::Answered { idle } => Some(idle),
            _ => None,
        };
        let dead = |silence: &Silence| match silence.fate {
            Fate::Dead { idle, .. } => Some(idle),
            _ => None,
        };
        let longest = silences.iter().filter_map(answered).max();
        let Some(first) = silences.iter().filter_map(dead).min() else {
            return Self::NoLimit { answered: longest.unwrap_or_default() };
        };
        let below = silences.iter().filter_map(answered).filter(|idle| *idle <= first).max();
        match (longest, below) {
            (None, _) => Self::BelowFrom { dead: first },
            (Some(longest), _) if longest > first + tolerance(first) => {
                Self::Contradiction { dead: first, answered: longest, below }
            }
            // The limit is near both of them.
            (Some(longest), Some(below)) => {
                Self::Limit { answered: below, dead: first.max(longest) }
            }
            (Some(longest), None) => Self::BelowFrom { dead: first.max(longest) },
        }
    }
}

/// How far a death and an answer after a longer silence may overlap and still be signs of one
/// limit. The clocks of two connections do not start at the same moment at both ends of the path.
fn tolerance(dead: Duration) -> Duration {
    dead / 20 + Duration::from_millis(100)
}

/// Connections that died in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deaths {
    pub look: Look,
    pub when: When,
    pub connections: usize,
    pub earliest: Duration,
    pub latest: Duration,
}

/// The deaths, those that look alike together, the commonest first.
pub fn deaths(silences: &[Silence]) -> Vec<Deaths> {
    let mut all: Vec<Deaths> = Vec::new();
    for silence in silences {
        let Fate::Dead { idle, look, when } = &silence.fate else { continue };
        if let Some(alike) = all.iter_mut().find(|it| it.look == *look && it.when == *when) {
            alike.connections += 1;
            alike.earliest = alike.earliest.min(*idle);
            alike.latest = alike.latest.max(*idle);
        } else {
            let (look, when) = (look.clone(), *when);
            all.push(Deaths { look, when, connections: 1, earliest: *idle, latest: *idle });
        }
    }
    all.sort_by_key(|deaths| std::cmp::Reverse(deaths.connections));
    all
}

/// The longest `--idle` with which a lost heartbeat is repeated in time: `idle + 2 × retry-interval`
/// is no longer than the silence that was answered, rounded down. `None` if there is no room for it.
pub fn idle_to_use(answered: Duration, retry_interval: Duration) -> Option<Duration> {
    let idle = rounded_down(answered).checked_sub(retry_interval * 2)?;
    Some(idle).filter(|idle| !idle.is_zero())
}

/// Rounded down to whole seconds from 10 s on, and to milliseconds below.
pub fn rounded_down(duration: Duration) -> Duration {
    if duration >= Duration::from_secs(10) {
        Duration::from_secs(duration.as_secs())
    } else {
        Duration::from_millis(duration.as_millis().try_into().unwrap_or(u64::MAX))
    }
}
