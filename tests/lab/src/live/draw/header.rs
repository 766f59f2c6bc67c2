//! The first line: the server, the line, how both programs detect, and the time.

use common::detect::Detect;
use ratatui::{
    style::Style,
    text::{Line, Span},
};
use textwrap::core::display_width;

use super::{BAD, BOLD, Moment, PLAIN, SERVER, Scene, YOURS, text::short};
use crate::live::{tell::clock, world::server::ServerState};

pub(super) fn header(scene: &Scene) -> Line<'static> {
    let columns = scene.columns + 2;
    let (world, time) = (scene.world, time(scene));
    let mode = match world.settings.detect {
        Detect::Heartbeat => "heartbeat",
        Detect::Keepalive(_) => "keepalive",
        Detect::Both(_) => "both",
    };
    let line = world.cut.map_or_else(
        || ("UP".to_owned(), PLAIN),
        |since| (format!("CUT for {}", short(scene.since(since))), BAD.patch(BOLD)),
    );
    // What comes first gives way first.
    let all = [
        vec![(" lab live".to_owned(), BOLD), (" ".to_owned(), PLAIN)],
        vec![(" server ".to_owned(), PLAIN), server(scene), ("   line ".to_owned(), PLAIN), line],
        vec![(format!("   --detect {mode}"), PLAIN)],
    ];
    let end = display_width(&time) + 2;
    let chosen: &[usize] = [&[0, 1, 2][..], &[1, 2], &[1]]
        .into_iter()
        .find(|parts| parts.iter().map(|&part| width(&all[part])).sum::<usize>() + end <= columns)
        .unwrap_or(&[1]);
    let parts: Vec<_> = chosen.iter().flat_map(|&part| all[part].clone()).collect();
    let blanks = columns.saturating_sub(width(&parts) + display_width(&time));
    let mut spans: Vec<_> =
        parts.into_iter().map(|(text, style)| Span::styled(text, style)).collect();
    let style = if scene.look.moment == Moment::Live { BOLD } else { BOLD.patch(YOURS) };
    spans.extend([Span::raw(" ".repeat(blanks)), Span::styled(time, style)]);
    spans.into()
}

fn width(parts: &[(String, Style)]) -> usize {
    parts.iter().map(|(text, _)| display_width(text)).sum()
}

fn server(scene: &Scene) -> (String, Style) {
    let server = &scene.world.server;
    let pid = server.pid.map_or_else(String::new, |pid| format!("{pid} "));
    let (state, style) = match server.state {
        ServerState::Starting => ("STARTING", PLAIN),
        ServerState::Running => ("RUNNING", SERVER),
        ServerState::Stopped => ("STOPPED", BAD),
        ServerState::Ended => ("ENDED", BAD),
    };
    (format!("{pid}{state}"), style.patch(BOLD))
}

fn time(scene: &Scene) -> String {
    let now = clock(scene.now);
    match scene.look.moment {
        Moment::Live => now,
        Moment::Frozen => format!("FROZEN at {now}"),
        Moment::Replay { length, is_paused } => {
            let paused = if is_paused { "paused " } else { "" };
            format!("REPLAY {paused}{now} of {}", clock(length))
        }
    }
}
