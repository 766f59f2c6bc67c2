//! Pictures of screens.

use lab::live::picture::svg;
use proptest::prelude::*;
use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
};
use roxmltree::{Document, Node};

fn picture(rows: &[&str], style: Style) -> String {
    let mut screen = Buffer::with_lines(rows.iter().copied());
    screen.set_style(screen.area, style);
    svg(&screen, "a title", "a description")
}

/// The place, the width and the text of each piece of text.
fn texts(picture: &str) -> Vec<(usize, usize, String)> {
    let document = Document::parse(picture).expect("it is well-formed");
    let pixels = |node: Node<'_, '_>, name| -> usize {
        node.attribute(name).expect("it has a place").parse().expect("in pixels")
    };
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let text = |node: Node<'_, '_>| node.text().expect("it has text").to_owned();
    texts.map(|node| (pixels(node, "x"), pixels(node, "textLength"), text(node))).collect()
}

#[test]
fn a_picture_has_the_text_and_says_what_it_is() {
    let screen = Buffer::with_lines(["a < b && \"c\"", "  two  blanks", "", "end"]);
    let picture = svg(&screen, "<title>", "this & that");
    let document = Document::parse(&picture).expect("it is well-formed");
    let of_tag = |tag| document.descendants().find(|node| node.has_tag_name(tag));
    assert_eq!(of_tag("title").and_then(|node| node.text()), Some("<title>"));
    assert_eq!(of_tag("desc").and_then(|node| node.text()), Some("this & that"));
    let texts: Vec<_> = texts(&picture).into_iter().map(|(_, _, text)| text).collect();
    assert_eq!(texts, ["a < b && \"c\"", "two\u{a0}\u{a0}blanks", "end"]);
}

#[test]
fn text_begins_at_its_column_and_takes_its_columns() {
    let texts = texts(&picture(&["ab│中文│c ♥"], Style::new()));
    assert_eq!(
        texts,
        [(12, 18, "ab".to_owned()), (39, 36, "中文".to_owned()), (84, 27, "c ♥".to_owned())]
    );
}

#[test]
fn neighbours_that_look_alike_are_one_piece() {
    let mut screen = Buffer::with_lines(["one two three"]);
    screen.set_style(Rect::new(4, 0, 3, 1), Style::new().fg(Color::Red));
    let texts = texts(&svg(&screen, "", ""));
    assert_eq!(texts, [(12, 27, "one".into()), (48, 27, "two".into()), (84, 45, "three".into())]);
}

#[test]
fn lines_and_blocks_touch_from_row_to_row() {
    let drawn = picture(&["┌┬┐", "│││", "└┴┘"], Style::new());
    // A row is 17 pixels high. A column is 9 wide, and its middle is the fifth of them.
    let down = ["M16 20V28", "M16 29V45", "M16 46V54"];
    for path in down {
        assert!(drawn.contains(path), "{path}: {drawn}");
        assert!(drawn.contains(&path.replace("16", "34")), "{path}: {drawn}");
    }
    assert!(drawn.contains("M16 20H20") && drawn.contains("M21 20H29"), "{drawn}");
    assert!(texts(&drawn).is_empty());
    let drawn = picture(&["██░", "▒▓█"], Style::new());
    for place in [
        r#"x="12" y="12" width="18" height="17" fill="black" fill-opacity="1""#,
        r#"x="30" y="12" width="9" height="17" fill="black" fill-opacity="0.25""#,
        r#"x="12" y="29" width="9" height="17" fill="black" fill-opacity="0.5""#,
    ] {
        assert!(drawn.contains(place), "{place}: {drawn}");
    }
}

#[test]
fn strokes_differ_as_on_the_screen() {
    let drawn = picture(&["─━╌"], Style::new().fg(Color::Red));
    assert_eq!(drawn.matches(r##"stroke="#b00020""##).count(), 3);
    assert_eq!(drawn.matches("stroke-width").count(), 1);
    assert_eq!(drawn.matches("stroke-dasharray").count(), 1);
}

#[test]
fn modifiers_are_seen() {
    let with = |modifier| picture(&["text"], Style::new().add_modifier(modifier));
    assert!(with(Modifier::BOLD).contains(r#"fill="black" font-weight="bold">text<"#));
    assert!(with(Modifier::DIM).contains(r#"fill="black" opacity="0.7">text<"#));
    let reversed = with(Modifier::REVERSED);
    assert!(reversed.contains(r#"width="36" height="17" fill="black"/>"#), "{reversed}");
    assert!(reversed.contains(r#"fill="white">text<"#), "{reversed}");
    let both = Style::new().fg(Color::Red).bg(Color::Blue).add_modifier(Modifier::REVERSED);
    let both = picture(&["text"], both);
    assert!(both.contains(r##"fill="#b00020"/>"##), "{both}");
    assert!(both.contains(r##"fill="#1a4fa3">text<"##), "{both}");
}

#[test]
fn every_colour_can_be_read_on_white() {
    for colour in (0..16).map(ansi) {
        let drawn = picture(&["text"], Style::new().fg(colour));
        let document = Document::parse(&drawn).expect("it is well-formed");
        let text = document.descendants().find(|node| node.has_tag_name("text")).unwrap();
        let contrast = 1.05 / (luminance(text.attribute("fill").unwrap()) + 0.05);
        assert!(contrast >= 4.5, "{colour}: {contrast}"); // WCAG 2.2, 1.4.3
    }
}

fn ansi(number: usize) -> Color {
    [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ][number]
}

/// As WCAG 2.2 defines it.
fn luminance(colour: &str) -> f64 {
    let colour = if colour == "black" { "#000000" } else { colour };
    let part = |at: usize| {
        let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).expect("hex")) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

proptest! {
    #[test]
    fn every_screen_is_a_well_formed_picture_and_lies_inside(
        (columns, rows) in (0..30_u16, 0..6_u16),
        symbols in prop::collection::vec(any::<char>(), 0..100),
        title in any::<String>(),
    ) {
        let mut screen = Buffer::empty(Rect::new(0, 0, columns, rows));
        for (cell, symbol) in screen.content.iter_mut().zip(symbols) {
            cell.set_char(symbol);
        }
        let picture = svg(&screen, &title, &title);
        let width = usize::from(columns) * 9 + 24;
        for (x, length, _) in texts(&picture) {
            prop_assert!(x + length <= width - 12 + 9, "{picture}"); // half a wide character
        }
    }
}
