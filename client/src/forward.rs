//! The main thread's part: the input's chunks go out, until the input or the session ends.
//!
//! It knows no socket: how to write is passed in. An error there is the reason for the
//! session's end, or none if it only says that the session has ended already.

use std::io;

use crossbeam_channel::RecvError;

use crate::{
    end_signal::EndSignal,
    ending::Ending,
    sync::{First, Receiver, first_of},
};

/// Sends chunks until the input or the session ends, and after the input's end does what is
/// left to do, `finish`. Returns, when the session has ended, why, and whether all of the
/// input was sent and `finish` done.
///
/// # Panics
/// When `end` is not the end that is waited for in `ended`.
pub fn forward(
    chunks: &Receiver<io::Result<Vec<u8>>>,
    end: &EndSignal,
    ended: &Receiver<Ending>,
    write: impl Fn(&[u8]) -> Result<(), Option<Ending>>,
    finish: impl FnOnce() -> Result<(), Option<Ending>>,
) -> (Ending, bool) {
    let ends = "whoever holds `end` holds a sender of its reason";
    let written = loop {
        let written = match first_of(ended, chunks) {
            First::Left(ending) => return (ending.expect(ends), false),
            First::Right(Ok(Ok(text))) => write(&text),
            First::Right(Ok(Err(error))) => {
                Err(Some(Ending::Failed { doing: "reading the input", error }))
            }
            First::Right(Err(RecvError)) => break finish(),
        };
        if written.is_err() {
            break written;
        }
    };
    let all_sent = written.is_ok();
    if let Err(Some(reason)) = written {
        end.signal(reason);
    }
    (ended.recv().expect(ends), all_sent)
}
