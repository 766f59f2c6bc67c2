//! How long a connection of the herd waits before it tries again: the client's rule, and what
//! becomes of it without its random part.

use std::{
    io,
    time::{Duration, Instant},
};

use client::servers::{Servers, Trouble};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pauses {
    /// A random time between a shortest and a longest one, as the client has it.
    Jitter,
    /// Always the longest one: 1 s, 1 s, 2 s, 4 s and so on, which is plain exponential backoff.
    Longest,
    /// No pause at all.
    None,
}

impl Pauses {
    pub const ALL: [Self; 3] = [Self::Jitter, Self::Longest, Self::None];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Jitter => "with jitter",
            Self::Longest => "without jitter",
            Self::None => "no pause",
        }
    }
}

/// The pauses of one connection.
pub(super) enum Rule {
    Jitter(Servers),
    Longest { failures: u32 },
    None,
}

impl Rule {
    /// Far longer than a herd is watched.
    const GIVE_UP_AFTER: Duration = Duration::from_hours(1);

    pub(super) fn new(pauses: Pauses, now: Instant) -> Self {
        match pauses {
            Pauses::Jitter => {
                let random = fastrand::Rng::new(); // another one for each connection
                Self::Jitter(Servers::new(1, Self::GIVE_UP_AFTER, random, now))
            }
            Pauses::Longest => Self::Longest { failures: 0 },
            Pauses::None => Self::None,
        }
    }

    /// Records that an attempt begins.
    pub(super) fn attempt(&mut self) {
        if let Self::Jitter(servers) = self {
            servers.attempt();
        }
    }

    /// When to try again after this failure.
    pub(super) fn next(&mut self, trouble: Trouble, now: Instant) -> io::Result<Instant> {
        match self {
            Self::Jitter(servers) => {
                let attempt = servers.failed(0, trouble, now);
                let gave_up = || io::Error::other("a connection gave its server up");
                attempt.map(|attempt| attempt.at).ok_or_else(gave_up)
            }
            Self::Longest { failures } => {
                *failures = failures.saturating_add(1);
                Ok(now + *trouble.pause(*failures).end())
            }
            Self::None => Ok(now),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::findings::per_bin, *};

    /// When each of a thousand connections tries again after these troubles, which it had all at
    /// once.
    fn attempts(pauses: Pauses, troubles: &[Trouble]) -> Vec<Duration> {
        let now = Instant::now();
        let next = |_| {
            let mut rule = Rule::new(pauses, now);
            let tried = troubles.iter().map(|&trouble| {
                rule.attempt();
                rule.next(trouble, now).expect("it does not give up")
            });
            tried.last().expect("there was trouble") - now
        };
        (0..1000).map(next).collect()
    }

    #[test]
    fn only_jitter_spreads_a_herd_that_failed_together() {
        for troubles in [&[Trouble::Ended][..], &[Trouble::Ended, Trouble::Refused]] {
            let peak = |pauses| per_bin(&attempts(pauses, troubles)).into_iter().max();
            assert_eq!(peak(Pauses::Longest), Some(1000));
            assert_eq!(peak(Pauses::None), Some(1000));
            let peak = peak(Pauses::Jitter).expect("there were attempts");
            assert!(peak < 200, "{peak} of 1000 in one bin"); // 20 to 40 are expected
        }
    }

    #[test]
    fn without_jitter_each_pause_is_the_longest_that_the_client_makes() {
        let refused = [Trouble::Refused; 4];
        let pause = |failures| attempts(Pauses::Longest, &refused[..failures])[0].as_secs();
        assert_eq!([1, 2, 3, 4].map(pause), [1, 1, 2, 4]);
    }
}
