//! One event of a program's log, as `--log json` writes it. `docs/log.md` lists the events and
//! their fields.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::binaries::are_of_linux;

/// An event: a JSON object with a field `event`, which is its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Event(Map<String, Value>);

impl Event {
    /// Reads one line of a log. Returns `None` for a line that is no event, such as a usage
    /// error, a panic or a line of the text form.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        match serde_json::from_str(line) {
            Ok(Value::Object(fields)) if fields.get("event").is_some_and(Value::is_string) => {
                Some(Self(fields))
            }
            _ => None,
        }
    }

    #[must_use]
    pub fn name(&self) -> &str {
        self.str("event").unwrap_or_default()
    }

    /// The sentence for people.
    #[must_use]
    pub fn message(&self) -> &str {
        self.str("message").unwrap_or_default()
    }

    /// Why a connection or a session ended; empty in an event that has no reason.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.str("reason").unwrap_or_default()
    }

    /// What the kernel's figures say about the other end; empty where they were not known.
    #[must_use]
    pub fn finding(&self) -> &str {
        self.str("finding").unwrap_or_default()
    }

    /// Checks what the event says of the other end. Only on Linux the programs know the kernel's
    /// figures, so elsewhere it must say nothing.
    ///
    /// # Panics
    /// If it says something else.
    #[track_caller]
    pub fn expect_finding(&self, finding: &str) {
        let expected = if are_of_linux() { finding } else { "" };
        assert_eq!(self.finding(), expected, "{self}");
    }

    /// Checks that the server evicted a client because it had stopped reading. Without the kernel's
    /// figures it only knows that the client was silent.
    ///
    /// # Panics
    /// If the event has another reason.
    #[track_caller]
    pub fn expect_not_reading(&self) {
        let expected = if are_of_linux() { "not_reading" } else { "silent" };
        assert_eq!(self.reason(), expected, "{self}");
    }

    #[must_use]
    pub fn str(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    #[must_use]
    pub fn u64(&self, field: &str) -> Option<u64> {
        self.0.get(field)?.as_u64()
    }

    #[must_use]
    pub fn f64(&self, field: &str) -> Option<f64> {
        self.0.get(field)?.as_f64()
    }

    #[must_use]
    pub fn bool(&self, field: &str) -> Option<bool> {
        self.0.get(field)?.as_bool()
    }

    /// The names of all fields.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// The event as one line of JSON.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match serde_json::to_string(&self.0) {
            Ok(json) => f.write_str(&json),
            Err(_) => Err(fmt::Error),
        }
    }
}

/// Takes every event: a condition for [`Program::wait_for`](crate::program::Program::wait_for).
#[must_use]
pub fn any(_: &Event) -> bool {
    true
}

/// Takes the server's events about this connection.
pub fn conn(number: u64) -> impl Fn(&Event) -> bool {
    move |event| event.u64("conn") == Some(number)
}

/// Takes the client's events about this heartbeat of a silence; the first one is 0.
pub fn retry(number: u64) -> impl Fn(&Event) -> bool {
    move |event| event.u64("retry") == Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_gives_its_fields_by_their_type() {
        let line = r#"{"event":"ended","conn":3,"reason":"silent","silent_s":1.5,"probed":true}"#;
        let event = Event::parse(line).expect("the line is an event");
        assert_eq!(event.name(), "ended");
        assert_eq!(event.reason(), "silent");
        assert_eq!(event.u64("conn"), Some(3));
        assert_eq!(event.f64("silent_s"), Some(1.5));
        assert_eq!(event.f64("conn"), Some(3.0));
        assert_eq!(event.bool("probed"), Some(true));
        assert_eq!(event.u64("bytes_in"), None);
        assert_eq!(event.message(), "");
    }

    #[test]
    fn a_line_that_is_no_event_is_not_taken_for_one() {
        for line in ["", "error: unexpected argument", "3", "[]", "{}", r#"{"event":1}"#] {
            assert_eq!(Event::parse(line), None, "{line:?}");
        }
    }
}
