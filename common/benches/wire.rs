//! The wire in bytes a second, beside upper-casing alone. Run with `cargo bench -p common`.

use common::wire::{Escaper, ReplyReader, RequestReader};
use divan::{Bencher, counter::BytesCount};

/// What a read brings at most.
const BLOCKS: [usize; 3] = [512, 4_096, 65_536];

fn main() {
    divan::main();
}

/// So many bytes of lines of this length.
fn lines(length: usize, bytes: usize) -> Vec<u8> {
    let mut line = vec![b'x'; length - 1];
    line.push(b'\n');
    line.into_iter().cycle().take(bytes).collect()
}

/// The bound: nothing but a copy into the buffer and upper-casing in place.
#[divan::bench(args = BLOCKS)]
fn copy_and_upper_case(bencher: Bencher<'_, '_>, block: usize) {
    let (input, mut buffer) = (lines(80, block), vec![0; block]);
    bencher.counter(BytesCount::new(block)).bench_local(|| {
        buffer.copy_from_slice(&input);
        buffer.make_ascii_uppercase();
        divan::black_box(&buffer).len()
    });
}

fn answer(bencher: Bencher<'_, '_>, input: &[u8], cut: usize) {
    let mut reader = RequestReader::new(65_536);
    while reader.space().len() < cut {
        let full = reader.space().len();
        let _ = reader.answer(full, |_| ()); // a reader grows when it is filled
    }
    bencher.counter(BytesCount::new(input.len())).bench_local(|| {
        let mut answered = 0;
        for piece in input.chunks(cut) {
            reader.space()[..piece.len()].copy_from_slice(piece);
            answered += reader.answer(piece.len(), |_| ()).len();
        }
        answered
    });
}

/// The server's reader over lines of 80 bytes, by block size.
#[divan::bench(args = BLOCKS)]
fn requests_by_block(bencher: Bencher<'_, '_>, block: usize) {
    answer(bencher, &lines(80, block), block);
}

/// By the length of a line, in blocks of 64 KiB.
#[divan::bench(args = [2, 32, 80, 1_000])]
fn requests_by_line(bencher: Bencher<'_, '_>, length: usize) {
    answer(bencher, &lines(length, 65_536), 65_536);
}

/// By how small the pieces are that TCP cuts.
#[divan::bench(args = [1, 9, 100, 1_448])]
fn requests_by_cut(bencher: Bencher<'_, '_>, cut: usize) {
    answer(bencher, &lines(80, 65_536), cut);
}

/// Heartbeats and nothing else.
#[divan::bench]
fn heartbeats(bencher: Bencher<'_, '_>) {
    answer(bencher, &b"HeartBeat".repeat(7_000), 63_000);
}

/// The client's reader over echoes.
#[divan::bench(args = BLOCKS)]
fn replies_by_block(bencher: Bencher<'_, '_>, block: usize) {
    let input = lines(80, block).to_ascii_uppercase();
    let mut reader = ReplyReader::new(65_536);
    while reader.space().len() < block {
        let full = reader.space().len();
        let _ = reader.take(full, |_| ());
    }
    bencher.counter(BytesCount::new(block)).bench_local(|| {
        reader.space()[..block].copy_from_slice(&input);
        reader.take(block, |_| ()).len()
    });
}

/// The client's escaping of text in which nothing has to be escaped.
#[divan::bench(args = BLOCKS)]
fn escape_by_block(bencher: Bencher<'_, '_>, block: usize) {
    let input = lines(80, block);
    let mut escaper = Escaper::default();
    bencher.counter(BytesCount::new(block)).bench_local(|| escaper.escape(&input).len());
}
