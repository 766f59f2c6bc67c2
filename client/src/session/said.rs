//! What the session says while it goes on.

use std::{
    process,
    time::{Duration, Instant},
};

use common::{
    event_with_finding,
    words::{Count, Millis, Seconds, Span},
};
use tracing::{debug, info, warn};

use super::Session;
use crate::{
    connect::ConnectError, connection::Connection, ending::Ending, servers::Attempt,
    unanswered::Amount,
};

impl Session {
    pub(super) fn say_not_connected(&self, server: usize, error: &ConnectError) {
        warn!(event = "connect_failed", server = self.settings.servers[server], "{error}");
    }

    pub(super) fn say_ended(ending: &Ending) {
        event_with_finding!(warn, ending.finding(), {
            event = "connection_ended", reason = ending.reason()
        }, "{ending}");
    }

    /// Says which server is tried next, and when.
    pub(super) fn say_reconnecting(&self, Attempt { server, at }: Attempt, now: Instant) {
        let server = &self.settings.servers[server];
        let attempt = self.course.attempts() + 1;
        let pause = at.saturating_duration_since(now);
        let kept = self.shared.unanswered.lock().all();
        let kept_text = match kept {
            Amount { bytes: 0, .. } => String::new(),
            Amount { lines: 1, .. } => format!("; {kept} is kept"),
            Amount { .. } => format!("; {kept} are kept"),
        };
        info!(
            event = "reconnecting",
            server,
            attempt,
            pause_s = pause.as_secs_f64(),
            kept_lines = kept.lines,
            kept_bytes = kept.bytes,
            "reconnecting to {server} in {} (attempt {attempt}){kept_text}",
            Seconds(pause)
        );
    }

    pub(super) fn say_back(down: Duration) {
        info!(event = "back", down_s = down.as_secs_f64(), "back after {}", Span(down));
    }

    /// Says that the connection stands, and how soon its service answered if it was asked.
    pub(super) fn say_connected(&self, connection: &Connection, answered: Option<Duration>) {
        let address = connection.address;
        let is_first = self.down_since.is_none();
        let again = self.shared.unanswered.lock().sent().bytes;
        let service = answered
            .map(|answered| format!(", its service answered in {}", Millis(answered)))
            .unwrap_or_default();
        let resent = match again {
            0 => String::new(),
            again => format!("; sending {} again", Count(again, "byte")),
        };
        let hint = if is_first { self.settings.hint } else { "" };
        info!(
            event = "connected",
            %address,
            pid = process::id(),
            answered_ms = answered.map(|answered| answered.as_secs_f64() * 1000.0),
            again_bytes = answered.and(Some(again)),
            "connected to {address}{service}{resent}{hint}"
        );
        if is_first {
            let dead_after = self.settings.rule.detection_time();
            debug!(
                event = "rule",
                dead_after_s = dead_after.as_secs_f64(),
                "the client gives up after {} without a byte",
                Seconds(dead_after)
            );
        }
    }
}
