//! Bytes as text for a console, which takes nothing else.

use std::mem;

/// Makes text of bytes that come in pieces: bytes that are not UTF-8 become `�`, as in
/// [`String::from_utf8_lossy`]. A character that is cut by the end of a piece waits for its rest.
#[derive(Debug, Default)]
pub struct Lossy {
    /// The beginning of a character.
    begun: Vec<u8>,
}

impl Lossy {
    /// The text of these bytes, as far as it is known.
    pub fn take(&mut self, bytes: &[u8]) -> String {
        let mut all = mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let mut text = String::with_capacity(all.len());
        let mut chunks = all.utf8_chunks().peekable();
        while let Some(chunk) = chunks.next() {
            text.push_str(chunk.valid());
            let rest = chunk.invalid();
            let may_go_on = chunks.peek().is_none() && !rest.is_empty() && {
                let error = std::str::from_utf8(rest).err();
                error.is_some_and(|error| error.error_len().is_none())
            };
            if may_go_on {
                rest.clone_into(&mut self.begun);
            } else if !rest.is_empty() {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        text
    }
}
