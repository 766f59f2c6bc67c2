//! The pane of the wire: what the two ends of the chosen connection have sent, the newest at the
//! bottom.

mod exchange;

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use textwrap::core::display_width;

use self::exchange::{Row, rows_of};
use super::{
    BAD, CLIENT, Content, DIM, SERVER, Scene,
    text::{clock, cut},
};
use crate::{
    draw::readable,
    event::{Content as Message, Role},
    live::world::wire::{Fate, Passed, Sent},
};

/// With fewer rows than this, an acknowledgement that only ends an exchange is left out.
const ROOM_FOR_ALL: usize = 6;

pub(super) fn pane(scene: &Scene, rows: usize) -> Content {
    let Some(client) = scene.chosen() else {
        return Content {
            title: "WIRE".to_owned(),
            rows: vec![Line::raw(" There is no connection.")],
        };
    };
    let passed = scene.world.wire.passed(&client.ports);
    let shown = rows_of(&passed, rows >= ROOM_FOR_ALL);
    let left_out = if shown.left_out { " (acknowledgements of answers are left out)" } else { "" };
    let source =
        scene.world.start.no_tap.as_ref().map_or_else(String::new, |why| {
            format!(", as the two logs tell it: {}", scene.text(why))
        });
    let title = format!("WIRE  of {}{source}{left_out}", scene.text(&client.name));
    let times = display_width(&clock(scene.now)).max(4);
    let newest = shown.rows.len().saturating_sub(rows);
    let mut lines: Vec<_> =
        shown.rows[newest..].iter().map(|row| drawn(scene, row, times)).collect();
    if lines.is_empty() {
        lines.push(Line::raw(" Nothing has passed yet."));
    }
    Content { title, rows: lines }
}

fn drawn(scene: &Scene, row: &Row, times: usize) -> Line<'static> {
    match row {
        Row::Passed(passed) => {
            let time = format!(" {:>times$}  ", clock(passed.at));
            let columns = scene.columns.saturating_sub(display_width(&time));
            let style = style(passed);
            Line::from(vec![Span::raw(time), Span::styled(arrow(scene, passed, columns), style)])
        }
        Row::More { count, since, until } => {
            let [since, until] = [since, until].map(|at| clock(*at));
            Line::styled(format!(" {until:>times$}  … {count} more like these since {since}"), DIM)
        }
    }
}

fn style(passed: &Passed) -> Style {
    match (passed.fate, &passed.what, passed.from) {
        (Fate::Lost, ..) => BAD,
        (_, Sent::Bare | Sent::Keepalive | Sent::WindowProbe | Sent::Opening, _) => DIM,
        (.., Role::Client) => CLIENT,
        (.., Role::Server) => SERVER,
    }
}

/// From the sender to the other end, or to a cross half-way.
fn arrow(scene: &Scene, passed: &Passed, columns: usize) -> String {
    const ENDS: usize = "client ".len() + " server ".len();
    const LOST: &str = " lost: the line was cut";
    let between = columns.saturating_sub(ENDS);
    let again = if passed.fate == Fate::ArrivedAgain { ", sent again" } else { "" };
    // The line before the text, a blank at each side of it, and two columns of the arrow.
    let text_room = between.saturating_sub(again.len() + 7);
    let is_lost = passed.fate == Fate::Lost;
    let text_room = if is_lost { text_room.saturating_sub(LOST.len()) } else { text_room };
    let text = format!("─── {}{again} ", says(scene, passed, text_room));
    let reach = if is_lost { between / 2 } else { between - 1 };
    let shaft = "─".repeat(reach.saturating_sub(display_width(&text)).max(1));
    match (passed.from, is_lost) {
        (Role::Client, false) => format!("client {text}{shaft}► server"),
        (Role::Client, true) => format!("client {text}{shaft}✗{LOST}"),
        (Role::Server, false) => format!("client ◄{shaft}{} server", mirrored(&text)),
        (Role::Server, true) => {
            let end = format!("{} ✗{shaft}{} server", LOST.trim_start(), mirrored(&text));
            format!("{end:>width$}", width = columns.saturating_sub(1))
        }
    }
}

/// The text of an arrow to the left: its blank stands before it, and its line behind it.
fn mirrored(text: &str) -> String {
    format!(" {} ───", text.trim_start_matches("─── ").trim_end())
}

fn says(scene: &Scene, passed: &Passed, columns: usize) -> String {
    let text = match &passed.what {
        Sent::Opening if passed.from == Role::Client => "asks for a connection (SYN)",
        Sent::Opening => "makes the connection (SYN, ACK)",
        Sent::Bare => "acknowledges, without a byte (ACK)",
        Sent::Keepalive => "keepalive probe: are you there?",
        Sent::WindowProbe => "window probe: have you room again?",
        Sent::Message { content, bytes } => {
            return message(scene, passed.from, content, *bytes, columns);
        }
    };
    cut(text, columns)
}

/// The message, and how long it is if it is not shown whole.
fn message(scene: &Scene, from: Role, content: &Message, bytes: u32, columns: usize) -> String {
    let known = match content {
        Message::Bytes(known) => known.len(),
        Message::EndOfStream | Message::Reset => 0,
    };
    let text = scene.text(&readable(from, content, usize::MAX));
    let is_whole = bytes as usize <= known || known == 0;
    if is_whole && display_width(&text) <= columns {
        return text;
    }
    let count = format!(" ({} bytes)", known.max(bytes as usize));
    let mut text = cut(&text, columns.saturating_sub(count.len() + 1));
    if !text.ends_with('…') {
        text.push('…');
    }
    text + &count
}
