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
//! A message boundary is the start of the stream, the end of a heartbeat and the
//! end of a line. TCP carries a byte stream, so nothing here depends on how the
//! bytes were cut into reads: [`RequestReader`] and [`ReplyReader`] give the same
//! answer for every cut. They hold back only what could still become a token.
//!
//! [`Escaper`] and [`ReplyReader`] are the client's half, [`RequestReader`] is the
//! server's.

mod escape;
mod reply;
mod request;

use std::ops::Range;

pub use escape::Escaper;
pub use reply::{Reply, ReplyReader, SentHeartbeat};
pub use request::{Request, RequestReader};

/// The heartbeat, from the client; the probe, from the server.
pub const HEARTBEAT: &[u8] = b"HeartBeat";

/// The server's answer to a heartbeat.
pub const ACKNOWLEDGEMENT: &[u8] = b"OK";

/// ASCII "data link escape": the line behind it is text, whatever it begins with.
pub const DLE: u8 = 0x10;

/// A read buffer whose undecided bytes wait in front of the next read's.
struct ReadBuffer {
    bytes: Box<[u8]>,
    undecided: Range<usize>,
}

impl ReadBuffer {
    /// # Panics
    /// If `capacity` leaves no room beside the longest undecided piece of a token.
    fn new(capacity: usize) -> Self {
        assert!(capacity > HEARTBEAT.len(), "a read buffer holds a token and more");
        let bytes = vec![0; capacity].into_boxed_slice();
        Self { bytes, undecided: 0..0 }
    }

    /// Moves the undecided bytes to the front and lends the room behind them.
    fn space(&mut self) -> &mut [u8] {
        let length = self.undecided.len();
        self.bytes.copy_within(self.undecided.clone(), 0);
        self.undecided = 0..length;
        &mut self.bytes[length..]
    }
}
