//! stdout, on which the results appear. Its reader may go at any time, as in `load … | head -1`.

use std::{
    error::Error,
    fmt,
    io::{self, ErrorKind, Write as _},
};

use common::streams;

/// The error of a line that nobody reads any more. It ends the load, and is no failure. (A broken
/// pipe of a connection to the server is one.)
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the results any more")]
struct ReaderGone;

/// Prints a line of the results.
pub fn say(line: fmt::Arguments<'_>) -> io::Result<()> {
    streams::stdout()
        .and_then(|stdout| (&stdout).write_all(format!("{line}\n").as_bytes()))
        .map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => io::Error::other(ReaderGone),
            kind => io::Error::new(kind, format!("cannot write the results: {error}")),
        })
}

/// Whether a load ended because nobody reads its results any more.
pub fn is_reader_gone(error: &(dyn Error + 'static)) -> bool {
    let error = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    error.and_then(|error| error.downcast_ref::<ReaderGone>()).is_some()
}
