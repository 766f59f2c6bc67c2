//! The story: what the learner did, what followed, and how the guesses came out.

use std::{collections::VecDeque, time::Duration};

use common::words::Escaped;

use crate::live::input::{Deed, Who};

/// How many lines are kept.
const KEPT: usize = 500;

#[derive(Debug, Clone, Default)]
pub struct Story {
    lines: VecDeque<Line>,
    /// Lines that were dropped from the front.
    dropped: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub at: Duration,
    pub kind: Kind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The learner did something.
    Deed,
    /// Something happened by itself.
    Event,
    /// What was guessed and predicted, and how it came out.
    Outcome,
    /// An experiment explains itself.
    Told,
    /// Something cannot be done, or went wrong.
    Trouble,
}

impl Story {
    pub fn tell(&mut self, at: Duration, kind: Kind, text: impl Into<String>) {
        if self.lines.len() == KEPT {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(Line { at, kind, text: text.into() });
    }

    /// Adds to a deed that has been told what the learner expects of it.
    pub fn add_guess(&mut self, at: Duration, guess: &str) {
        let deed = self.lines.iter_mut().rev().find(|it| it.at == at && it.kind == Kind::Deed);
        if let Some(line) = deed {
            line.text = format!("{} · you said: {guess}", line.text);
        }
    }

    pub fn lines(&self) -> &VecDeque<Line> {
        &self.lines
    }

    /// How many lines have been told since the start.
    pub fn told(&self) -> usize {
        self.dropped + self.lines.len()
    }
}

/// A deed in words: `you stopped c3 (SIGSTOP)`.
pub fn words(deed: &Deed) -> String {
    match deed {
        Deed::Add { client, flags } if flags.is_empty() => format!("you started {client}"),
        Deed::Add { client, flags } => format!("you started {client} with {}", flags.join(" ")),
        Deed::Type { client, line } => {
            format!("you typed {} as {client}", Escaped(line.as_bytes()))
        }
        Deed::Stop { who } => format!("you stopped {} (SIGSTOP)", the(who)),
        Deed::Continue { who } => format!("you let {} go on (SIGCONT)", the(who)),
        Deed::Kill { who } => format!("you killed {} (SIGKILL)", the(who)),
        Deed::Restart => "you started the server again".to_owned(),
        Deed::Fresh { flags } if flags.is_empty() => "everything begins anew".to_owned(),
        Deed::Fresh { flags } => format!("everything begins anew, with {}", flags.join(" ")),
        Deed::Deafen { client } => {
            format!("you made {client} deaf: nobody reads its output, and lines flood in")
        }
        Deed::Undeafen { client } => format!("you let {client} read again"),
        Deed::Reset { client } => format!("you reset the connection of {client}"),
        Deed::Cut => "you cut the line".to_owned(),
        Deed::Mend => "you mended the line".to_owned(),
    }
}

/// The program in a sentence.
fn the(who: &Who) -> String {
    match who {
        Who::Server => "the server".to_owned(),
        Who::Client(name) => name.clone(),
    }
}
