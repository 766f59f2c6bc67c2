//! What can be seen of a run, and the order in which it must have happened.

use std::time::Instant;

use common::wire::HEARTBEAT;
use tests::log::Line;

use crate::{
    event::{Content, Role},
    view::View,
};

#[derive(Debug)]
pub struct Observation {
    pub at: Instant,
    pub seen: Seen,
}

#[derive(Debug)]
pub enum Seen {
    Passed(Role, Content),
    Logged(Role, Line),
    /// A line of the client's output.
    Printed(Vec<u8>),
    Exited(Role),
}

/// Puts observations of one moment into the order of cause and effect. A line of a log may be
/// read a little later than what followed from it.
pub(super) fn put_in_order(view: View, moment: &mut [Observation]) {
    if view == View::Queue {
        return; // the server's log alone becomes events, and it is in order
    }
    let first_end = moment.iter().find_map(|observation| match &observation.seen {
        Seen::Passed(from, Content::EndOfStream | Content::Reset) => Some(*from),
        _ => None,
    });
    let server_ended = first_end == Some(Role::Server);
    moment.sort_by_key(|observation| rank(&observation.seen, view, server_ended));
    let mut next = None;
    for observation in moment.iter_mut().rev() {
        observation.at = next.map_or(observation.at, |next| observation.at.min(next));
        next = Some(observation.at);
    }
}

/// The place of an observation in its moment: the server's probe, a request, the line that the
/// server logs when it reads it, the reply, the line that the client logs when it reads it.
fn rank(seen: &Seen, view: View, server_ended: bool) -> u8 {
    match seen {
        Seen::Logged(Role::Server, line) if is(line, "probe_sent") => 0,
        Seen::Passed(Role::Server, Content::Bytes(bytes)) if bytes == HEARTBEAT => 1,
        Seen::Logged(Role::Client, line) if is(line, "ended") && server_ended => 6,
        Seen::Passed(Role::Client, Content::EndOfStream | Content::Reset) if server_ended => 7,
        Seen::Logged(Role::Client, line) if is(line, "heartbeat_answered") => 5,
        Seen::Logged(Role::Client, line) if is_answered(line) => 5,
        // Without a relay this stands for the request and the reply, too.
        Seen::Logged(Role::Server, line) if is(line, "text") && view == View::Direct => 6,
        Seen::Logged(Role::Client, line) if is(line, "back") => 7,
        Seen::Logged(Role::Client, _) => 2,
        Seen::Passed(Role::Client, _) => 3,
        Seen::Logged(Role::Server, _) => 4,
        Seen::Passed(Role::Server, _) => 5,
        Seen::Printed(_) => 8,
        Seen::Exited(_) => 9,
    }
}

/// Whether the client says that its new connection was answered.
fn is_answered(line: &Line) -> bool {
    is(line, "connected") && line.event.as_ref().is_some_and(|it| it.f64("answered_ms").is_some())
}

fn is(line: &Line, event: &str) -> bool {
    line.event.as_ref().is_some_and(|found| found.name() == event)
}
