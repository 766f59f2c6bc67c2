//! The screen in every size and with few characters.

use vt100::{Cell, Color, Screen};

use crate::{
    pty::Pty,
    stage::{CALM, Home, Lab, SMALLEST, row},
    suite::Case,
};

pub(crate) const CASES: [Case; 4] = [
    ("a_running_lab_survives_any_size_and_draws_itself_whole_again", any_size),
    ("with_ascii_only_ascii_comes_to_the_terminal", || is_ascii(&["--ascii"], "C.UTF-8")),
    ("in_the_locale_c_only_ascii_comes_to_the_terminal", || is_ascii(&[], "C")),
    ("without_colour_every_word_and_symbol_is_there", without_colour),
];

/// Whether the screen is the whole screen of the lab: its first and last line, and a border at
/// both ends of each line between them.
fn is_whole(screen: &Screen) -> bool {
    let contents = screen.contents();
    let rows: Vec<_> = contents.lines().collect();
    let [first, between @ .., last] = &rows[..] else { return false };
    let has_border = |row: &&str| {
        let ends = [row.chars().next(), row.chars().next_back()];
        row.chars().count() == 80 && ends.iter().flatten().all(|end| "┌┐├┤│└┘".contains(*end))
    };
    rows.len() == 24
        && first.starts_with(" lab live  server ")
        && between.iter().all(has_border)
        && last.starts_with(" a add ")
}

fn any_size() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.add("c1");
    for size in [[40, 12], [1, 1], [200, 60], [3, 100], [100, 2], [79, 23]] {
        lab.resize(size).expect("stty is installed");
        if size[0] >= 40 && size[1] < 24 {
            lab.wait_for_row(&["The lab needs 80 columns and 24 rows"]);
        } else if size[0] > 80 {
            lab.wait_for_row(&["WHY  what is known of c1"]);
        }
    }
    // The second time the lab may see no other size, and all text is lost nevertheless.
    for _ in 0..2 {
        lab.resize([1, 1]).expect("stty is installed");
        lab.resize(SMALLEST).expect("stty is installed");
        lab.wait_for("a whole screen", is_whole);
    }
    lab.wait_for_row(&[">c1 ", "running"]);
    lab.press("q");
    assert_eq!(lab.wait_for_end(), 0);
    assert!(lab.has_mode_of_before());
}

fn is_ascii(flags: &[&str], locale: &str) {
    let home = Home::new();
    let mut command = home.command(&[&["live"], &CALM[..], flags].concat());
    command.env("LC_ALL", locale);
    let mut lab = Lab::from_command(&command, home, SMALLEST);
    lab.press_for("e", &["IDEAS"]);
    lab.press_for("\x1b", &["No client yet"]);
    lab.add("c1");
    lab.press_for("tgrün\r", &["\\u{fc}", "as c1"]);
    lab.press_for("s", &["STOPPED"]);
    lab.press_for("\x1b", &[" a add "]);
    lab.press_for("x", &["line CUT"]);
    lab.press_for(" ", &["FROZEN"]);
    lab.press_for(" ", &["line CUT"]);
    lab.press_for("\x1b", &[" a add "]);
    lab.press_for("?", &["HELP"]);
    lab.press(" q");
    assert_eq!(lab.wait_for_end(), 0);
    let shown = lab.shown();
    let bytes = shown.bytes.escape_ascii().to_string();
    assert!(shown.bytes.is_ascii(), "{bytes}");
}

fn without_colour() {
    let home = Home::new();
    let [coloured, plain] = [None, Some("1")].map(|no_color| {
        let mut command = home.command(&[&["live"], &CALM[..]].concat());
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let mut lab = Pty::start(&command, SMALLEST).expect("a terminal");
        lab.wait_for_text("RUNNING");
        lab.press("?").expect("the lab runs");
        let screen = lab.wait_for_text("magenta yours");
        lab.press(" q").expect("the lab runs");
        assert_eq!(lab.wait_for_end(), 0);
        lab.expect_as_before();
        screen
    });
    assert!(cells(&coloured).any(|(cell, _)| cell.fgcolor() != Color::Default));
    let help = |screen: &Screen| row(screen, &["colours"]);
    assert_eq!(help(&plain), help(&coloured));
    // Each lab's own name stands in the row about joining.
    let join = plain.rows(0, SMALLEST[0]).position(|row| row.contains("To join"));
    for ((cell, place), (with_colour, _)) in cells(&plain).zip(cells(&coloured)).skip(80) {
        if Some(usize::from(place.0)) == join {
            continue;
        }
        let [text, expected] = [cell, with_colour].map(|cell| cell.contents().trim());
        assert_eq!(text, expected, "at {place:?}");
        assert_eq!([cell.fgcolor(), cell.bgcolor()], [Color::Default; 2], "at {place:?}");
        let looks = |cell: &Cell| (cell.bold(), cell.dim());
        assert!(text.is_empty() || looks(cell) == looks(with_colour), "{text} at {place:?}");
    }
}

/// All cells of the screen, and the row and column of each.
fn cells(screen: &Screen) -> impl Iterator<Item = (&Cell, (u16, u16))> {
    let [columns, rows] = SMALLEST;
    let places = (0..rows).flat_map(move |row| (0..columns).map(move |column| (row, column)));
    places.map(|(row, column)| (screen.cell(row, column).expect("it is there"), (row, column)))
}
