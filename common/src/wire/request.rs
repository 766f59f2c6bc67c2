//! The server's side of client → server.
//!
//! A reply never outgrows its request (a heartbeat shrinks from nine bytes to two,
//! an escaped line loses one, text keeps its length), so the server answers inside
//! its read buffer: one read, one pass, one write, and constant memory however long
//! a line is.

use super::{ACKNOWLEDGEMENT, DLE, HEARTBEAT, ReadBuffer};

/// A message, or a part of one, in a client's bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// A heartbeat.
    Heartbeat,
    /// Text, as it came: a part of a line, a line, or several.
    Text(&'a [u8]),
}

/// Reads one client's bytes and turns them, in place, into the replies.
pub struct RequestReader {
    buffer: ReadBuffer,
    at_boundary: bool,
}

impl RequestReader {
    /// A reader at the start of a stream that takes up to `capacity` bytes a read.
    ///
    /// # Panics
    /// If `capacity` is nine bytes or fewer: it could not hold a token and more.
    pub fn new(capacity: usize) -> Self {
        Self { buffer: ReadBuffer::new(capacity), at_boundary: true }
    }

    /// Where the next read goes. It is never empty.
    pub fn space(&mut self) -> &mut [u8] {
        self.buffer.space()
    }

    /// Takes the `received` bytes that were read into [`space`](Self::space), calls `seen` with
    /// each request, and returns the replies in order.
    ///
    /// # Panics
    /// If `received` is more than the space that was lent.
    pub fn answer(&mut self, received: usize, mut seen: impl FnMut(Request<'_>)) -> &[u8] {
        let end = self.buffer.end(received);
        let bytes = &mut self.buffer.bytes;
        let (mut read, mut written) = (0, 0);

        while read < end {
            if self.at_boundary {
                let rest = &bytes[read..end];
                if rest.starts_with(HEARTBEAT) {
                    seen(Request::Heartbeat);
                    bytes[written..][..ACKNOWLEDGEMENT.len()].copy_from_slice(ACKNOWLEDGEMENT);
                    read += HEARTBEAT.len();
                    written += ACKNOWLEDGEMENT.len();
                    continue;
                }
                if HEARTBEAT.starts_with(rest) {
                    break; // It may still become a heartbeat.
                }
                self.at_boundary = false;
                if rest[0] == DLE {
                    read += 1;
                    continue;
                }
            }

            let length = text_length(&bytes[read..end]);
            let text = &mut bytes[read..read + length];
            seen(Request::Text(text));
            self.at_boundary = text.ends_with(b"\n");
            text.make_ascii_uppercase();
            if written < read {
                bytes.copy_within(read..read + length, written);
            }
            read += length;
            written += length;
        }

        self.buffer.undecided = read..end;
        &bytes[..written]
    }

    /// Whether the replies so far end with a whole one, so that a probe may follow.
    pub fn at_boundary(&self) -> bool {
        self.at_boundary
    }

    /// The stream has ended, so bytes that were held back are text. Calls `seen` with them and
    /// returns their echo.
    pub fn finish(&mut self, mut seen: impl FnMut(Request<'_>)) -> &[u8] {
        let text = &mut self.buffer.bytes[self.buffer.undecided.clone()];
        self.buffer.undecided = 0..0;
        if !text.is_empty() {
            seen(Request::Text(text));
            text.make_ascii_uppercase();
        }
        text
    }
}

/// How many of these bytes are certainly text, if the first one is: all up to the first line that
/// may begin with a heartbeat or an escape.
fn text_length(bytes: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', bytes)
        .map(|newline| newline + 1)
        .find(|&next| matches!(bytes.get(next), Some(&(b'H' | DLE))))
        .unwrap_or(bytes.len())
}
