//! The story as lines of text, for where there is no terminal.

use std::{
    io::{self, Write},
    time::Duration,
};

use super::world::World;

/// Tells each line of the story once.
#[derive(Debug, Default)]
pub struct Teller {
    told: usize,
}

impl Teller {
    /// Writes the lines that are new since the last call: `00:42.3  you stopped c3 (SIGSTOP)`.
    ///
    /// # Errors
    /// When `out` takes no more.
    pub fn tell(&mut self, world: &World, out: &mut impl Write) -> io::Result<()> {
        let story = &world.story;
        let new = story.told() - self.told;
        self.told = story.told();
        let lines = story.lines();
        let mut new = lines.iter().skip(lines.len().saturating_sub(new));
        new.try_for_each(|line| writeln!(out, "{}  {}", clock(line.at), line.text))
    }
}

/// Minutes, seconds and tenths since the start of the lab: `00:42.3`.
pub fn clock(at: Duration) -> String {
    let tenths = at.as_millis() / 100;
    format!("{:02}:{:02}.{}", tenths / 600, tenths / 10 % 60, tenths % 10)
}
