//! The report at the end of a session: its figures, and how it ended.

use std::{fmt, time::Duration};

use common::{
    event_with_finding,
    words::{Count, Millis, Span},
};
use tracing::info;

use crate::{
    activity::RoundTrips,
    connection::Life,
    ending::{Ending, Unanswered},
    outgoing::Sent,
    unanswered::Amount,
};

/// What all connections of a session did together.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    pub connections: u32,
    pub sent: Sent,
    pub round_trips: RoundTrips,
    /// Whether the text that was sent ends in a line that lacks its newline.
    pub half_line: bool,
    /// Text that was sent again.
    pub again: Amount,
    /// How long there was no connection, after the first one.
    pub down: Duration,
}

impl Figures {
    /// Adds a connection that is over.
    pub fn add(&mut self, life: &Life) {
        self.sent.add(&life.sent);
        self.round_trips.add(&life.round_trips);
    }

    /// Lines that were sent. A last line without its newline counts.
    fn lines_sent(&self) -> u64 {
        let whole = self.sent.lines.saturating_sub(self.again.lines);
        whole + u64::from(self.half_line)
    }
}

/// A session's figures and its end.
#[derive(Debug)]
pub struct Report {
    pub ending: Ending,
    pub figures: Figures,
    /// Lines that were sent and have not come back.
    pub lines_unanswered: u64,
    /// All text that has not come back, sent or not, where it was kept for another connection.
    pub kept: Option<Amount>,
}

impl Report {
    /// Logs the figures, if there was a connection, and, as the last line, the end.
    pub fn log(&self) {
        if self.figures.connections > 0 {
            self.log_figures();
        }
        self.log_end();
    }

    fn log_figures(&self) {
        let millis = |duration: Duration| duration.as_secs_f64() * 1000.0;
        let Figures { connections, sent, round_trips, again, down, .. } = self.figures;
        let RoundTrips { answers, min, max, .. } = round_trips;
        let average = round_trips.average();
        info!(
            event = "summary",
            lines_sent = self.figures.lines_sent(),
            lines_answered = self.lines_answered(),
            heartbeats_sent = sent.heartbeats,
            heartbeats_answered = answers,
            round_trip_min_ms = average.and(Some(millis(min))),
            round_trip_avg_ms = average.map(millis),
            round_trip_max_ms = average.and(Some(millis(max))),
            connections = self.kept.and(Some(connections)),
            lines_again = self.kept.and(Some(again.lines)),
            bytes_again = self.kept.and(Some(again.bytes)),
            down_s = self.kept.and(Some(down.as_secs_f64())),
            "{self}"
        );
    }

    fn log_end(&self) {
        let (reason, code) = (self.ending.reason(), self.ending.exit_code());
        let unanswered_lines = self.kept.map_or(self.lines_unanswered, |kept| kept.lines);
        let unanswered_bytes = self.kept.map(|kept| kept.bytes);
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
                    event = "ended", reason, code, unanswered_lines, unanswered_bytes, error,
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
        let Self { ending, lines_unanswered, .. } = self;
        let was = |count| if count == 1 { "was" } else { "were" };
        if let Some(kept) = self.kept.filter(|kept| kept.bytes > 0) {
            let place = match ending {
                Ending::WrongReply(wrong) => {
                    format!(", after {} of right echo", Count(wrong.all_right, "byte"))
                }
                _ => String::new(),
            };
            // Where the end was ours, the answers may have been on their way.
            let what = match (ending, kept.lines) {
                (Ending::GaveUp { .. } | Ending::WrongReply(_), 1) => "was not answered",
                (Ending::GaveUp { .. } | Ending::WrongReply(_), _) => "were not answered",
                (_, 1) => "has not come back",
                (_, _) => "have not come back",
            };
            return format!("{ending}{place}; {kept} {what}");
        }
        let (lines, was) = (Count(*lines_unanswered, "line"), was(*lines_unanswered));
        match ending {
            _ if *lines_unanswered == 0 => ending.to_string(),
            Ending::Interrupted | Ending::Failed { .. } | Ending::Panicked { .. } => {
                format!("{ending}; {lines} {was} sent whose echo was not read")
            }
            _ => format!("{ending}; {lines} {was} sent and not answered"),
        }
    }

    fn lines_answered(&self) -> u64 {
        self.figures.lines_sent().saturating_sub(self.lines_unanswered)
    }
}

/// The figures: `3 lines sent, 3 answered; 2 heartbeats sent, 2 answered in …`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { connections, sent, round_trips, again, down, .. } = self.figures;
        let lines = Count(self.figures.lines_sent(), "line");
        let answered = self.lines_answered();
        let heartbeats = Count(sent.heartbeats, "heartbeat");
        let RoundTrips { answers, min, max, .. } = round_trips;
        write!(f, "{lines} sent, {answered} answered; {heartbeats} sent, {answers} answered")?;
        if let Some(average) = round_trips.average() {
            let [min, average, max] = [min, average, max].map(Millis);
            write!(f, ", round trip min {min}, avg {average}, max {max}")?;
        }
        if self.kept.is_some() {
            let connections = Count(connections.into(), "connection");
            write!(f, "; {connections}, ")?;
            match again {
                Amount { bytes: 0, .. } => f.write_str("nothing sent again")?,
                Amount { .. } => write!(f, "{again} sent again")?,
            }
            write!(f, ", down for {}", Span(down))?;
        }
        Ok(())
    }
}
