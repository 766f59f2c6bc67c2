//! A run as one picture: a sequence diagram for a slide or a page.
//!
//! It is black on white; shapes, dashes and words tell everything. Later events stand lower, but
//! not to scale: a stretch in which nothing happens is a gap with its length.

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use common::words::Seconds;
use textwrap::core::display_width;

use super::{lines, readable};
use crate::event::{Content, Event, Fate, Role, Silences, What};

// Places and sizes in pixels.
const LEFT: usize = 12;
const TIME: usize = 76;
const CLIENT: usize = 300;
const SERVER: usize = 660;
const MIDDLE: usize = usize::midpoint(CLIENT, SERVER);
const RIGHT: usize = 888;
const WIDTH: usize = 900;
const LINE: usize = 17;
const GAP: usize = 10;

/// The width of one column of a mark, more than most letters of most fonts need.
const COLUMN: usize = 8;

const START: &str = r#"text-anchor="start""#;
const MIDDLE_ANCHOR: &str = r#"text-anchor="middle""#;
const END: &str = r#"text-anchor="end""#;

/// The picture of these events, under a heading and a text about them. A stretch without an event
/// that is longer than `silence` becomes a gap.
pub fn svg(heading: &str, text: &str, events: &[Event], silence: Duration) -> String {
    let (heading, text) = (lines(heading, 60), lines(text, 110));
    let mut picture = Picture { shapes: String::new(), y: GAP };
    for line in &heading {
        let style = format!(r#"{START} font-size="22" font-weight="bold""#);
        picture.text(LEFT, picture.y + 20, &style, line);
        picture.y += 30;
    }
    for line in &text {
        picture.text(LEFT, picture.y + 14, START, line);
        picture.y += LINE;
    }
    picture.y += GAP;
    let top = picture.y;
    picture.text(TIME, top + 19, END, "time");
    for (title, x) in [("client", CLIENT), ("server", SERVER)] {
        picture.block(x - 45, 90, 28, r#"fill="white""#);
        picture.text(x, top + 19, &format!(r#"{MIDDLE_ANCHOR} font-weight="bold""#), title);
    }
    picture.y += 28 + GAP;
    let mut silences = Silences::longer_than(silence);
    for event in events {
        if let Some(silence) = silences.before(event) {
            picture.gap(silence);
        }
        picture.event(event);
    }
    let Picture { shapes, y } = picture;
    let (height, title, text) = (y + GAP, Xml(&heading.join(" ")), Xml(&text.join(" ")));
    let lifelines =
        [CLIENT, SERVER].map(|x| format!(r#"<path d="M{x} {top}V{y}" stroke="black"/>"#));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" font-family="Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif" font-size="14">
<title>{title}</title>
<desc>{text}</desc>
<rect x="0" y="0" width="{WIDTH}" height="{height}" fill="white"/>
{}
{shapes}</svg>
"#,
        lifelines.concat()
    )
}

/// Text as XML has it. Of several plain spaces only one would be shown.
struct Xml<'a>(&'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.0.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        f.write_str(&escaped.replace("  ", " \u{a0}"))
    }
}

/// A drawing that grows downwards from `y`.
struct Picture {
    shapes: String,
    y: usize,
}

impl Picture {
    fn shape(&mut self, shape: fmt::Arguments<'_>) {
        let _ = writeln!(self.shapes, "{shape}"); // a string takes everything
    }

    fn text(&mut self, x: usize, y: usize, style: &str, text: &str) {
        self.shape(format_args!(r#"<text x="{x}" y="{y}" {style}>{}</text>"#, Xml(text)));
    }

    fn block(&mut self, x: usize, width: usize, height: usize, style: &str) {
        let y = self.y;
        self.shape(format_args!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" stroke="black" {style}/>"#
        ));
    }

    fn path(&mut self, path: fmt::Arguments<'_>, style: &str) {
        self.shape(format_args!(r#"<path d="{path}" stroke="black" {style}/>"#));
    }

    fn gap(&mut self, silence: Duration) {
        let y = self.y;
        for x in [CLIENT, SERVER] {
            let (left, style) = (x - 7, r#"fill="white" stroke="none""#);
            self.shape(format_args!(
                r#"<rect x="{left}" y="{y}" width="14" height="20" {style}/>"#
            ));
            self.path(format_args!("M{x} {y}l-7 5 14 10 -7 5"), r#"fill="none""#);
        }
        let style = format!(r#"{MIDDLE_ANCHOR} font-style="italic""#);
        self.text(
            MIDDLE,
            y + 15,
            &style,
            &format!("{} in which nothing happens", Seconds(silence)),
        );
        self.y += 20 + GAP;
    }

    fn event(&mut self, event: &Event) {
        self.text(TIME, self.y + 16, END, &format!("{:.3}s", event.at.as_secs_f64()));
        match &event.what {
            What::Message { from, content, fate } => self.message(*from, content, *fate),
            What::Mark { role, text } => {
                let lines = lines(text, 24);
                let columns = lines.iter().map(|line| display_width(line)).max().unwrap_or(0);
                let width = columns * COLUMN + 12;
                let (x, edge, left) = match role {
                    Role::Client => (CLIENT, CLIENT - 14, CLIENT - 14 - width),
                    Role::Server => (SERVER, SERVER + 14, SERVER + 14),
                };
                let y = self.y + 12;
                self.path(format_args!("M{x} {y}H{edge}"), "");
                self.shape(format_args!(r#"<circle cx="{x}" cy="{y}" r="4"/>"#));
                self.lines_in_block(left, width, &lines, r#"fill="white""#);
            }
            What::Deed(text) => {
                let left = TIME + GAP;
                let style = r##"fill="#ddd" stroke-width="2""##;
                self.lines_in_block(left, RIGHT - left, &lines(text, 80), style);
            }
        }
        self.y += GAP;
    }

    fn message(&mut self, from: Role, content: &Content, fate: Fate) {
        let y = self.y + 22;
        let (start, text, anchor, end, back, cross) = match from {
            Role::Client => (CLIENT, CLIENT + 14, START, SERVER, SERVER - 12, MIDDLE + 12),
            Role::Server => (SERVER, SERVER - 14, END, CLIENT, CLIENT + 12, MIDDLE - 12),
        };
        let style =
            format!(r#"{anchor} font-family="DejaVu Sans Mono, Menlo, Consolas, monospace""#);
        self.text(text, self.y + 14, &style, &readable(from, content, 39));
        match fate {
            Fate::Arrived => {
                self.path(format_args!("M{start} {y}H{back}"), r#"stroke-width="2""#);
                let (above, below) = (y - 5, y + 5);
                self.path(format_args!("M{end} {y}L{back} {above}V{below}Z"), "");
            }
            Fate::Lost => {
                let dashes = r#"stroke-width="2" stroke-dasharray="7 5""#;
                self.path(format_args!("M{start} {y}H{MIDDLE}"), dashes);
                let (x, top) = (MIDDLE - 5, y - 5);
                self.path(format_args!("M{x} {top}l10 10m0 -10l-10 10"), r#"stroke-width="3""#);
                self.text(cross, y + 5, anchor, "lost");
            }
        }
        self.y += 27;
    }

    fn lines_in_block(&mut self, left: usize, width: usize, lines: &[String], style: &str) {
        self.block(left, width, lines.len() * LINE + 6, style);
        for line in lines {
            self.text(left + width / 2, self.y + 16, MIDDLE_ANCHOR, line);
            self.y += LINE;
        }
        self.y += 6;
    }
}
