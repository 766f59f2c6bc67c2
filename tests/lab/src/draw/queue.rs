//! The rows of a drawing that shows the server's timeout queue: what moved it, and the order after
//! that, the front at the left.

use textwrap::core::display_width;

use super::{centred, lines, readable};
use crate::event::{Entry, State, What};

/// The columns of what moved the queue.
pub(super) const TEXT: usize = 24;

/// The columns of an entry.
pub(super) const ENTRY: usize = 7;

/// The columns of an entry's name and of what stands around it.
pub(super) const SHOWN: usize = 4;

/// How an entry looks, and what that means.
pub(super) const LEGEND: [(Entry, &str); 3] = [
    (Entry { conn: 1, state: State::Moved }, "moved just now"),
    (Entry { conn: 1, state: State::Waiting }, "waiting"),
    (Entry { conn: 1, state: State::Stopped }, "stopped"),
];

pub(super) fn legend() -> String {
    let meaning = |(entry, meaning)| format!("{:<SHOWN$} {meaning}   ", shown(entry));
    LEGEND.map(meaning).concat().trim_end().to_owned()
}

pub(super) fn header() -> String {
    format!(" {:<TEXT$}queue: front → back", "event")
}

/// The rows of so many columns that show this.
pub(super) fn rows(what: &What, columns: usize) -> Vec<String> {
    match what {
        What::Queue { text, order } => {
            let mut rows = lines(text, TEXT - 1);
            if let Some(first) = rows.first_mut() {
                let blanks = TEXT - display_width(first);
                let order = order.iter().map(|entry| format!("{:<ENTRY$}", shown(*entry)));
                let order = order.collect::<Vec<_>>().concat();
                *first += &" ".repeat(blanks);
                *first += order.trim_end();
            }
            rows
        }
        What::Deed(text) => {
            let band = |line: &String| centred(&format!(" {line} "), "═", columns);
            lines(text, columns - 4).iter().map(band).collect()
        }
        What::Mark { role, text } => lines(&format!("{role}: {text}"), columns),
        What::Message { from, content, .. } => {
            vec![format!("{from}: {}", readable(*from, content, columns - 10))]
        }
    }
}

/// An entry: `[c1]` if it was moved just now, `(c2)` if its program is stopped.
fn shown(Entry { conn, state }: Entry) -> String {
    match state {
        State::Moved => format!("[c{conn}]"),
        State::Waiting => format!(" c{conn}"),
        State::Stopped => format!("(c{conn})"),
    }
}
