//! Which of the messages are shown. A flood is collapsed, and where there is little room, so is
//! what says nothing new.

use std::time::Duration;

use common::wire::{ACKNOWLEDGEMENT, HEARTBEAT};

use crate::{
    event::{Content, Role},
    live::world::wire::{Fate, Passed, Sent},
};

/// Messages with less than this between them are one burst.
const BURST: Duration = Duration::from_secs(1);

/// So many messages of one kind in a burst are shown one by one.
const FEW: usize = 3;

/// An answer comes within this time.
const ANSWER: Duration = Duration::from_millis(500);

pub(super) struct Shown<'a> {
    pub rows: Vec<Row<'a>>,
    /// Whether acknowledgements were left out.
    pub left_out: bool,
}

pub(super) enum Row<'a> {
    Passed(&'a Passed),
    /// Of a burst between these times, so many messages more are not shown.
    More {
        count: usize,
        since: Duration,
        until: Duration,
    },
}

/// Two messages of one kind look alike.
#[derive(PartialEq)]
struct Likeness<'a> {
    from: Role,
    fate: Fate,
    kind: Kind<'a>,
}

#[derive(PartialEq)]
enum Kind<'a> {
    Heartbeat,
    Acknowledgement,
    Text,
    Other(&'a Sent),
}

/// The rows for these messages, in order of time.
pub(super) fn rows_of<'a>(passed: &[&'a Passed], with_all: bool) -> Shown<'a> {
    let ends_exchange = |index: usize| !with_all && ends_exchange(passed, index);
    let shown: Vec<_> =
        (0..passed.len()).filter(|&it| !ends_exchange(it)).map(|it| passed[it]).collect();
    let left_out = shown.len() < passed.len();
    let bursts = shown.chunk_by(|one, other| other.at.saturating_sub(one.at) < BURST);
    Shown { rows: bursts.flat_map(burst).collect(), left_out }
}

/// Whether this acknowledges the answer to a message of its own sender: then it says only that
/// both ends are well.
fn ends_exchange(passed: &[&Passed], index: usize) -> bool {
    let [.., question, answer] = &passed[..index] else { return false };
    let acknowledged = passed[index];
    let is_message = |it: &Passed| matches!(it.what, Sent::Message { .. } | Sent::Opening);
    acknowledged.what == Sent::Bare
        && is_message(question)
        && is_message(answer)
        && question.from == acknowledged.from
        && answer.from != acknowledged.from
        && answer.fate != Fate::Lost
        && acknowledged.at.saturating_sub(answer.at) < ANSWER
        && answer.at.saturating_sub(question.at) < ANSWER
}

/// All messages of a burst, or the last one of each kind if there are many of one. The count stands
/// last, so that it is seen where there is little room.
fn burst<'a>(passed: &[&'a Passed]) -> Vec<Row<'a>> {
    let mut kinds: Vec<(Likeness, usize, usize)> = Vec::new();
    for (index, message) in passed.iter().enumerate() {
        let likeness = likeness(message);
        match kinds.iter_mut().find(|(known, ..)| *known == likeness) {
            Some((_, count, last)) => (*count, *last) = (*count + 1, index),
            None => kinds.push((likeness, 1, index)),
        }
    }
    if kinds.iter().all(|(_, count, _)| *count <= FEW) {
        return passed.iter().map(|passed| Row::Passed(passed)).collect();
    }
    kinds.sort_by_key(|(.., last)| *last);
    let [since, until] = [passed[0], passed[passed.len() - 1]].map(|passed| passed.at);
    let more = Row::More { count: passed.len() - kinds.len(), since, until };
    let last = kinds.iter().map(|(.., last)| Row::Passed(passed[*last]));
    last.chain([more]).collect()
}

fn likeness(passed: &Passed) -> Likeness<'_> {
    let kind = match &passed.what {
        Sent::Message { content: Content::Bytes(bytes), .. } if bytes.starts_with(HEARTBEAT) => {
            Kind::Heartbeat
        }
        Sent::Message { content: Content::Bytes(bytes), .. }
            if passed.from == Role::Server && bytes.starts_with(ACKNOWLEDGEMENT) =>
        {
            Kind::Acknowledgement
        }
        Sent::Message { content: Content::Bytes(_), .. } => Kind::Text,
        other => Kind::Other(other),
    };
    Likeness { from: passed.from, fate: passed.fate, kind }
}
