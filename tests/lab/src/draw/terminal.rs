//! A run drawn in a terminal while it happens: time downwards, the client at the left, the
//! server at the right, an arrow for each message.
//!
//! Each event is drawn before the next is known, so a mark stands below the message it is about.
//! Colour only repeats what the characters say.

use std::{io, time::Duration};

use clap::builder::styling::{AnsiColor, Style};
use common::words::Seconds;
use textwrap::core::display_width;

use super::{centred, lines, queue, readable};
use crate::{
    event::{Content, Event, Fate, Role, State, What},
    view::View,
};

/// The narrowest drawing, in columns.
pub const NARROWEST: usize = 60;

/// The widest one; more columns would not make it clearer.
pub const WIDEST: usize = 79;

/// The columns beside the two lifelines and between them.
const BESIDE: usize = 17;

/// The columns of the time, and those between it and the rest.
pub(super) const BEFORE: usize = 11;

/// The columns that stdout has for a drawing, from [`NARROWEST`] to [`WIDEST`].
pub fn columns_of_stdout() -> usize {
    stdout_width().map_or(WIDEST, |columns| (columns - 1).clamp(NARROWEST, WIDEST))
}

/// The columns of the terminal on stdout, if there is one.
pub fn stdout_width() -> Option<usize> {
    let (columns, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(columns.0.into()).filter(|columns| *columns > 0)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Ansi,
    Plain,
}

#[derive(Debug)]
pub struct Diagram {
    view: View,
    colour: Colour,
    silence: Duration,
    last: Duration,
    between: usize,
}

impl Diagram {
    /// An empty drawing of so many columns. A stretch without a message that is longer than
    /// `silence` becomes one line with its length.
    pub fn new(view: View, columns: usize, silence: Duration, colour: Colour) -> Self {
        assert!(columns >= NARROWEST, "a drawing takes {NARROWEST} columns");
        Self { view, colour, silence, last: Duration::ZERO, between: columns - BESIDE }
    }

    /// What the characters of the drawing mean, where that is not said beside them.
    pub fn legend(&self) -> Option<String> {
        (self.view == View::Queue).then(|| format!("{:BEFORE$}{}", "", queue::legend()))
    }

    pub fn header(&self) -> String {
        let columns = if self.view == View::Queue {
            queue::header()
        } else {
            format!("client{}server", " ".repeat(self.between - 5))
        };
        self.painted(Style::new().bold(), &format!("   {:<7}{columns}", "time"))
    }

    /// The lines that this event adds. A time of 10 000 s or more makes them too long.
    pub fn draw(&mut self, event: &Event) -> Vec<String> {
        let mut drawn = Vec::new();
        // Several threads record events, so two of them may come a little out of order.
        let quiet = event.at.saturating_sub(self.last);
        self.last = self.last.max(event.at);
        if quiet > self.silence && self.view != View::Queue {
            let text = format!("{} in which nothing happens", Seconds(quiet));
            let line = format!("{:13}┊{}┊", "", centred(&text, " ", self.between));
            drawn.push(self.painted(Style::new().dimmed(), &line));
        }
        let mut time = format!("{:.3}s", event.at.as_secs_f64());
        for row in self.rows(&event.what) {
            let row = self.painted(colour(&event.what).on_default(), &row);
            drawn.push(format!("{time:>9}  {row}"));
            time.clear();
        }
        drawn
    }

    fn painted(&self, style: Style, text: &str) -> String {
        match self.colour {
            Colour::Ansi => format!("{style}{text}{style:#}"),
            Colour::Plain => text.to_owned(),
        }
    }

    fn columns(&self) -> usize {
        self.between + BESIDE
    }

    /// What stands beside the time.
    fn rows(&self, what: &What) -> Vec<String> {
        match what {
            _ if self.view == View::Queue => queue::rows(what, self.columns() - BEFORE),
            What::Queue { text, .. } => self.mark(Role::Server, &lines(text, self.between - 16)),
            What::Message { from, content, fate } => vec![self.arrow(*from, content, *fate)],
            What::Mark { role, text } => self.mark(*role, &lines(text, self.between - 16)),
            What::Deed(text) => {
                let band = |line: &String| centred(&format!(" {line} "), "═", self.between);
                let lines = lines(text, self.between - 4);
                lines.iter().map(|line| format!("══╪{}╪══", band(line))).collect()
            }
        }
    }

    /// From the sender to the other end, or to a cross half-way.
    fn arrow(&self, from: Role, content: &Content, fate: Fate) -> String {
        let (line, [right, left], reach) = match fate {
            Fate::Arrived => ("─", ["►", "◄"], self.between),
            Fate::Lost => ("╌", ["✗ lost", "lost ✗"], self.between / 2),
        };
        let text = format!(" {} ", readable(from, content, self.between - 14));
        let before = 2 + display_width(&text);
        let shaft = reach.saturating_sub(before + 1).max(2);
        let room = self.between - before - shaft;
        let (start, shaft) = (line.repeat(2), line.repeat(shaft));
        match from {
            Role::Client => format!("  ├{start}{text}{shaft}{right:<room$}│"),
            Role::Server => format!("  │{left:>room$}{shaft}{text}{start}┤"),
        }
    }

    fn mark(&self, role: Role, lines: &[String]) -> Vec<String> {
        let widest = lines.iter().map(|line| display_width(line)).max().unwrap_or(0);
        let mut lifeline = '●';
        let row = |line: &String| {
            let pad = " ".repeat(widest - display_width(line));
            let away = " ".repeat(self.between - 1 - widest);
            let row = match role {
                Role::Client => format!("  {lifeline} {line}{pad}{away}│"),
                Role::Server => format!("  │{away}{line}{pad} {lifeline}"),
            };
            lifeline = '│';
            row
        };
        lines.iter().map(row).collect()
    }
}

pub(super) fn colour(what: &What) -> AnsiColor {
    match what {
        What::Deed(_) => AnsiColor::Yellow,
        What::Queue { order, .. } if order.iter().any(|it| it.state == State::Moved) => {
            AnsiColor::Green
        }
        // Without a client that was moved, one has left the queue.
        What::Message { fate: Fate::Lost, .. } | What::Queue { .. } => AnsiColor::Red,
        What::Message { from: role, .. } | What::Mark { role, .. } => match role {
            Role::Client => AnsiColor::Cyan,
            Role::Server => AnsiColor::Green,
        },
    }
}
