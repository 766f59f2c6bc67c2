//! The screen of `lab live`: a world at a moment, drawn into a frame of ratatui. It is pure, so
//! tests and pictures draw recorded moments.
//!
//! The 16 ANSI colours alone are used and no background, and a word or a symbol says first what a
//! colour repeats. Each pane makes rows of the columns that it is given; what does not fit is cut
//! and marked with `…`.

pub mod chars;
mod clients;
mod footer;
mod frame;
mod header;
mod kernel;
mod layout;
mod overlay;
mod queue;
mod story;
mod text;
mod track;
pub mod why;
mod wire;

use std::time::Duration;

use ratatui::{
    Frame,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::Line,
};

pub use self::chars::Characters;
use self::layout::Pane;
use super::world::{World, client::Client};

/// How the screen is to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    pub characters: Characters,
    pub moment: Moment,
}

/// Which moment the screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// What happens now.
    Live,
    /// A moment that is over; the programs go on.
    Frozen,
    /// A moment of a recording of this length.
    Replay { length: Duration, is_paused: bool },
}

/// The smallest screen, in columns and rows.
pub const SMALLEST: (u16, u16) = (80, 24);

/// What the panes are drawn from.
#[derive(Clone, Copy)]
struct Scene<'a> {
    world: &'a World,
    now: Duration,
    look: Look,
    /// The columns inside the frame.
    columns: usize,
}

/// A pane's title and its rows. The first word of the title is its name.
struct Content {
    title: String,
    rows: Vec<Line<'static>>,
}

/// Draws the world as it is at `now`, on the lab's clock.
pub fn draw(world: &World, now: Duration, look: Look, frame: &mut Frame) {
    let area = frame.area();
    let buffer = frame.buffer_mut();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        frame::too_small(area, buffer);
    } else {
        let scene = Scene { world, now, look, columns: usize::from(area.width) - 2 };
        frame::line(buffer, area, 0, header::header(&scene));
        let mut row = 1;
        for (pane, rows) in layout::panes(&scene, area.height.into()) {
            let content = scene.content(pane, rows);
            frame::pane(buffer, area, row, rows, content);
            row += rows + 1;
        }
        frame::bottom(buffer, area, row);
        frame::line(buffer, area, row + 1, footer::footer(&scene));
        overlay::draw(&scene, Rect { height: area.height - 1, ..area }, buffer);
    }
    look.characters.replace(buffer);
}

impl Scene<'_> {
    fn content(&self, pane: Pane, rows: usize) -> Content {
        match pane {
            Pane::Server => queue::pane(self, rows),
            Pane::Clients => clients::pane(self, rows),
            Pane::Kernel => kernel::pane(self, rows),
            Pane::Why => why::pane(self),
            Pane::Wire => wire::pane(self, rows),
            Pane::Story => story::pane(self, rows),
        }
    }

    /// A text from elsewhere, as it can be shown.
    fn text(&self, text: &str) -> String {
        self.look.characters.shown(text)
    }

    /// How long ago that was.
    fn since(&self, at: Duration) -> Duration {
        self.now.saturating_sub(at)
    }

    /// The clients that are shown now.
    fn clients(&self) -> Vec<&Client> {
        self.world.clients.iter().filter(|client| client.is_shown(self.now)).collect()
    }

    /// The chosen client, if one is shown.
    fn chosen(&self) -> Option<&Client> {
        let chosen = self.world.chosen().filter(|client| client.is_shown(self.now));
        chosen.or_else(|| self.clients().first().copied())
    }
}

// Each colour repeats what a word or a symbol says.
const CLIENT: Style = Style::new().fg(Color::Cyan);
const SERVER: Style = Style::new().fg(Color::Green);
const BAD: Style = Style::new().fg(Color::Red);
const YOURS: Style = Style::new().fg(Color::Magenta);
const TOLD: Style = Style::new().fg(Color::Blue);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const PLAIN: Style = Style::new();
