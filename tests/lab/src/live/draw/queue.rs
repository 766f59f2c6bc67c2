//! The pane of the server: its queue, with a bar for the time that each client has left.

use std::time::Duration;

use ratatui::text::{Line, Span};
use textwrap::core::display_width;

use super::{
    BAD, BOLD, Content, DIM, SERVER, Scene,
    text::{figure, padded, rounded, short},
};
use crate::live::world::{queue::Entry, server::ServerState};

/// For this long after a byte an entry is marked as heard.
const JUST_NOW: Duration = Duration::from_millis(600);

// Columns of a row beside the bar and the names.
const PLACE: usize = 8;
const TIME: usize = 9;
const NOTE: usize = 13;

pub(super) fn pane(scene: &Scene, rows: usize) -> Content {
    let entries = scene.world.queue.entries();
    let say = |text: &str| vec![Line::raw(""), Line::raw(format!(" {text}"))];
    let shown = match scene.world.server.state {
        ServerState::Ended => {
            say("The server has ended, and its queue with it. K starts it again.")
        }
        ServerState::Starting => say("The server does not listen yet."),
        _ if entries.is_empty() && scene.clients().is_empty() => {
            say("The queue is empty: no client yet; a adds one.")
        }
        _ if entries.is_empty() => say("The queue is empty: the server holds no connection."),
        _ => shown(scene, &entries, rows),
    };
    Content { title: title(scene), rows: shown }
}

fn title(scene: &Scene) -> String {
    let settings = &scene.world.settings;
    let timeout = format!("--timeout {}", figure(settings.timeout()));
    let probe = settings.probe().map(|probe| format!(" --probe {}", figure(probe)));
    let probe = probe.unwrap_or_default();
    match scene.world.server.state {
        ServerState::Stopped => {
            format!("SERVER STOPPED  {timeout}: its queue stands still while deadlines pass")
        }
        ServerState::Ended => "SERVER ENDED".to_owned(),
        _ => format!("SERVER  timeout queue, {timeout}{probe}: the front is the next to go"),
    }
}

/// The front, how many more there are if there is no room for all, and the back.
fn shown(scene: &Scene, entries: &[Entry], rows: usize) -> Vec<Line<'static>> {
    let names: Vec<_> = entries.iter().map(|entry| name(scene, entry.conn)).collect();
    let names_width = names.iter().map(|it| display_width(it)).max().unwrap_or(0).clamp(10, 20);
    let line = |index: usize| row(scene, entries, index, &padded(&names[index], names_width));
    if entries.len() <= rows {
        return (0..entries.len()).map(line).collect();
    }
    let front = rows.saturating_sub(2);
    let mut lines: Vec<_> = (0..front).map(line).collect();
    let more = format!("{:PLACE$}… and {} more", "", entries.len() - front - 1);
    lines.push(Line::styled(more, DIM));
    lines.push(line(entries.len() - 1));
    lines
}

fn name(scene: &Scene, conn: u64) -> String {
    let client = scene.world.client_of(conn).map_or("?", |client| &client.name);
    format!("conn-{conn} {}", scene.text(client))
}

fn row(scene: &Scene, entries: &[Entry], index: usize, name: &str) -> Line<'static> {
    let entry = &entries[index];
    let place = match index {
        0 => "front",
        _ if index + 1 == entries.len() => "back ",
        _ => "  ↓  ",
    };
    let (timeout, silent) = (scene.world.queue.timeout(), scene.since(entry.heard));
    let left = timeout.saturating_sub(silent);
    let note = if left.is_zero() {
        format!("overdue {}", rounded(silent.saturating_sub(timeout)))
    } else if silent < JUST_NOW {
        "◄ heard now".to_owned()
    } else if index == 0 && scene.world.server.state == ServerState::Running {
        "then evicted".to_owned()
    } else {
        String::new()
    };
    let columns =
        scene.columns.saturating_sub(PLACE + display_width(name) + 2 + TIME + NOTE).max(1);
    let style = if left < timeout / 5 { BAD } else { SERVER };
    let [full, empty] = bar(left, timeout, columns);
    let is_chosen = scene.chosen().is_some_and(|client| client.conn == Some(entry.conn));
    let name_style = if is_chosen { BOLD } else { super::PLAIN };
    Line::from(vec![
        Span::raw(format!(" {place}  ")),
        Span::styled(format!("{name}  "), name_style),
        Span::styled("█".repeat(full), style),
        Span::styled("░".repeat(empty), DIM),
        Span::raw(format!(" {:>6}  ", short(left))),
        Span::styled(note, if left.is_zero() { BAD.patch(BOLD) } else { super::PLAIN }),
    ])
}

/// The columns of a bar that are full and empty. A bar with a rest is not empty.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "a part of a screen's columns"
)]
fn bar(left: Duration, timeout: Duration, columns: usize) -> [usize; 2] {
    let part = left.as_secs_f64() / timeout.as_secs_f64().max(f64::MIN_POSITIVE);
    let full = (part * columns as f64).round() as usize;
    let full = full.clamp(usize::from(!left.is_zero()), columns);
    [full, columns - full]
}
