//! How a stream arrives: in what pieces, and in how large a buffer.
//!
//! It is taken from the front of a fuzzer's bytes, so that the fuzzer sees nothing but
//! bytes and chooses everything: two bytes for the capacity, then a list of cuts.

use std::io::{self, Read};

/// The smallest buffer that a reader takes.
const LEAST_CAPACITY: usize = 10;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival<'a> {
    /// What the reader's buffer holds at the most, in bytes.
    pub(crate) capacity: usize,
    /// The lengths of the reads, in bytes, over and over; 0 is a read that fills the
    /// space there is, and so are all reads if there are no cuts.
    pub(crate) cuts: &'a [u8],
}

impl<'a> Arrival<'a> {
    /// The arrival that these bytes begin with, and the bytes behind it.
    pub(crate) fn split_from(bytes: &'a [u8]) -> (Self, &'a [u8]) {
        let (&capacity, rest) = bytes.split_first_chunk().unwrap_or((&[0, 0], &[]));
        let (cuts, rest) = split_list(rest);
        let capacity = LEAST_CAPACITY + usize::from(u16::from_be_bytes(capacity));
        (Self { capacity, cuts }, rest)
    }

    pub(crate) fn of(self, stream: &'a [u8]) -> impl Read + 'a {
        Pieces { cuts: self.cuts.iter().cycle(), rest: stream }
    }
}

/// The list that these bytes begin with, and the bytes behind it. A byte stands in front
/// of the list and says how long it is, modulo 16: most of a fuzzer's bytes are stream.
pub(crate) fn split_list(bytes: &[u8]) -> (&[u8], &[u8]) {
    let (&length, rest) = bytes.split_first().unwrap_or((&0, &[]));
    rest.split_at(usize::from(length % 16).min(rest.len()))
}

struct Pieces<'a, Cuts> {
    cuts: Cuts,
    rest: &'a [u8],
}

impl<'a, Cuts: Iterator<Item = &'a u8>> Read for Pieces<'a, Cuts> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let length = match self.cuts.next() {
            None | Some(0) => space.len(),
            Some(&cut) => space.len().min(cut.into()),
        };
        self.rest.read(&mut space[..length])
    }
}
