//! What a herd did, and how many connects it began at a time.

use std::time::{Duration, Instant};

use client::servers::Trouble;

/// The stretch of time in which connects are counted together.
pub const BIN: Duration = Duration::from_millis(20);

/// A connect that is answered later than this has met a full queue, or a very busy machine: a
/// SYN that is dropped is sent again after a second.
const SYN_RETRY: Duration = Duration::from_secs(1);

/// Moments count from when the first connection saw its end.
#[derive(Debug)]
pub struct Findings {
    /// When each connect was begun, in order.
    pub connects: Vec<Duration>,
    /// Connects that were refused.
    pub refused: usize,
    /// Connects that failed in another way: the listener of a killed server takes connections
    /// until the kernel closes it.
    pub broken: usize,
    /// Connects that were answered only after a second or more.
    pub slow: usize,
    /// When the last connection saw its end.
    pub all_lost: Duration,
    /// When the new server had said that it listens. The first connections may be back before.
    pub listening: Duration,
    /// When each connection was back, in order.
    pub back: Vec<Duration>,
}

impl Findings {
    /// The number of connects that were begun in each [`BIN`].
    pub fn per_bin(&self) -> Vec<u32> {
        per_bin(&self.connects)
    }

    /// The most connects that were begun in one [`BIN`].
    pub fn peak(&self) -> u32 {
        self.per_bin().into_iter().max().unwrap_or_default()
    }

    /// When half of the connections were back.
    pub fn half_back(&self) -> Duration {
        let half = self.back.len().div_ceil(2);
        self.back[..half].last().copied().unwrap_or_default()
    }

    /// When the last connection was back.
    pub fn all_back(&self) -> Duration {
        self.back.last().copied().unwrap_or_default()
    }
}

pub(super) fn per_bin(times: &[Duration]) -> Vec<u32> {
    let mut bins = Vec::new();
    for time in times {
        let bin = usize::try_from(time.as_nanos() / BIN.as_nanos()).expect("a herd is short");
        if bins.len() <= bin {
            bins.resize(bin + 1, 0);
        }
        bins[bin] += 1;
    }
    bins
}

/// What the connections do, while they do it.
#[derive(Debug, Default)]
pub(super) struct Tally {
    connects: Vec<Instant>,
    first_lost: Option<Instant>,
    last_lost: Option<Instant>,
    pub(super) lost: usize,
    refused: usize,
    broken: usize,
    slow: usize,
    back: Vec<Instant>,
}

impl Tally {
    pub(super) fn begun(&mut self, now: Instant) {
        self.connects.push(now);
    }

    pub(super) fn answered(&mut self, begun: Instant, now: Instant) {
        self.back.push(now);
        self.slow += usize::from(now.saturating_duration_since(begun) >= SYN_RETRY);
    }

    pub(super) fn lost(&mut self, now: Instant) {
        self.first_lost.get_or_insert(now);
        self.last_lost = Some(now);
        self.lost += 1;
    }

    pub(super) fn failed(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Refused => self.refused += 1,
            _ => self.broken += 1,
        }
    }

    pub(super) fn findings(&self, listening: Instant) -> Findings {
        let start = self.first_lost.unwrap_or(listening);
        let since = |at: Instant| at.saturating_duration_since(start);
        let all_since = |moments: &[Instant]| moments.iter().copied().map(since).collect();
        Findings {
            connects: all_since(&self.connects),
            refused: self.refused,
            broken: self.broken,
            slow: self.slow,
            all_lost: self.last_lost.map(since).unwrap_or_default(),
            listening: since(listening),
            back: all_since(&self.back),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connects_are_counted_in_the_bin_in_which_they_were_begun() {
        let micros = [0, 19_999, 20_000, 61_000, 79_999].map(Duration::from_micros);
        assert_eq!(per_bin(&micros), [2, 1, 0, 2]);
        assert!(per_bin(&[]).is_empty());
    }

    #[test]
    fn moments_count_from_the_first_loss_and_an_answer_after_a_second_is_slow() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut tally = Tally::default();
        for lost in [1000, 1200] {
            tally.lost(at(lost));
        }
        for begun in [1100, 1300, 1310] {
            tally.begun(at(begun));
        }
        tally.failed(Trouble::Refused);
        tally.answered(at(1300), at(2299));
        tally.answered(at(1310), at(2310));
        let found = tally.findings(at(1250));
        let moments = [found.all_lost, found.listening, found.half_back(), found.all_back()];
        assert_eq!(moments.map(|moment| moment.as_millis()), [200, 250, 1299, 1310]);
        assert_eq!((found.refused, found.broken, found.slow), (1, 0, 1));
        assert_eq!((found.per_bin().len(), found.peak()), (16, 2));
    }
}
