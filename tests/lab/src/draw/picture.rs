//! The drawing of a run as a picture for a page or a slide: the same rows as in a terminal, black
//! on white, with colours that only repeat what the characters and shapes say.

use std::{mem, ops::Range, time::Duration};

use clap::builder::styling::AnsiColor;
use textwrap::core::display_width;

use super::{
    boxes::{self, Boxed},
    lines,
    svg::{COLUMN, MARGIN, ROW, document, text_at},
    terminal::{Colour, Diagram, WIDEST, colour},
};
use crate::{
    event::{Entry, Event, What},
    view::View,
};

const WIDTH: usize = WIDEST * COLUMN + 2 * MARGIN;

pub(super) const BOLD: &str = r#"font-weight="bold""#;

// What a program does, and its lifeline.
const CLIENT: &str = r##"fill="#00567a""##;
const SERVER: &str = r##"fill="#1d6b26""##;
const CLIENT_BOLD: &str = r##"fill="#00567a" font-weight="bold""##;
const SERVER_BOLD: &str = r##"fill="#1d6b26" font-weight="bold""##;

/// A run, and what to show of it.
#[derive(Debug, Clone, Copy)]
pub struct Run<'a> {
    pub heading: &'a str,
    /// What the rules say about it.
    pub text: &'a str,
    pub view: View,
    pub events: &'a [Event],
    /// A stretch without a message that is longer than this becomes one row with its length.
    pub silence: Duration,
}

/// The picture of a run for a page, with its heading and text.
pub fn svg(run: &Run<'_>) -> String {
    let above = lines(run.heading, WIDEST).into_iter().map(|line| Row::new(line, BOLD));
    let text = lines(run.text, WIDEST).into_iter().map(|line| Row::new(line, ""));
    let mut rows: Vec<_> = above.chain(text).chain([Row::new(String::new(), "")]).collect();
    rows.extend(run.rows(WIDEST));
    let size = [WIDTH, rows.len() * ROW + 2 * MARGIN];
    document(size, size, [run.heading, run.text], &drawn(&rows))
}

/// A row of a picture.
pub(super) struct Row {
    pieces: Vec<Piece>,
    boxes: Vec<Boxed>,
}

/// A part of a row's text.
struct Piece {
    column: usize,
    text: String,
    /// How it looks, as attributes of SVG.
    style: &'static str,
}

impl Row {
    pub(super) fn new(text: String, style: &'static str) -> Self {
        Self { pieces: vec![Piece { column: 0, text, style }], boxes: Vec::new() }
    }

    /// A row in which these parts of the text, in order, have a style of their own.
    fn with_parts(
        text: &str,
        style: &'static str,
        parts: [(Range<usize>, &'static str); 2],
    ) -> Self {
        let [first, last] = parts;
        let others = [0..first.0.start, first.0.end..last.0.start, last.0.end..text.len()];
        let pieces = others.map(|part| (part, style)).into_iter().chain([first, last]);
        let piece = |(part, style): (Range<usize>, _)| Piece {
            column: display_width(&text[..part.start]),
            text: text[part].to_owned(),
            style,
        };
        Self { pieces: pieces.map(piece).collect(), boxes: Vec::new() }
    }

    fn draw(&self, number: usize) -> String {
        let pieces = self.pieces.iter().filter(|piece| !piece.text.trim().is_empty());
        let pieces = pieces.map(|piece| text_at([piece.column, number], &piece.text, piece.style));
        pieces.chain(self.boxes.iter().map(|it| it.draw(number))).collect()
    }
}

impl Run<'_> {
    /// The drawing in so many columns.
    pub(super) fn rows(&self, columns: usize) -> Vec<Row> {
        let mut diagram = Diagram::new(self.view, columns, self.silence, Colour::Plain);
        let mut rows = self.head(&diagram.header());
        for event in self.events {
            let style = match colour(&event.what) {
                AnsiColor::Red => r##"fill="#b00020""##,
                AnsiColor::Cyan => CLIENT,
                AnsiColor::Green => SERVER,
                _ => BOLD,
            };
            let (event, order) = without_order(event);
            let mut boxes = boxes::in_order(order);
            rows.extend(diagram.draw(&event).into_iter().map(|text| {
                let is_silence = text.trim_start().starts_with('┊');
                let style = if is_silence { "" } else { style };
                let lifelines = if self.view == View::Queue { None } else { lifelines(&text) };
                let row = match lifelines {
                    Some(parts) => Row::with_parts(&text, style, parts),
                    None => Row::new(text, style),
                };
                Row { boxes: mem::take(&mut boxes), ..row }
            }));
        }
        rows
    }

    fn head(&self, header: &str) -> Vec<Row> {
        if self.view == View::Queue {
            let (text, boxes) = boxes::legend();
            let legend = Row { boxes, ..Row::new(text, "") };
            return vec![legend, Row::new(String::new(), ""), Row::new(header.to_owned(), BOLD)];
        }
        let part = |name: &str| header.find(name).map_or(0..0, |at| at..at + name.len());
        let parts = [(part("client"), CLIENT_BOLD), (part("server"), SERVER_BOLD)];
        vec![Row::with_parts(header, BOLD, parts)]
    }
}

/// The two lifelines in a row, and how they look: each has the colour of its program from top to
/// bottom. A deed of the lab crosses them.
fn lifelines(text: &str) -> Option<[(Range<usize>, &'static str); 2]> {
    const LIFELINE: [char; 6] = ['│', '├', '┤', '●', '┊', '╪'];
    let mut places = text.match_indices(LIFELINE);
    let (client, server) = (places.next()?, places.next_back()?);
    let part = |(at, mark): (usize, &str), style| {
        (at..at + mark.len(), if mark == "╪" { BOLD } else { style })
    };
    Some([part(client, CLIENT), part(server, SERVER)])
}

/// The event without the entries of its queue, and these entries: a picture has boxes for them.
fn without_order(event: &Event) -> (Event, &[Entry]) {
    match &event.what {
        What::Queue { text, order } => {
            let what = What::Queue { text: text.clone(), order: Vec::new() };
            (Event { what, ..event.clone() }, order)
        }
        _ => (event.clone(), &[]),
    }
}

pub(super) fn drawn(rows: &[Row]) -> String {
    rows.iter().enumerate().map(|(number, row)| row.draw(number)).collect()
}
