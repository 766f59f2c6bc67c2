//! The text of the session that has not come back: what the next echo must be, byte for byte, and
//! what is sent again on the next connection.
//!
//! ```text
//! text of the session   ████████████▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░
//!                       came back   │ handed over │ not yet
//!                                   └──── kept ────────┘
//! ```
//!
//! An echo has the length of its text, so the bytes that came back count what was answered, and
//! the wire needs no numbers. A new connection starts at the first byte that has not come back.
//!
//! At most 8 MiB are kept. Then the input waits until some have come back, so a server that takes
//! everything and answers nothing costs no memory without end.

use std::{collections::VecDeque, fmt, mem};

use common::words::Count;

/// How many bytes are kept before the input waits: more than the kernels of both sides hold by
/// default, so this limit alone slows nothing down.
const MOST: usize = 8 * 1024 * 1024;

/// The most that is handed over at once, or comes from the input at once.
pub const PIECE: usize = 64 * 1024;

/// The text that has not come back.
#[derive(Debug, Default)]
pub struct Unanswered {
    kept: VecDeque<u8>,
    /// How many of the kept bytes were handed over to this connection. Their echo is due.
    handed_over: usize,
    /// How many of the kept bytes were handed over to this connection or to one before.
    sent: usize,
    /// How many bytes have come back in the whole session.
    came_back: u64,
    /// How many of those on connections that are over.
    came_back_before: u64,
    /// Whether the input waits for room.
    input_waits: bool,
}

/// An amount of text.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    pub lines: u64,
    pub bytes: u64,
}

impl Amount {
    pub fn add(&mut self, other: Self) {
        self.lines += other.lines;
        self.bytes += other.bytes;
    }
}

/// `3 lines (57 bytes)`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lines, bytes } = *self;
        write!(f, "{} ({})", Count(lines, "line"), Count(bytes, "byte"))
    }
}

/// A reply that is not the echo that was due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongReply {
    /// How many bytes of the reply were right.
    pub right: usize,
    /// How many bytes of the session's echo were right, these among them.
    pub all_right: u64,
    /// The bytes that came, from the start of the line that is wrong.
    pub came: Vec<u8>,
    /// The line that was due instead. It is empty if all was answered.
    pub due: Vec<u8>,
}

impl Unanswered {
    /// Whether there is room for another piece of input. If not, [`take`](Self::take) will say
    /// when there is.
    pub fn has_room(&mut self) -> bool {
        self.input_waits = self.kept.len() + PIECE > MOST;
        !self.input_waits
    }

    /// Keeps text until there is a connection to hand it over to.
    pub fn keep(&mut self, text: &[u8]) {
        let needed = self.kept.len() + text.len();
        if needed > self.kept.capacity() {
            // By itself the buffer would grow to more than the most that it must hold.
            self.kept.reserve_exact(needed.next_power_of_two() - self.kept.len());
        }
        self.kept.extend(text);
    }

    /// Keeps text that is handed over to the connection now. All text before it must have been.
    pub fn hand_over(&mut self, text: &[u8]) {
        self.keep(text);
        self.handed_over = self.kept.len();
        self.sent = self.handed_over;
    }

    /// Hands over the next piece of the kept text, if there is one left, and returns how much of it
    /// was sent before; of lines only whole ones count. The piece replaces what is in `piece`.
    pub fn hand_over_kept(&mut self, piece: &mut Vec<u8>) -> Option<Amount> {
        let length = (self.kept.len() - self.handed_over).min(PIECE);
        if length == 0 {
            return None;
        }
        let end = self.handed_over + length;
        piece.clear();
        piece.extend(self.kept.range(self.handed_over..end));
        let again = self.sent.clamp(self.handed_over, end) - self.handed_over;
        self.handed_over = end;
        self.sent = self.sent.max(end);
        let lines = memchr::memchr_iter(b'\n', &piece[..again]).count() as u64;
        Some(Amount { lines, bytes: again as u64 })
    }

    /// Enters that the connection is over: nothing is due until the text is handed over again.
    /// Returns whether any text came back on it.
    pub fn start_over(&mut self) -> bool {
        self.handed_over = 0;
        mem::replace(&mut self.came_back_before, self.came_back) < self.came_back
    }

    /// Takes out what has come back. Returns whether the input can go on that had to wait.
    ///
    /// # Errors
    /// When it is not what was due. Then nothing more is taken out than what was right.
    pub fn take(&mut self, echo: &[u8]) -> Result<bool, WrongReply> {
        let right = self.right(echo);
        self.kept.drain(..right);
        self.handed_over -= right;
        self.sent -= right;
        self.came_back += right as u64;
        if right == echo.len() {
            let goes_on = self.input_waits && self.has_room();
            return Ok(goes_on);
        }
        let is_end = |byte: &u8| *byte == b'\n';
        let line = memchr::memrchr(b'\n', &echo[..right]).map_or(0, |end| end + 1);
        let due = self.kept.range(..self.handed_over);
        let length = due.clone().position(is_end).map_or(due.len(), |end| end + 1);
        let mut due: Vec<u8> = echo[line..right].iter().chain(due.take(length)).copied().collect();
        due.make_ascii_uppercase();
        Err(WrongReply { right, all_right: self.came_back, came: echo[line..].to_vec(), due })
    }

    /// Whether these bytes are all that is due.
    pub fn is_completed_by(&self, echo: &[u8]) -> bool {
        self.kept.len() == echo.len() && self.right(echo) == echo.len()
    }

    /// Whether all text has come back.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// All text that has not come back. A last line without its newline counts.
    pub fn all(&self) -> Amount {
        self.amount(self.kept.len())
    }

    /// The part of it that was handed over to this connection or to one before.
    pub fn sent(&self) -> Amount {
        self.amount(self.sent)
    }

    fn amount(&self, length: usize) -> Amount {
        let (front, back) = self.kept.as_slices();
        let (front, rest) = front.split_at(length.min(front.len()));
        let back = if rest.is_empty() { &back[..length - front.len()] } else { &[] };
        let newlines = [front, back].map(|part| memchr::memchr_iter(b'\n', part).count());
        let is_open = back.last().or(front.last()).is_some_and(|&last| last != b'\n');
        let lines = newlines.iter().sum::<usize>() as u64 + u64::from(is_open);
        Amount { lines, bytes: length as u64 }
    }

    /// How many bytes at the start of this echo are right.
    pub fn right(&self, echo: &[u8]) -> usize {
        let (front, back) = self.kept.as_slices();
        let echo = &echo[..echo.len().min(self.handed_over)];
        let (first, second) = echo.split_at(front.len().min(echo.len()));
        match right(front, first) {
            length if length == first.len() => length + right(back, second),
            length => length,
        }
    }
}

/// How many bytes at the start of `echo` are those of `text` in capitals.
fn right(text: &[u8], echo: &[u8]) -> usize {
    const BLOCK: usize = 1024;
    let is_right = |(text, echo): &(&u8, &u8)| text.to_ascii_uppercase() == **echo;
    let mut right = 0;
    for (text, echo) in text.chunks(BLOCK).zip(echo.chunks(BLOCK)) {
        // Without a way out of the loop, many bytes are compared at once.
        let differs =
            |differs, (text, echo): (&u8, &u8)| differs | (text.to_ascii_uppercase() ^ echo);
        if text.iter().zip(echo).fold(0, differs) != 0 {
            return right + text.iter().zip(echo).take_while(is_right).count();
        }
        right += text.len().min(echo.len());
    }
    right
}
