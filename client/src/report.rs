//! The report at the end of a session: its figures, and how it ended.

use std::{fmt, time::Duration};

use common::{
    event_with_finding,
    words::{Count, Millis},
};
use tracing::info;

use crate::{
    activity::RoundTrips,
    ending::{Ending, Unanswered},
    outgoing::Sent,
};

/// How the forwarding of the input ended.
#[derive(Debug)]
pub struct Forwarded {
    /// Why the session ended.
    pub ending: Ending,
    /// Whether all of the input was sent, and the connection was to end with it.
    pub all_sent: bool,
}

impl Forwarded {
    /// Why the session ended, when so many lines are unanswered. A server that answers everything
    /// and then closes the connection has done just what it was asked to.
    pub fn ending(self, lines_unanswered: u64) -> Ending {
        match self.ending {
            Ending::ServerClosed if self.all_sent && lines_unanswered == 0 => Ending::Complete,
            other => other,
        }
    }
}

/// A session's figures and its end.
#[derive(Debug)]
pub struct Report {
    pub ending: Ending,
    pub sent: Sent,
    pub lines_unanswered: u64,
    pub round_trips: RoundTrips,
}

impl Report {
    /// Logs the figures and, as the last line, the end.
    pub fn log(&self) {
        let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let RoundTrips { answers, min, max, .. } = self.round_trips;
        let average = self.round_trips.average();
        info!(
            event = "summary",
            lines_sent = self.sent.lines,
            lines_answered = self.lines_answered(),
            heartbeats_sent = self.sent.heartbeats,
            heartbeats_answered = answers,
            round_trip_min_ms = average.and(Some(millis(min))),
            round_trip_avg_ms = average.map(millis),
            round_trip_max_ms = average.and(Some(millis(max))),
            "{self}"
        );
        self.log_end();
    }

    fn log_end(&self) {
        let (reason, code) = (self.ending.reason(), self.ending.exit_code());
        let unanswered_lines = self.lines_unanswered;
        let verdict = match &self.ending {
            Ending::Unanswered(unanswered) => Some(unanswered),
            _ => None,
        };
        let error = match &self.ending {
            Ending::Failed { error, .. } => Some(error.to_string()),
            _ => None,
        };
        macro_rules! ended {
            ($level:ident) => {
                event_with_finding!($level, self.ending.finding(), {
                    event = "ended", reason, code, unanswered_lines, error,
                    silent_s = verdict.map(|verdict| verdict.silence.lasted.as_secs_f64()),
                    unanswered_heartbeats = verdict.map(Unanswered::unanswered),
                    unsent_heartbeats = verdict.map(|verdict| verdict.unsent)
                }, "{}", self.last_line())
            };
        }
        match code {
            0 | 130 => ended!(info),
            _ => ended!(error),
        }
    }

    /// The last line: how it ended, and what was not answered. Where the end was ours, the answers
    /// may have been on their way.
    pub fn last_line(&self) -> String {
        let lines = Count(self.lines_unanswered, "line");
        let was = if self.lines_unanswered == 1 { "was" } else { "were" };
        match &self.ending {
            ending if self.lines_unanswered == 0 => ending.to_string(),
            ending @ (Ending::Interrupted | Ending::Failed { .. } | Ending::Panicked { .. }) => {
                format!("{ending}; {lines} {was} sent whose echo was not read")
            }
            ending => format!("{ending}; {lines} {was} sent and not answered"),
        }
    }

    fn lines_answered(&self) -> u64 {
        self.sent.lines.saturating_sub(self.lines_unanswered)
    }
}

/// The figures: `3 lines sent, 3 answered; 2 heartbeats sent, 2 answered in …`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = Count(self.sent.lines, "line");
        let answered = self.lines_answered();
        let heartbeats = Count(self.sent.heartbeats, "heartbeat");
        let RoundTrips { answers, min, max, .. } = self.round_trips;
        write!(f, "{lines} sent, {answered} answered; {heartbeats} sent, {answers} answered")?;
        if let Some(average) = self.round_trips.average() {
            let [min, average, max] = [min, average, max].map(Millis);
            write!(f, ", round trip min {min}, avg {average}, max {max}")?;
        }
        Ok(())
    }
}
