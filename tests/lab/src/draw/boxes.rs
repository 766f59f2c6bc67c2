//! The entries of the timeout queue as boxes in a picture: filled if an entry was moved just now,
//! dashed if its program is stopped.

use textwrap::core::display_width;

use super::{
    queue::{ENTRY, LEGEND, SHOWN, TEXT},
    svg::{COLUMN, MARGIN, ROW, text_at},
    terminal::BEFORE,
};
use crate::event::{Entry, State};

/// A box in a row of a picture.
pub(super) struct Boxed {
    entry: Entry,
    column: usize,
    /// How many columns it takes.
    columns: usize,
}

/// The entries of the queue, the front at the left.
pub(super) fn in_order(order: &[Entry]) -> Vec<Boxed> {
    let boxed = |(place, &entry)| {
        let column = BEFORE + TEXT + place * ENTRY;
        Boxed { entry, column, columns: ENTRY - 1 }
    };
    order.iter().enumerate().map(boxed).collect()
}

/// What the boxes mean: a text with room for the boxes, and these.
pub(super) fn legend() -> (String, Vec<Boxed>) {
    let (mut text, mut boxes) = (" ".repeat(BEFORE), Vec::new());
    for (entry, meaning) in LEGEND {
        boxes.push(Boxed { entry, column: display_width(&text), columns: SHOWN });
        text.extend([&" ".repeat(SHOWN), " ", meaning, "   "]);
    }
    (text, boxes)
}

impl Boxed {
    pub(super) fn draw(&self, row: usize) -> String {
        let Entry { conn, state } = self.entry;
        // The outer half of a thick line must not reach the box below.
        let (look, inset, style) = match state {
            State::Moved => {
                (r##"fill="#00567a""##, 0, r#"font-size="13" fill="white" font-weight="bold""#)
            }
            State::Waiting => (r#"fill="white" stroke="black""#, 0, r#"font-size="13""#),
            State::Stopped => {
                let dashed =
                    r##"fill="#eee" stroke="#b00020" stroke-width="1.5" stroke-dasharray="4 2""##;
                (dashed, 1, r##"font-size="13" fill="#b00020""##)
            }
        };
        let name = format!("c{conn}");
        let before = self.columns.saturating_sub(display_width(&name)) / 2;
        let x = MARGIN + self.column * COLUMN + inset;
        let y = MARGIN + row * ROW + 1 + inset;
        let (width, height) = (self.columns * COLUMN - 2 * inset, ROW - 2 - 2 * inset);
        let name = text_at([self.column + before, row], &name, style);
        format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"3\" {look}/>\n{name}"
        )
    }
}
