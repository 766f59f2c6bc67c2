//! The input, in chunks of whole lines, and everything else that the main thread waits for
//! meanwhile: whoever has news for it wakes it up.

use std::io::{self, Read};

#[cfg(any(not(unix), target_vendor = "apple"))]
mod thread;
#[cfg(all(unix, not(target_vendor = "apple")))]
mod unix;

#[cfg(any(not(unix), target_vendor = "apple"))]
pub use thread::{Input, Waker};
#[cfg(all(unix, not(target_vendor = "apple")))]
pub use unix::{Input, Waker};

use crate::unanswered::PIECE;

/// The most that is read, and handed on, at once.
pub const CHUNK_SIZE: usize = PIECE;

/// The next thing for the main thread to do.
#[derive(Debug)]
pub enum Next<'a> {
    /// Send this text.
    Text(&'a [u8]),
    /// The input has ended, or it cannot be read.
    End(io::Result<()>),
    /// The deadline has come, or there is news: the main thread must look around.
    News,
}

/// Cuts what it reads into chunks.
///
/// A chunk holds all whole lines that one read brought, so that many lines go out in one write.
/// Half a line waits for its rest, since no heartbeat can follow half a line. Only a line longer
/// than a chunk is handed on in pieces. The last line may lack its newline.
pub struct Chunks {
    buffer: Vec<u8>,
    /// Where the chunk that was handed on last ends.
    handed_on: usize,
    filled: usize,
    /// A terminal goes on after its end of file, so the end is remembered.
    has_ended: bool,
}

impl Default for Chunks {
    fn default() -> Self {
        Self { buffer: vec![0; CHUNK_SIZE], handed_on: 0, filled: 0, has_ended: false }
    }
}

impl Chunks {
    /// Reads once. The chunk is empty if no line is whole yet; there is none at the input's end.
    ///
    /// # Errors
    /// When the input cannot be read.
    pub fn read(&mut self, mut input: impl Read) -> io::Result<Option<&[u8]>> {
        self.buffer.copy_within(self.handed_on..self.filled, 0);
        self.filled -= self.handed_on;
        self.handed_on = 0;
        let count = if self.has_ended { 0 } else { input.read(&mut self.buffer[self.filled..])? };
        self.has_ended |= count == 0;
        if count == 0 && self.filled == 0 {
            return Ok(None);
        }
        let newline = memchr::memrchr(b'\n', &self.buffer[self.filled..self.filled + count]);
        let whole = newline.map_or(0, |newline| self.filled + newline + 1);
        self.filled += count;
        let is_last = count == 0 || self.filled == self.buffer.len();
        self.handed_on = if whole == 0 && is_last { self.filled } else { whole };
        Ok(Some(&self.buffer[..self.handed_on]))
    }

    /// The chunk that was read last.
    pub fn last(&self) -> &[u8] {
        &self.buffer[..self.handed_on]
    }
}
