//! A run drawn in a terminal while it happens: time downwards, the client at the left, the
//! server at the right, an arrow for each message.
//!
//! Each event is drawn without a look at the next, so a mark stands below what it is about.
//! Colour only repeats what the characters say.

use std::{io, time::Duration};

use clap::builder::styling::{AnsiColor, Style};
use common::console::{Seconds, takes_colour};
use textwrap::core::display_width;

use super::{
    event::{Content, Event, Fate, Side, Silences, What},
    readable::{lines, readable},
};

/// Columns between the two lifelines. With all that stands beside them a line has 79.
const BETWEEN: usize = 62;

/// Columns for what a message says; the rest is its arrow.
const MESSAGE: usize = 48;

/// Columns for a mark, which leave room to see whose it is.
const MARK: usize = 46;

/// Whether lines are coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// With the escape sequences of a terminal.
    Ansi,
    /// Characters alone.
    Plain,
}

impl Colour {
    /// Colour where stdout takes it.
    #[must_use]
    pub fn of_stdout() -> Self {
        if takes_colour(&io::stdout()) { Self::Ansi } else { Self::Plain }
    }
}

/// A drawing that grows.
#[derive(Debug)]
pub struct Diagram {
    colour: Colour,
    silences: Silences,
}

impl Diagram {
    /// An empty drawing. A stretch without an event that is longer than `idle` becomes one
    /// line that tells its length.
    #[must_use]
    pub fn new(idle: Duration, colour: Colour) -> Self {
        Self { colour, silences: Silences::longer_than(idle) }
    }

    /// The line above the drawing.
    #[must_use]
    pub fn header(&self) -> String {
        let columns = format!("client{}server", " ".repeat(BETWEEN - 5));
        self.painted(Style::new().bold(), &format!("{:>9} {columns}", "time"))
    }

    /// The lines that this event adds. A time of 10 000 s or more makes them too long.
    pub fn draw(&mut self, event: &Event) -> Vec<String> {
        let mut drawn = Vec::new();
        if let Some(silence) = self.silences.before(event) {
            let text = format!("{} in which nothing happens", Seconds(silence));
            let line = format!("{:13}┊{}┊", "", centred(&text, " ", BETWEEN));
            drawn.push(self.painted(Style::new().dimmed(), &line));
        }
        let mut time = format!("{:.3}s", event.at.as_secs_f64());
        for row in rows(&event.what) {
            let row = self.painted(style(&event.what), &row);
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
}

fn style(what: &What) -> Style {
    let colour = match what {
        What::Message { fate: Fate::Lost, .. } => AnsiColor::Red,
        What::Between(_) => return AnsiColor::Yellow.on_default().bold(),
        What::Message { from: side, .. } | What::Mark { side, .. } => match side {
            Side::Client => AnsiColor::Cyan,
            Side::Server => AnsiColor::Green,
        },
    };
    colour.on_default()
}

/// What stands beside the time.
fn rows(what: &What) -> Vec<String> {
    match what {
        What::Message { from, content, fate } => vec![arrow(*from, content, *fate)],
        What::Mark { side, text } => mark(*side, &lines(text, MARK)),
        What::Between(text) => lines(text, BETWEEN - 4).iter().map(|line| band(line)).collect(),
    }
}

/// From the sender towards the other side, or to a cross half-way.
fn arrow(from: Side, content: &Content, fate: Fate) -> String {
    let (line, point, reach) = match (fate, from) {
        (Fate::Arrived, Side::Client) => ("─", "►", BETWEEN),
        (Fate::Arrived, Side::Server) => ("─", "◄", BETWEEN),
        (Fate::Lost, _) => ("╌", "✗", BETWEEN / 2),
    };
    let text = format!(" {} ", readable(from, content, MESSAGE));
    let before = 2 + display_width(&text);
    let shaft = reach.saturating_sub(before + 1).max(2);
    let room = BETWEEN - before - shaft - 1;
    let (start, shaft) = (line.repeat(2), line.repeat(shaft));
    match (from, fate) {
        (Side::Client, Fate::Arrived) => format!("  ├{start}{text}{shaft}{point}│"),
        (Side::Server, Fate::Arrived) => format!("  │{point}{shaft}{text}{start}┤"),
        (Side::Client, Fate::Lost) => format!("  ├{start}{text}{shaft}{point}{:<room$}│", " lost"),
        (Side::Server, Fate::Lost) => format!("  │{:>room$}{point}{shaft}{text}{start}┤", "lost "),
    }
}

fn mark(side: Side, lines: &[String]) -> Vec<String> {
    let widest = lines.iter().map(|line| display_width(line)).max().unwrap_or(0);
    let mut lifeline = '●';
    let row = |line: &String| {
        let pad = " ".repeat(widest - display_width(line));
        let away = " ".repeat(BETWEEN - 1 - widest);
        let row = match side {
            Side::Client => format!("  {lifeline} {line}{pad}{away}│"),
            Side::Server => format!("  │{away}{line}{pad} {lifeline}"),
        };
        lifeline = '│';
        row
    };
    lines.iter().map(row).collect()
}

fn band(text: &str) -> String {
    format!("══╪{}╪══", centred(&format!(" {text} "), "═", BETWEEN))
}

fn centred(text: &str, fill: &str, columns: usize) -> String {
    let room = columns - display_width(text);
    let before = room / 2;
    format!("{}{text}{}", fill.repeat(before), fill.repeat(room - before))
}
