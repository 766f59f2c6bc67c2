//! A client's rule as a line from the last byte to the verdict, and where the client stands on it.

use std::time::Duration;

use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{BAD, BOLD, CLIENT, DIM, PLAIN};
use crate::live::world::client::{Next, Progress};

/// A rule as a scale: the times of its heartbeats or probes and of its verdict since the last byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub idle: Duration,
    pub interval: Duration,
    /// How many heartbeats or probes are sent before the verdict.
    pub heartbeats: u32,
    /// The mark of a heartbeat or a probe that was sent.
    pub mark: char,
}

/// Where a client stands on its scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct Track {
    pub scale: Scale,
    pub progress: Progress,
    /// Whether the process is stopped, and its rule with it.
    pub is_still: bool,
}

impl Scale {
    fn heartbeat(&self, number: u32) -> Duration {
        self.idle.saturating_add(self.interval.saturating_mul(number.saturating_sub(1)))
    }

    pub(super) fn verdict(&self) -> Duration {
        self.heartbeat(self.heartbeats.saturating_add(1))
    }
}

impl Track {
    /// The line in so many columns.
    pub(super) fn line(&self, columns: usize) -> Line<'static> {
        let last = columns.saturating_sub(1).max(2);
        let (scale, sent) = (self.scale, self.progress.sent.min(self.scale.heartbeats));
        let place = |at: Duration| 1 + share(at, scale.verdict(), last - 1).min(last - 1);
        // The last place is the verdict's own.
        let now = place(self.stands()).min(last - 1);
        let line = |index: usize| match (self.is_still, index < now) {
            (true, _) => ('╌', PLAIN),
            (false, true) => ('━', CLIENT),
            (false, false) => ('─', DIM),
        };
        let mut cells: Vec<_> = (0..=last).map(line).collect();
        cells[0] = ('├', PLAIN);
        cells[last] = ('✗', BAD);
        for number in (sent + 1..=scale.heartbeats).take(columns) {
            number_at(&mut cells, place(scale.heartbeat(number)), number);
        }
        let mut newest = 0;
        for number in (1..=sent).take(columns) {
            newest = place(scale.heartbeat(number)).min(last - 1);
            cells[newest] = (scale.mark, CLIENT.patch(BOLD));
        }
        // Just after a heartbeat its mark and the place of now would be the same.
        let now = if now == newest { (now + 1).min(last - 1) } else { now };
        cells[now] = if self.is_still { ('‖', BAD.patch(BOLD)) } else { ('●', BOLD) };
        joined(&cells)
    }

    /// The position on the scale: the place of the next heartbeat or of the verdict, minus the
    /// time that is left until it.
    fn stands(&self) -> Duration {
        let Progress { silent, next, left, .. } = self.progress;
        if self.is_still {
            return silent;
        }
        let next = match next {
            Next::Heartbeat(number) => self.scale.heartbeat(number),
            Next::Verdict => self.scale.verdict(),
        };
        next.saturating_sub(left)
    }
}

/// Puts a number where nothing else stands and where it touches no other.
fn number_at(cells: &mut [(char, Style)], at: usize, number: u32) {
    let is_free = |cell: &(char, Style)| matches!(cell.0, '─' | '━' | '╌' | '├');
    let digits = number.to_string();
    let end = at + digits.len();
    if end < cells.len() && at > 0 && cells[at - 1..end].iter().all(is_free) {
        for (cell, digit) in cells[at..end].iter_mut().zip(digits.chars()) {
            *cell = (digit, PLAIN);
        }
    }
}

/// The part of so many columns that `at` is of `whole`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a part of a screen's columns"
)]
fn share(at: Duration, whole: Duration, columns: usize) -> usize {
    (at.as_secs_f64() / whole.as_secs_f64().max(f64::MIN_POSITIVE) * columns as f64).round()
        as usize
}

/// The cells as a line, with a span for each run of one style.
fn joined(cells: &[(char, Style)]) -> Line<'static> {
    let runs = cells.chunk_by(|one, other| one.1 == other.1);
    let span = |run: &[(char, Style)]| {
        Span::styled(run.iter().map(|(character, _)| *character).collect::<String>(), run[0].1)
    };
    runs.map(span).collect::<Vec<_>>().into()
}
