//! Messages and marks as text that a person can read and that cannot control a terminal.
//!
//! The protocol's own words stand bare, lines of text in quotes: `HeartBeat`, `"hello\n"`.
//! Widths are in columns of a terminal, where some characters take two.

mod boxes;
pub mod picture;
mod queue;
pub mod slide;
pub(crate) mod svg;
pub mod terminal;

use common::{
    wire::{ACKNOWLEDGEMENT, HEARTBEAT},
    words::Escaped,
};
use textwrap::{Options, WordSplitter, core::display_width};

use crate::event::{Content, Role};

/// What a message says, in at most so many columns. If the bytes need more, they are cut and
/// counted; 20 columns always have room for the count.
///
/// `OK` followed by text is shown as text: it may be the echo of somebody's `ok`.
pub fn readable(from: Role, content: &Content, columns: usize) -> String {
    match content {
        Content::Bytes(bytes) => cut(messages(from, bytes).join(" "), bytes.len(), columns),
        Content::EndOfStream => "(end of stream)".to_owned(),
        Content::Reset => "(reset)".to_owned(),
    }
}

fn messages(from: Role, mut bytes: &[u8]) -> Vec<String> {
    let mut messages = Vec::new();
    while !bytes.is_empty() {
        let (message, rest) = if let Some(word) = word_at_start(from, bytes) {
            (word.escape_ascii().to_string(), &bytes[word.len()..])
        } else {
            let newline = bytes.iter().position(|&byte| byte == b'\n');
            let (line, rest) = bytes.split_at(newline.map_or(bytes.len(), |at| at + 1));
            (Escaped(line).to_string(), rest)
        };
        messages.push(message);
        bytes = rest;
    }
    messages
}

fn word_at_start(from: Role, bytes: &[u8]) -> Option<&'static [u8]> {
    let mut pieces = bytes.chunks(ACKNOWLEDGEMENT.len());
    if bytes.starts_with(HEARTBEAT) {
        Some(HEARTBEAT)
    } else if from == Role::Server && pieces.all(|piece| piece == ACKNOWLEDGEMENT) {
        Some(ACKNOWLEDGEMENT)
    } else {
        None
    }
}

fn cut(text: String, bytes: usize, columns: usize) -> String {
    if display_width(&text) <= columns {
        return text;
    }
    let count = format!("… ({bytes} bytes)");
    let mut room = columns.saturating_sub(display_width(&count));
    let fits = |character: &char| {
        let left = room.checked_sub(display_width(character.encode_utf8(&mut [0; 4])));
        room = left.unwrap_or(0);
        left.is_some()
    };
    text.chars().take_while(fits).chain(count.chars()).collect()
}

/// A text in lines of at most so many columns, cut at its spaces. `before` stands in front of the
/// first line, and as many blanks in front of the others.
pub fn hanging(before: &str, text: &str, columns: usize) -> String {
    let below = " ".repeat(display_width(before));
    let options = Options::new(columns).initial_indent(before).subsequent_indent(&below);
    textwrap::fill(text, options.word_splitter(WordSplitter::NoHyphenation))
}

/// The text in lines of at most so many columns, with every control character escaped.
pub fn lines(text: &str, columns: usize) -> Vec<String> {
    let shown = |character: char| match character {
        '"' | '\'' | '\\' => character.to_string(),
        _ => character.escape_debug().to_string(),
    };
    let text: String = text.chars().map(shown).collect();
    let options = Options::new(columns).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(&text, options).into_iter().map(Into::into).collect()
}

/// The text in the middle of so many columns, with `fill` at both sides.
fn centred(text: &str, fill: &str, columns: usize) -> String {
    let room = columns - display_width(text);
    let before = room / 2;
    format!("{}{text}{}", fill.repeat(before), fill.repeat(room - before))
}
