//! A picture of the screen at any moment.

use std::{fs, io, path::Path, time::Duration};

use ratatui::{Terminal, backend::TestBackend};

use super::{
    draw::{Look, draw},
    picture::svg,
    world::World,
};

/// Draws the screen at this moment, in columns and rows of this size or of its own, and returns it
/// as SVG.
pub fn picture(world: &World, at: Duration, look: Look, size: Option<(u16, u16)>) -> String {
    let (columns, rows) = size.unwrap_or((world.columns, world.rows));
    let backend = TestBackend::new(columns, rows);
    let Ok(mut terminal) = Terminal::new(backend);
    let Ok(_) = terminal.draw(|frame| draw(world, at, look, frame));
    let title = "The live lab";
    let story = world.story.lines().iter().next_back();
    let description = story.map_or_else(String::new, |line| line.text.clone());
    svg(terminal.backend().buffer(), title, &description)
}

/// Writes a picture to a file.
///
/// # Errors
/// When the file cannot be written; the error names it.
pub fn write(file: &Path, picture: &str) -> io::Result<()> {
    let failed = |error| io::Error::other(format!("{}: {error}", file.display()));
    fs::write(file, picture).map_err(failed)
}
