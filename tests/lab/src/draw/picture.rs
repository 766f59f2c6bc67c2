//! The drawing of a run as a picture for a slide or a page: the same rows as in a terminal, black
//! on white, with colours that only repeat what the characters say.

use std::{fmt, time::Duration};

use clap::builder::styling::AnsiColor;
use textwrap::core::display_width;

use super::{
    lines,
    terminal::{Colour, Diagram, WIDEST, colour},
};
use crate::event::Event;

// Sizes in pixels. Box-drawing characters of two rows touch if a row is no higher than this.
pub(crate) const ROW: usize = 17;
pub(crate) const COLUMN: usize = 9;
pub(crate) const MARGIN: usize = 12;
const WIDTH: usize = WIDEST * COLUMN + 2 * MARGIN;

/// The picture of these events, under a heading and a text about them. A stretch without an event
/// that is longer than `silence` becomes one row with its length.
pub fn svg(heading: &str, text: &str, events: &[Event], silence: Duration) -> String {
    const BOLD: &str = r#"font-weight="bold""#;
    let mut diagram = Diagram::new(WIDEST, silence, Colour::Plain);
    let (heading, text) = (lines(heading, WIDEST), lines(text, WIDEST));
    let mut rows: Vec<_> = heading.iter().map(|line| (line.clone(), BOLD)).collect();
    rows.extend(text.iter().map(|line| (line.clone(), "")));
    rows.extend([(String::new(), ""), (diagram.header(), BOLD)]);
    for event in events {
        let style = match colour(&event.what) {
            AnsiColor::Red => r##"fill="#b00020""##,
            AnsiColor::Cyan => r##"fill="#00567a""##,
            AnsiColor::Green => r##"fill="#1d6b26""##,
            _ => BOLD,
        };
        rows.extend(diagram.draw(event).into_iter().map(|row| {
            let is_silence = row.trim_start().starts_with('┊');
            (row, if is_silence { "" } else { style })
        }));
    }
    let height = rows.len() * ROW + 2 * MARGIN;
    let rows = rows.iter().enumerate().filter(|(_, (text, _))| !text.is_empty());
    let rows = rows.map(|(number, (text, style))| text_at([0, number], text, style));
    document([WIDTH, height], [&heading.join(" "), &text.join(" ")], &rows.collect::<String>())
}

/// A whole picture: its size in pixels, its title and description, and what is in it.
pub(crate) fn document(size: [usize; 2], [title, text]: [&str; 2], content: &str) -> String {
    let ([width, height], title, text) = (size, Xml(title), Xml(text));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" font-family="DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace" font-size="15">
<title>{title}</title>
<desc>{text}</desc>
<rect x="0" y="0" width="{width}" height="{height}" fill="white"/>
{content}</svg>
"#
    )
}

/// Text that begins in this column of this row. Its blanks at both ends are left out. It starts at
/// its column and takes its width, whatever font is there.
pub(crate) fn text_at([column, row]: [usize; 2], text: &str, style: &str) -> String {
    let (y, shown) = (MARGIN + (row + 1) * ROW - 4, text.trim());
    let column = column + display_width(text) - display_width(text.trim_start());
    let (x, length) = (MARGIN + column * COLUMN, display_width(shown) * COLUMN);
    format!(
        r#"<text x="{x}" y="{y}" textLength="{length}" lengthAdjust="spacingAndGlyphs" {style}>{}</text>{}"#,
        Xml(shown),
        '\n'
    )
}

/// Text as XML has it. SVG shows several plain spaces as one, so they become no-break spaces.
struct Xml<'a>(&'a str);

impl fmt::Display for Xml<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.replace(is_no_xml, "\u{fffd}");
        let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        f.write_str(&escaped.replace("  ", "\u{a0}\u{a0}"))
    }
}

fn is_no_xml(character: char) -> bool {
    character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}')
}
