//! The report at the end of a session: its figures, and how it ended.

use std::{fmt, time::Duration};

use common::{
    event_with_finding,
    words::{Count, Millis},
};
use tracing::info;

use crate::{
    activity::{Received, RoundTrips},
    ending::{Ending, Unanswered},
    outgoing::Sent,
};

/// How the forwarding of the input ended.
#[derive(Debug)]
pub struct Forwarded {
    /// Why the session ended.
    pub ending: Ending,
    /// Whether all of the input was sent, and the server told so.
    pub all_sent: bool,
}

/// A session's figures and its end.
#[derive(Debug)]
pub struct Report {
    pub ending: Ending,
    pub sent: Sent,
    pub received: Received,
}

impl Report {
    /// Sums a session up. A server that answers everything after our end of stream, and then
    /// closes the connection, has done just what it was asked to.
    pub fn new(forwarded: Forwarded, sent: Sent, received: Received) -> Self {
        let Forwarded { ending, all_sent } = forwarded;
        let ending = match ending {
            Ending::ServerClosed if all_sent && is_answered(&sent, &received) => Ending::Complete,
            other => other,
        };
        Self { ending, sent, received }
    }

    /// Logs the figures and, as the last line, the end.
    pub fn log(&self) {
        let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let RoundTrips { count, min, max, .. } = self.received.round_trips;
        let average = self.received.round_trips.average();
        info!(
            event = "summary",
            lines_sent = self.sent.lines,
            lines_answered = self.sent.lines - self.unanswered(),
            heartbeats_sent = self.sent.heartbeats,
            heartbeats_answered = count,
            round_trip_min_ms = average.and(Some(millis(min))),
            round_trip_avg_ms = average.map(millis),
            round_trip_max_ms = average.and(Some(millis(max))),
            "{self}"
        );
        self.log_end();
    }

    fn log_end(&self) {
        let (reason, code) = (self.ending.reason(), self.ending.exit_code());
        let unanswered_lines = self.unanswered();
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

    /// The last line: how it ended, and what was not answered.
    pub fn last_line(&self) -> String {
        match self.unanswered() {
            0 => self.ending.to_string(),
            1 => format!("{}; 1 line was sent and not answered", self.ending),
            lines => format!("{}; {lines} lines were sent and not answered", self.ending),
        }
    }

    fn unanswered(&self) -> u64 {
        if is_answered(&self.sent, &self.received) {
            0
        } else {
            self.sent.lines.saturating_sub(self.received.lines).max(1)
        }
    }
}

/// An echo has as many bytes and as many newlines as its text. A server that sends something
/// else has not answered, however much it sends.
fn is_answered(sent: &Sent, received: &Received) -> bool {
    received.bytes >= sent.bytes && received.lines >= sent.whole_lines
}

/// The figures: `3 lines sent, 3 answered; 2 heartbeats sent, 2 answered in …`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = Count(self.sent.lines, "line");
        let answered = self.sent.lines - self.unanswered();
        let heartbeats = Count(self.sent.heartbeats, "heartbeat");
        let RoundTrips { count, min, max, .. } = self.received.round_trips;
        write!(f, "{lines} sent, {answered} answered; {heartbeats} sent, {count} answered")?;
        if let Some(average) = self.received.round_trips.average() {
            let [min, average, max] = [min, average, max].map(Millis);
            write!(f, ", round trip min {min}, avg {average}, max {max}")?;
        }
        Ok(())
    }
}
