//! The pane of the story: what was done and what followed, the newest at the bottom.

use ratatui::{
    style::Style,
    text::{Line, Span},
};
use textwrap::core::display_width;

use super::{
    BAD, BOLD, Content, PLAIN, Scene, TOLD, YOURS,
    text::{clock, wrapped},
};
use crate::live::world::story::{self, Kind};

/// What stands here before anything has happened.
const START: [&str; 3] = [
    " Add a client (a), and see how its heartbeats keep its place in the queue.",
    " Then break something: stop it (s), stop the server (S), or cut the line (x).",
    " The lab asks you who will notice first, and this pane tells who did.",
];

pub(super) fn pane(scene: &Scene, rows: usize) -> Content {
    let title = match &scene.world.view.playing {
        Some(idea) => format!("STORY  Esc stops this: {}", scene.text(idea)),
        None => "STORY".to_owned(),
    };
    let mut lines = Vec::new();
    for line in scene.world.story.lines().iter().rev() {
        // Of the oldest entry that is shown there may be no room for the start.
        let room = rows.saturating_sub(lines.len());
        if room == 0 {
            break;
        }
        lines.extend(told(scene, line, room).into_iter().rev());
    }
    lines.reverse();
    if lines.is_empty() {
        lines = START.iter().map(|text| Line::raw(*text)).collect();
    }
    Content { title, rows: lines }
}

/// The last lines of one entry, as many as there is room for. The time stands in the first, and a
/// sign that says what it is.
fn told(scene: &Scene, line: &story::Line, room: usize) -> Vec<Line<'static>> {
    let (sign, style) = sign(line.kind);
    let columns = display_width(&clock(scene.now.max(line.at))).max(4);
    let text = wrapped(&scene.text(&line.text), scene.columns.saturating_sub(columns + 5));
    let hidden = text.len().saturating_sub(room);
    let shown = text.into_iter().enumerate().skip(hidden);
    let row = |(index, text): (usize, String)| {
        let time = if index == 0 { clock(line.at) } else { String::new() };
        let sign = match index {
            0 => sign,
            _ if index == hidden => '…',
            _ => ' ',
        };
        Line::from(vec![
            Span::raw(format!(" {time:>columns$} ")),
            Span::styled(format!("{sign} "), style.patch(BOLD)),
            Span::styled(text, style),
        ])
    };
    shown.map(row).collect()
}

fn sign(kind: Kind) -> (char, Style) {
    match kind {
        Kind::Deed => ('▸', YOURS),
        Kind::Event => ('·', PLAIN),
        Kind::Outcome => ('=', BOLD),
        Kind::Told => ('»', TOLD),
        Kind::Trouble => ('!', BAD),
    }
}
