//! The pane that says in a few sentences what is known of the chosen client now, and which files
//! to read about it. It says nothing that does not follow from what the lab has seen.

mod alive;
mod ended;
mod known;

use std::time::Duration;

use ratatui::text::{Line, Span};
use textwrap::core::display_width;

use super::{BOLD, Content, DIM, Scene, text::wrapped};
use crate::live::world::{World, client::State};

/// What is known, and where to read about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    pub text: String,
    /// Paths in this repository.
    pub files: &'static [&'static str],
}

impl Why {
    fn new(text: impl Into<String>, files: &'static [&'static str]) -> Self {
        Self { text: text.into(), files }
    }
}

pub(super) fn pane(scene: &Scene) -> Content {
    let chosen = scene.chosen();
    let name = chosen.map_or_else(String::new, |client| scene.text(&client.name));
    let of = if chosen.is_some() { "  what is known of " } else { "" };
    let why = why(scene.world, scene.now);
    let columns = scene.columns.saturating_sub(2);
    let text = wrapped(&scene.text(&why.text), columns);
    let mut rows: Vec<_> = text.into_iter().map(|line| Line::raw(format!(" {line}"))).collect();
    if !why.files.is_empty() {
        let read = Span::styled(" Read ", BOLD);
        let room = columns.saturating_sub(display_width(&read.content));
        let files = wrapped(&why.files.join("  "), room);
        let first = files.into_iter().next().unwrap_or_default();
        rows.push(Line::from(vec![read, Span::styled(first, DIM)]));
    }
    Content { title: format!("WHY{of}{name}"), rows }
}

/// What is known of the chosen client at `now`.
pub fn why(world: &World, now: Duration) -> Why {
    let Some(client) = world.chosen().filter(|client| client.is_shown(now)) else {
        return Why::new(
            "There is no client, so nobody watches the server and the server watches nobody.",
            &["server/src/server.rs", "client/src/session.rs"],
        );
    };
    match &client.state {
        State::Ended { why, .. } => ended::why(client, why),
        State::Connecting => alive::connecting(client),
        State::Running | State::Stopped => alive::why(world, client, now),
    }
}
