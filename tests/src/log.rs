//! The log of a running program: its stderr, line by line.

use std::{
    fmt,
    io::{self, BufRead as _, BufReader, ErrorKind},
    process::ChildStderr,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Instant,
};

use crate::{DEADLINE, event::Event};

/// One line of a program's stderr.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The line as it was written, without its newline.
    pub text: String,
    /// The event that the line is, if it is one.
    pub event: Option<Event>,
}

impl Line {
    /// Reads a line that was written without its newline.
    #[must_use]
    pub fn new(line: &[u8]) -> Self {
        let text = String::from_utf8_lossy(line).into_owned();
        Self { event: Event::parse(&text), text }
    }

    /// The address in a line that says where a server listens: the event `listening` of our
    /// server, or a text, which the servers that ours is compared with write, too.
    pub(crate) fn listening_address(&self) -> Option<String> {
        match &self.event {
            Some(event) if event.name() == "listening" => event.str("address").map(str::to_owned),
            Some(_) => None,
            None => {
                let (_, after) = self.text.split_once("listening on ")?;
                after.split_whitespace().next().map(str::to_owned)
            }
        }
    }
}

/// The lines that have been looked at, and those to come.
pub(crate) struct Log {
    lines: Receiver<Line>,
    seen: Vec<Line>,
}

impl Log {
    /// Reads `stderr` from another thread, and calls `watch` with each line, and with `None` at
    /// the end.
    pub(crate) fn read(
        stderr: ChildStderr,
        mut watch: impl FnMut(Option<&Line>) + Send + 'static,
    ) -> Self {
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                let line = Line::new(&line);
                watch(Some(&line));
                let _ = sender.send(line);
            }
            watch(None);
        });
        Self { lines, seen: Vec::new() }
    }

    /// Waits for the next line of which `wanted` makes something. `name` says what that is.
    pub(crate) fn find<T>(
        &mut self,
        name: &str,
        wanted: impl Fn(&Line) -> Option<T>,
    ) -> io::Result<T> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let found = wanted(&line);
                    self.seen.push(line);
                    if let Some(found) = found {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    let message = format!("{name} did not come within {DEADLINE:?}");
                    return Err(self.failure(ErrorKind::TimedOut, &message));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let message = format!("the program ended without {name}");
                    return Err(self.failure(ErrorKind::UnexpectedEof, &message));
                }
            }
        }
    }

    /// Waits for the end of stderr.
    pub(crate) fn wait_for_end(&mut self) -> io::Result<()> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {
                    let message = format!("the program did not end within {DEADLINE:?}");
                    return Err(self.failure(ErrorKind::TimedOut, &message));
                }
            }
        }
    }

    /// Throws away the lines that have come so far.
    pub(crate) fn forget(&mut self) {
        self.lines.try_iter().for_each(drop);
        self.seen.clear();
    }

    /// The lines that have been looked at.
    pub(crate) fn take(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.seen)
    }

    fn failure(&self, kind: ErrorKind, message: &str) -> io::Error {
        let lines: Vec<_> = self.seen.iter().map(|line| line.text.as_str()).collect();
        io::Error::new(kind, Failure(format!("{message}; its log:\n{}", lines.join("\n"))))
    }
}

/// An error with the program's log. `expect` prints the debug form, in which the log's lines
/// must stay lines.
struct Failure(String);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}
