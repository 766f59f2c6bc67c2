//! The drawing of a run as a picture for a slide or a page: the same rows as in a terminal, black
//! on white, with colours that only repeat what the characters say.

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use clap::builder::styling::AnsiColor;
use textwrap::core::display_width;

use super::{
    lines,
    terminal::{Colour, Diagram, WIDEST, colour},
};
use crate::event::Event;

// Sizes in pixels. Box-drawing characters of two rows touch if a row is no higher than this.
const ROW: usize = 17;
const COLUMN: usize = 9;
const MARGIN: usize = 12;
const WIDTH: usize = WIDEST * COLUMN + 2 * MARGIN;

/// The picture of these events, under a heading and a text about them. A stretch without an event
/// that is longer than `silence` becomes one row with its length.
pub fn svg(heading: &str, text: &str, events: &[Event], silence: Duration) -> String {
    let mut diagram = Diagram::new(WIDEST, silence, Colour::Plain);
    let mut picture = Picture { rows: String::new(), y: MARGIN };
    let (heading, text) = (lines(heading, WIDEST), lines(text, WIDEST));
    for line in &heading {
        picture.row(line, r#"font-weight="bold""#);
    }
    for line in &text {
        picture.row(line, "");
    }
    picture.y += ROW;
    picture.row(&diagram.header(), r#"font-weight="bold""#);
    for event in events {
        let style = match colour(&event.what) {
            AnsiColor::Red => r##"fill="#b00020""##,
            AnsiColor::Cyan => r##"fill="#00567a""##,
            AnsiColor::Green => r##"fill="#1d6b26""##,
            _ => r#"font-weight="bold""#,
        };
        for row in diagram.draw(event) {
            let is_silence = row.trim_start().starts_with('┊');
            picture.row(&row, if is_silence { "" } else { style });
        }
    }
    let Picture { rows, y } = picture;
    let (height, title, text) = (y + MARGIN, Xml(&heading.join(" ")), Xml(&text.join(" ")));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" role="img" font-family="DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace" font-size="15">
<title>{title}</title>
<desc>{text}</desc>
<rect x="0" y="0" width="{WIDTH}" height="{height}" fill="white"/>
{rows}</svg>
"#
    )
}

/// Rows of text, the next one at `y`.
struct Picture {
    rows: String,
    y: usize,
}

impl Picture {
    fn row(&mut self, text: &str, style: &str) {
        self.y += ROW;
        let (y, shown) = (self.y - 4, text.trim());
        // Each row starts at its column and takes its width, whatever font is there.
        let x = MARGIN + (display_width(text) - display_width(text.trim_start())) * COLUMN;
        let length = display_width(shown) * COLUMN;
        let _ = writeln!(
            self.rows,
            r#"<text x="{x}" y="{y}" textLength="{length}" lengthAdjust="spacingAndGlyphs" {style}>{}</text>"#,
            Xml(shown)
        );
    }
}

/// Text as XML has it. SVG shows several plain spaces as one, so they become no-break spaces.
struct Xml<'a>(&'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = self.0.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        f.write_str(&escaped.replace("  ", "\u{a0}\u{a0}"))
    }
}
