//! A program that has ended: its exit code, its output and its log.

use std::{
    io,
    process::{Command, ExitStatus, Output},
};

use crate::{event::Event, log::Line};

/// A program that has ended.
#[derive(Debug)]
pub struct Finished {
    pub status: ExitStatus,
    /// All of stdout.
    pub stdout: Vec<u8>,
    /// All lines of stderr.
    pub lines: Vec<Line>,
}

/// Runs a command to its end, with nothing to read unless the command has an stdin of its own.
///
/// # Errors
/// When the command cannot be started.
pub fn run(command: &mut Command) -> io::Result<Finished> {
    let Output { status, stdout, stderr } = command.output()?;
    let lines = stderr.split(|&byte| byte == b'\n').map(Line::new).collect();
    let mut finished = Finished { status, stdout, lines };
    finished.lines.pop_if(|line| line.text.is_empty());
    Ok(finished)
}

impl Finished {
    /// The last event with this name.
    #[must_use]
    pub fn event(&self, name: &str) -> Option<&Event> {
        self.events().filter(|event| event.name() == name).last()
    }

    /// All events of the log.
    pub fn events(&self) -> impl Iterator<Item = &Event> {
        self.lines.iter().filter_map(|line| line.event.as_ref())
    }

    /// All of stderr.
    #[must_use]
    pub fn log(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(|line| line.text.as_str()).collect();
        lines.join("\n")
    }

    /// Checks the exit code.
    ///
    /// # Panics
    /// If the program ended with another code; the message holds its log.
    #[track_caller]
    pub fn expect_code(&self, code: i32) {
        let Self { status, .. } = self;
        assert_eq!(status.code(), Some(code), "wrong end: {status}; log:\n{}", self.log());
    }

    /// Checks the exit code of a client, and returns its event `ended`, which must name the same
    /// code.
    ///
    /// # Panics
    /// If the program ended with another code, or without the event; the message holds its log.
    #[must_use]
    #[track_caller]
    pub fn expect_ended(&self, code: i32) -> &Event {
        self.expect_code(code);
        let ended = self.expect_event("ended");
        assert_eq!(ended.u64("code"), u64::try_from(code).ok(), "`code` is wrong: {ended}");
        ended
    }

    /// Checks that a client was interrupted, and returns its event `ended`.
    ///
    /// # Panics
    /// If it ended in another way; the message holds the event or the log.
    #[track_caller]
    pub fn expect_interrupted(&self) -> &Event {
        let ended = self.expect_ended(130);
        assert_eq!(ended.reason(), "interrupted", "{ended}");
        assert!(ended.message().contains("interrupted"), "{ended}");
        ended
    }

    /// The last event with this name, which must be there.
    ///
    /// # Panics
    /// If there is none; the message holds the log.
    #[must_use]
    #[track_caller]
    pub fn expect_event(&self, name: &str) -> &Event {
        self.event(name).unwrap_or_else(|| panic!("no event `{name}` in the log:\n{}", self.log()))
    }
}
