//! The input, read by a thread of its own: a blocked read of stdin cannot be interrupted, and
//! the session must be able to end meanwhile.

use std::io::{self, ErrorKind, Read};

use crossbeam_channel::Sender;

/// The most that is read, and handed on, at once.
pub const CHUNK_SIZE: usize = 64 * 1024;

/// Hands on what it reads until the input ends or nobody takes it any more. An error is handed
/// on, too, and ends it.
///
/// A chunk holds all whole lines that one read brought, so that many lines go out in one write.
/// Half a line waits for its rest, since no heartbeat can follow half a line. Only a line longer
/// than a chunk is handed on in pieces. The last line may lack its newline.
pub fn read(mut input: impl Read, chunks: &Sender<io::Result<Vec<u8>>>) {
    let mut buffer = vec![0; CHUNK_SIZE];
    let mut filled = 0;
    loop {
        let count = match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                let _ = chunks.send(Err(error));
                return;
            }
        };
        let newline = memchr::memrchr(b'\n', &buffer[filled..filled + count]);
        let ready = newline.map_or(0, |newline| filled + newline + 1);
        filled += count;
        let ready = if ready == 0 && filled == buffer.len() { filled } else { ready };
        if ready > 0 {
            if chunks.send(Ok(buffer[..ready].to_vec())).is_err() {
                return;
            }
            buffer.copy_within(ready..filled, 0);
            filled -= ready;
        }
    }
    if filled > 0 {
        let _ = chunks.send(Ok(buffer[..filled].to_vec()));
    }
}
