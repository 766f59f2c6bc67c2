//! A run as one picture: a sequence diagram for a slide or a page.
//!
//! Shapes, dashes and words tell everything, in black on white. What came later stands
//! lower, at no scale: a stretch in which nothing happens is a gap with its length.

mod shapes;

use std::time::Duration;

use common::console::Seconds;
use svg::{
    Document, Node,
    node::element::{Circle, Description, Group, Title},
};
use textwrap::core::display_width;

use self::shapes::{
    Place::{Around, From, UpTo},
    arrow_head, block, bold, break_in_line, cross, line, text,
};
use super::{
    event::{Content, Event, Fate, Side, Silences, What},
    readable::{lines, readable},
};

// Places and sizes are in pixels: first those from left to right, then those downwards.
const LEFT: usize = 12;
const TIME: usize = 76;
const CLIENT: usize = 300;
const SERVER: usize = 660;
const RIGHT: usize = 888;
const WIDTH: usize = 900;
const LINE: usize = 17;
const GAP: usize = 10;

/// What a column of a mark takes: more than most letters of most fonts.
const COLUMN: usize = 8;

/// Columns for a mark beside its lifeline.
const MARK: usize = 24;

/// Columns for a message between the lifelines.
const MESSAGE: usize = 39;

const SANS: &str = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif";
const MONOSPACE: &str = "DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace";

/// The picture of these events, under a heading and a sentence about them. A stretch without
/// an event that is longer than `idle` becomes a gap.
#[must_use]
pub fn svg(heading: &str, sentence: &str, events: &[Event], idle: Duration) -> String {
    let (heading, sentence) = (lines(heading, 60), lines(sentence, 110));
    let mut picture = Picture { drawing: Group::new(), y: GAP };
    picture.headings(&heading, &sentence);
    let top = picture.y;
    picture.titles();
    let mut silences = Silences::longer_than(idle);
    for event in events {
        if let Some(silence) = silences.before(event) {
            picture.gap(silence);
        }
        picture.event(event);
    }
    let height = picture.y + GAP;
    let [client, server] = [CLIENT, SERVER].map(|x| line((x, top), (x, picture.y)));
    Document::new()
        .set("width", WIDTH)
        .set("height", height)
        .set("viewBox", (0, 0, WIDTH, height))
        .set("role", "img")
        .set("font-family", SANS)
        .set("font-size", 14)
        .add(Title::new(heading.join(" ")))
        .add(Description::new().add(svg::node::Text::new(sentence.join(" "))))
        .add(block((0, 0), (WIDTH, height)).set("stroke", "none"))
        .add(client)
        .add(server)
        .add(picture.drawing)
        .to_string()
}

/// A drawing that grows downwards from `y`.
struct Picture {
    drawing: Group,
    y: usize,
}

impl Picture {
    fn add(&mut self, node: impl Into<Box<dyn Node>>) {
        self.drawing.append(node);
    }

    fn headings(&mut self, heading: &[String], sentence: &[String]) {
        for line in heading {
            self.add(bold(line, 22, From(LEFT), self.y + 20));
            self.y += 30;
        }
        for line in sentence {
            self.add(text(line, From(LEFT), self.y + 14));
            self.y += LINE;
        }
        self.y += GAP;
    }

    /// The heads of the columns.
    fn titles(&mut self) {
        self.add(text("time", UpTo(TIME), self.y + 19));
        for (title, x) in [("client", CLIENT), ("server", SERVER)] {
            self.add(block((x - 45, self.y), (90, 28)).set("rx", 4).set("stroke-width", 2));
            self.add(bold(title, 16, Around(x), self.y + 19));
        }
        self.y += 28 + GAP;
    }

    fn gap(&mut self, silence: Duration) {
        for x in [CLIENT, SERVER] {
            let (background, zigzag) = break_in_line(x, self.y);
            self.add(background);
            self.add(zigzag);
        }
        let silence = format!("{} in which nothing happens", Seconds(silence));
        let middle = Around(usize::midpoint(CLIENT, SERVER));
        self.add(text(&silence, middle, self.y + 15).set("font-style", "italic"));
        self.y += 20 + GAP;
    }

    fn event(&mut self, event: &Event) {
        let time = format!("{:.3}s", event.at.as_secs_f64());
        self.add(text(&time, UpTo(TIME), self.y + 16));
        match &event.what {
            What::Message { from, content, fate } => self.message(*from, content, *fate),
            What::Mark { side, text } => self.mark(*side, &lines(text, MARK)),
            What::Between(text) => self.between(&lines(text, 80)),
        }
        self.y += GAP;
    }

    fn message(&mut self, from: Side, content: &Content, fate: Fate) {
        let y = self.y + 22;
        let middle = usize::midpoint(CLIENT, SERVER);
        let (start, place, end, back, lost) = match from {
            Side::Client => (CLIENT, From(CLIENT + 14), SERVER, SERVER - 12, From(middle + 12)),
            Side::Server => (SERVER, UpTo(SERVER - 14), CLIENT, CLIENT + 12, UpTo(middle - 12)),
        };
        let message = text(&readable(from, content, MESSAGE), place, self.y + 14);
        self.add(message.set("font-family", MONOSPACE));
        match fate {
            Fate::Arrived => {
                self.add(line((start, y), (back, y)).set("stroke-width", 2));
                self.add(arrow_head(end, y, back));
            }
            Fate::Lost => {
                let shaft = line((start, y), (middle, y)).set("stroke-width", 2);
                self.add(shaft.set("stroke-dasharray", "7 5"));
                for stroke in cross(middle, y) {
                    self.add(stroke);
                }
                self.add(text("lost", lost, y + 5));
            }
        }
        self.y += 27;
    }

    fn mark(&mut self, side: Side, lines: &[String]) {
        let columns = lines.iter().map(|line| display_width(line)).max().unwrap_or(0);
        let (width, height) = (columns * COLUMN + 12, lines.len() * LINE + 6);
        let (lifeline, edge, left) = match side {
            Side::Client => (CLIENT, CLIENT - 14, CLIENT - 14 - width),
            Side::Server => (SERVER, SERVER + 14, SERVER + 14),
        };
        let y = self.y + 12;
        self.add(line((lifeline, y), (edge, y)));
        self.add(Circle::new().set("cx", lifeline).set("cy", y).set("r", 4));
        self.add(block((left, self.y), (width, height)));
        self.lines_around(left + width / 2, lines);
    }

    fn between(&mut self, lines: &[String]) {
        let left = TIME + GAP;
        let band = block((left, self.y), (RIGHT - left, lines.len() * LINE + 6));
        self.add(band.set("fill", "#ddd").set("stroke-width", 2));
        self.lines_around(usize::midpoint(CLIENT, SERVER), lines);
    }

    /// The lines of a block that begins here, which end where the block does.
    fn lines_around(&mut self, x: usize, lines: &[String]) {
        for line in lines {
            self.add(text(line, Around(x), self.y + 16));
            self.y += LINE;
        }
        self.y += 6;
    }
}
