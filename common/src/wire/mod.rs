//! The bytes on the wire.
//!
//! | direction | message | bytes |
//! | --- | --- | --- |
//! | client → server | heartbeat | `HeartBeat` at a message boundary, no newline |
//! | client → server | line | bytes up to and including `\n` |
//! | client → server | escaped line | [`DLE`], then a line that is text whatever it begins with |
//! | server → client | acknowledgement | `OK`, no newline |
//! | server → client | echo | the line, its ASCII letters in upper case |
//! | server → client | probe | `HeartBeat` at a line's start |
//!
//! A message boundary is the start of the stream, the end of a heartbeat and the end of a line.
//! TCP carries a byte stream, so nothing here depends on how the bytes were cut into reads:
//! [`RequestReader`] and [`ReplyReader`] give the same answer for every cut. They hold back only
//! bytes that may still become a token.
//!
//! [`Escaper`] and [`ReplyReader`] are the client's half, [`RequestReader`] is the
//! server's.
//!
//! In the article: `Heartpg`, which is the heartbeat, and `Heart_ACK`, which is the
//! acknowledgement.

mod escape;
mod reply;
mod request;

use std::{mem, ops::Range};

pub use escape::Escaper;
pub use reply::{Reply, ReplyReader, SentHeartbeat};
pub use request::{Request, RequestReader};

/// The heartbeat, from the client; the probe, from the server.
pub const HEARTBEAT: &[u8] = b"HeartBeat";

/// The server's answer to a heartbeat.
pub const ACKNOWLEDGEMENT: &[u8] = b"OK";

/// ASCII "data link escape": the line after it is text, whatever it begins with.
pub const DLE: u8 = 0x10;

/// A read buffer whose undecided bytes wait in front of the next read's.
///
/// It begins small and grows when a read fills it, so a client that sends only heartbeats costs
/// little memory.
struct ReadBuffer {
    bytes: Vec<u8>,
    undecided: Range<usize>,
    capacity: usize,
    was_filled: bool,
}

/// The first size of a read buffer: room for many heartbeats, or for a line or two of text.
const FIRST_CAPACITY: usize = 512;

impl ReadBuffer {
    /// # Panics
    /// If `capacity` leaves no room beside the longest undecided piece of a token.
    fn new(capacity: usize) -> Self {
        assert!(capacity > HEARTBEAT.len(), "a read buffer holds a token and more");
        let bytes = vec![0; capacity.min(FIRST_CAPACITY)];
        Self { bytes, undecided: 0..0, capacity, was_filled: false }
    }

    /// Moves the undecided bytes to the front and lends the room behind them.
    fn space(&mut self) -> &mut [u8] {
        if mem::take(&mut self.was_filled) && self.bytes.len() < self.capacity {
            self.bytes.resize((self.bytes.len() * 8).min(self.capacity), 0);
        }
        let length = self.undecided.len();
        self.bytes.copy_within(self.undecided.clone(), 0);
        self.undecided = 0..length;
        &mut self.bytes[length..]
    }

    /// Where the undecided bytes and the `received` ones behind them end.
    fn end(&mut self, received: usize) -> usize {
        let end = self.undecided.len() + received;
        self.was_filled = end == self.bytes.len();
        end
    }
}
