//! How the input is cut into chunks.

use std::{
    io::{self, Read},
    iter,
};

use client::input::{CHUNK_SIZE, Chunks};

/// An input that comes in these pieces. An empty piece is an end of file, after which a terminal
/// goes on.
struct Pieces<'a>(std::slice::Iter<'a, &'a [u8]>);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.0.next().expect("nothing is read after the end of the input");
        buffer[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

/// The chunks of an input that comes in these pieces.
fn chunks(pieces: &[&[u8]]) -> Vec<Vec<u8>> {
    let (mut chunks, mut pieces) = (Chunks::default(), Pieces(pieces.iter()));
    let next = || chunks.read(&mut pieces).expect("it can be read").map(<[u8]>::to_vec);
    iter::from_fn(next).filter(|chunk| !chunk.is_empty()).collect()
}

#[test]
fn a_chunk_holds_whole_lines_and_half_a_line_waits_for_its_rest() {
    assert_eq!(chunks(&[b"one\ntwo\nth", b"ree\n", b""]), [&b"one\ntwo\n"[..], b"three\n"]);
    assert_eq!(chunks(&[b"no newline", b""]), [b"no newline"]);
    assert_eq!(chunks(&[b""]), Vec::<Vec<u8>>::new());
}

#[test]
fn an_end_of_file_that_is_typed_after_half_a_line_is_the_end_of_the_input() {
    // A terminal would go on: another read would wait for more.
    assert_eq!(chunks(&[b"one\nabc", b""]), [&b"one\n"[..], b"abc"]);
}

#[test]
fn a_line_that_is_longer_than_a_chunk_is_handed_on_in_pieces() {
    let long = vec![b'x'; CHUNK_SIZE];
    assert_eq!(chunks(&[&long, b"\n", b""]), [&long[..], b"\n"]);
}
