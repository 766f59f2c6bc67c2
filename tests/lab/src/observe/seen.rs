//! What can be seen of a run, and the order in which it must have happened.

use std::time::Instant;

use common::wire::HEARTBEAT;
use serde::Deserialize;

use crate::event::{Content, Role};

/// A line of a program's log, as far as the lab reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LogLine {
    /// The name of the event.
    pub event: String,
    pub(super) message: String,
    pub(super) address: String,
    pub(super) reason: String,
    pub(super) finding: Option<String>,
    pub(super) retry: u32,
    pub(super) unanswered: u32,
    pub(super) count: usize,
    pub(super) why: String,
}

impl LogLine {
    /// Reads a line. A line that is no event, such as a panic's message, is kept as a message.
    pub fn parse(line: &str) -> Self {
        let plain = |_| Self { message: line.to_owned(), ..Self::default() };
        serde_json::from_str(line).unwrap_or_else(plain)
    }
}

#[derive(Debug)]
pub struct Observation {
    pub at: Instant,
    pub seen: Seen,
}

#[derive(Debug)]
pub enum Seen {
    Passed(Role, Content),
    Logged(Role, LogLine),
    Exited(Role),
}

/// Puts observations of one moment into the order of cause and effect. A line of a log may be
/// read a little later than what followed from it.
pub(super) fn put_in_order(moment: &mut [Observation]) {
    let first_end = moment.iter().find_map(|observation| match &observation.seen {
        Seen::Passed(from, Content::EndOfStream | Content::Reset) => Some(*from),
        _ => None,
    });
    let server_ended = first_end == Some(Role::Server);
    moment.sort_by_key(|observation| rank(&observation.seen, server_ended));
    let mut next = None;
    for observation in moment.iter_mut().rev() {
        observation.at = next.map_or(observation.at, |next| observation.at.min(next));
        next = Some(observation.at);
    }
}

/// The place of an observation in its moment: the server's probe, a request, the line that the
/// server logs when it reads it, the reply, the line that the client logs when it reads it.
fn rank(seen: &Seen, server_ended: bool) -> u8 {
    match seen {
        Seen::Logged(Role::Server, line) if line.event == "probe_sent" => 0,
        Seen::Passed(Role::Server, Content::Bytes(bytes)) if bytes == HEARTBEAT => 1,
        Seen::Logged(Role::Client, line) if line.event == "ended" && server_ended => 6,
        Seen::Passed(Role::Client, Content::EndOfStream | Content::Reset) if server_ended => 7,
        Seen::Logged(Role::Client, line) if line.event == "heartbeat_answered" => 5,
        Seen::Logged(Role::Client, _) => 2,
        Seen::Passed(Role::Client, _) => 3,
        Seen::Logged(Role::Server, _) => 4,
        Seen::Passed(Role::Server, _) => 5,
        Seen::Exited(_) => 8,
    }
}
