//! What pictures consist of: text in rows and columns, as SVG.

use std::fmt;

use textwrap::core::display_width;

// Sizes in pixels. Box-drawing characters of two rows touch if a row is no higher than this.
pub(crate) const ROW: usize = 17;
pub(crate) const COLUMN: usize = 9;
pub(crate) const MARGIN: usize = 12;

/// A whole picture: its size in its own units and in pixels, its title and description, and what
/// is in it.
pub(crate) fn document(
    [columns, rows]: [usize; 2],
    [width, height]: [usize; 2],
    [title, text]: [&str; 2],
    content: &str,
) -> String {
    let (title, text) = (Xml(title), Xml(text));
    format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {columns} {rows}" role="img" font-family="DejaVu Sans Mono, Menlo, Consolas, Liberation Mono, monospace" font-size="15">
<title>{title}</title>
<desc>{text}</desc>
<rect x="0" y="0" width="{columns}" height="{rows}" fill="white"/>
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
