//! Texts and figures in the columns that they are given.

use std::time::Duration;

use ratatui::text::{Line, Span};
use textwrap::{Options, WordSplitter, core::display_width};

use crate::settings::in_one_word;

/// The text in at most so many columns. A cut is marked with `…`.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    format!("{}…", start(text, columns - 1))
}

/// The end of the text in at most so many columns.
pub(super) fn tail(text: &str, columns: usize) -> String {
    if display_width(text) <= columns {
        return text.to_owned();
    }
    let backwards: String = text.chars().rev().collect();
    let end: String = start(&backwards, columns.saturating_sub(1)).chars().rev().collect();
    format!("…{end}")
}

/// As much of the text as fits into so many columns.
fn start(text: &str, columns: usize) -> String {
    let mut room = columns;
    let fits = |character: &char| {
        let left = room.checked_sub(display_width(character.encode_utf8(&mut [0; 4])));
        room = left.unwrap_or(0);
        left.is_some()
    };
    text.chars().take_while(fits).collect()
}

/// The text in exactly so many columns, at the left.
pub(super) fn padded(text: &str, columns: usize) -> String {
    let text = cut(text, columns);
    let blanks = " ".repeat(columns - display_width(&text));
    text + &blanks
}

/// The line in at most so many columns. A cut is marked with `…`.
pub(super) fn fit(line: Line<'static>, columns: usize) -> Line<'static> {
    let widths: Vec<_> = line.spans.iter().map(|span| display_width(&span.content)).collect();
    if widths.iter().sum::<usize>() <= columns {
        return line;
    }
    let mut spans = Vec::new();
    let mut room = columns;
    for (span, width) in line.spans.into_iter().zip(widths) {
        // The last column that is left is for the mark.
        if width < room {
            room -= width;
            spans.push(span);
        } else {
            let content = format!("{}…", start(&span.content, room.saturating_sub(1)));
            spans.push(Span::styled(if room == 0 { String::new() } else { content }, span.style));
            break;
        }
    }
    Line::from(spans)
}

/// The text in lines of at most so many columns, cut at its spaces.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let options = Options::new(columns.max(1)).word_splitter(WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(Into::into).collect()
}

/// A moment or a length that changes while somebody looks, in at most six columns: `6.8s`,
/// `16m40s`.
pub(super) fn short(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..1000 => format!("{:.1}s", duration.as_secs_f64()),
        1000..6000 => format!("{}m{}s", seconds / 60, seconds % 60),
        6000..360_000 => format!("{}h{}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// The same without tenths from ten seconds on, in at most five columns up to a few hours.
pub(super) fn rounded(duration: Duration) -> String {
    match duration.as_secs() {
        10..1000 => format!("{}s", duration.as_secs()),
        _ => short(duration),
    }
}

/// A figure that somebody set: `3s`, `1.5s`, `2h`.
pub(super) fn figure(duration: Duration) -> String {
    if duration < Duration::from_mins(1) {
        format!("{}s", duration.as_secs_f64())
    } else {
        in_one_word(duration)
    }
}

/// A time on the lab's clock: `39.1`, and from a minute on `1:15.3`.
pub(super) fn clock(at: Duration) -> String {
    let tenths = at.as_millis() / 100;
    let (minutes, rest) = (tenths / 600, tenths % 600);
    match minutes {
        0 => format!("{}.{}", rest / 10, rest % 10),
        _ => format!("{minutes}:{:02}.{}", rest / 10, rest % 10),
    }
}

/// A number of bytes in at most six columns.
pub(super) fn bytes(number: u32) -> String {
    match number {
        0..10_000 => format!("{number} B"),
        10_000..1_000_000 => format!("{} kB", number / 1000),
        _ => format!("{} MB", number / 1_000_000),
    }
}
