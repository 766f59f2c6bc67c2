//! The client's side of client → server: text in which no line can be mistaken for a heartbeat
//! or an escape.

use std::borrow::Cow;

use super::{DLE, HEARTBEAT};

/// Puts one [`DLE`] in front of each line that begins with the token or with DLE, and counts
/// lines and bytes.
pub struct Escaper {
    at_boundary: bool,
    lines: u64,
    bytes: u64,
}

impl Default for Escaper {
    fn default() -> Self {
        Self { at_boundary: true, lines: 0, bytes: 0 }
    }
}

impl Escaper {
    /// Returns the next piece of the text, ready for the wire. It is borrowed if nothing had to be
    /// escaped. A line that is cut while it still looks like the beginning of the token is
    /// escaped, too, so any cut of a text arrives as the same text.
    pub fn escape<'a>(&mut self, text: &'a [u8]) -> Cow<'a, [u8]> {
        let newlines = memchr::memchr_iter(b'\n', text);
        let line_starts = self
            .at_boundary
            .then_some(0)
            .into_iter()
            .chain(newlines.clone().map(|newline| newline + 1));
        let mut escaped = Vec::new();
        let mut copied = 0;
        for line in line_starts.filter(|&line| needs_escape(&text[line..])) {
            escaped.extend_from_slice(&text[copied..line]);
            escaped.push(DLE);
            copied = line;
        }

        self.lines += newlines.count() as u64;
        self.bytes += text.len() as u64;
        self.at_boundary = text.last().map_or(self.at_boundary, |&byte| byte == b'\n');
        if escaped.is_empty() {
            return Cow::Borrowed(text);
        }
        escaped.extend_from_slice(&text[copied..]);
        Cow::Owned(escaped)
    }

    /// Whether the text so far ends with a whole line, so that a heartbeat may follow.
    pub fn at_boundary(&self) -> bool {
        self.at_boundary
    }

    /// Newlines so far.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Bytes of text so far, without the escapes.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

fn needs_escape(rest: &[u8]) -> bool {
    match rest.first() {
        Some(&DLE) => true,
        Some(b'H') => rest.starts_with(HEARTBEAT) || HEARTBEAT.starts_with(rest),
        _ => false,
    }
}
