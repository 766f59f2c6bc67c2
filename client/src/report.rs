//! What is said when a session is over.

use std::fmt;

use common::console::{Count, Millis};

use crate::{
    activity::{Received, RoundTrips},
    ending::Ending,
    outgoing::Sent,
};

/// A session's figures and its end.
#[derive(Debug)]
pub struct Report {
    /// Why it ended.
    pub ending: Ending,
    /// What went out.
    pub sent: Sent,
    /// What came back.
    pub received: Received,
}

impl Report {
    /// Sums a session up. A server that closes the connection after the answer to
    /// `all_sent` has done just what it was asked to.
    #[must_use]
    pub fn new(ending: Ending, all_sent: bool, sent: Sent, received: Received) -> Self {
        let ending = match ending {
            Ending::ServerClosed if all_sent && is_answered(&sent, &received) => Ending::Complete,
            other => other,
        };
        Self { ending, sent, received }
    }

    /// The last line: how it ended, and what was not answered.
    #[must_use]
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

/// An echo has as many bytes and as many newlines as its text; a server that says something
/// else, however much, has not answered.
fn is_answered(sent: &Sent, received: &Received) -> bool {
    received.bytes >= sent.bytes && received.lines >= sent.whole_lines
}

/// The figures: `3 lines sent, 3 answered; 2 heartbeats sent, 2 answered in …`.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = Count(self.sent.lines, "line");
        let answered = self.sent.lines - self.unanswered();
        let heartbeats = Count(self.sent.heartbeats, "heartbeat");
        let RoundTrips { count, min, sum, max } = self.received.round_trips;
        write!(f, "{lines} sent, {answered} answered; {heartbeats} sent, {count} answered")?;
        if count > 0 {
            let [min, average, max] = [min, sum / count, max].map(Millis);
            write!(f, ", round trip min {min}, avg {average}, max {max}")?;
        }
        Ok(())
    }
}
