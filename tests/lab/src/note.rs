//! What was seen of a run, by whom, and in which order it must have been.

use std::time::Instant;

use common::wire::HEARTBEAT;

use super::event::{Content, Side};

/// What the client says of a heartbeat that was answered.
pub(crate) const ANSWERED: &str = "answered in";

/// What the server says when it has asked for a sign of life.
pub(crate) const PROBE: &str = "probe sent";

/// Something that was seen.
#[derive(Debug)]
pub struct Note {
    /// When.
    pub at: Instant,
    /// What.
    pub seen: Seen,
}

/// What can be seen.
#[derive(Debug)]
pub enum Seen {
    /// Something passed the relay.
    Passed(Side, Content),
    /// A program said a line.
    Said(Side, String),
    /// A program ended.
    Ended(Side),
}

/// Puts notes that came within a moment of each other into the order of cause and effect: a
/// log's line may be seen a little later than what followed from it.
pub fn put_in_order(notes: &mut [Note]) {
    let is_end =
        |note: &&Note| matches!(note.seen, Seen::Passed(_, Content::EndOfStream | Content::Reset));
    let first_end = notes.iter().find(is_end).map(|note| &note.seen);
    let server_ended = matches!(first_end, Some(Seen::Passed(Side::Server, _)));
    notes.sort_by_key(|note| rank(&note.seen, server_ended));
    let mut next = None;
    for note in notes.iter_mut().rev() {
        note.at = next.map_or(note.at, |next| note.at.min(next));
        next = Some(note.at);
    }
}

/// The place of a note among those of a moment: the server's probe, a request, its reading,
/// the reply, its reading.
fn rank(seen: &Seen, server_ended: bool) -> u8 {
    match seen {
        Seen::Said(Side::Server, line) if line.contains(PROBE) => 0,
        Seen::Passed(Side::Server, Content::Bytes(bytes)) if bytes == HEARTBEAT => 1,
        Seen::Ended(Side::Client) if server_ended => 6,
        Seen::Passed(Side::Client, Content::EndOfStream | Content::Reset) if server_ended => 7,
        Seen::Said(Side::Client, line) if line.contains(ANSWERED) => 5,
        Seen::Said(Side::Client, _) | Seen::Ended(Side::Client) => 2,
        Seen::Passed(Side::Client, _) => 3,
        Seen::Said(Side::Server, _) | Seen::Ended(Side::Server) => 4,
        Seen::Passed(Side::Server, _) => 5,
    }
}
