//! What a line of a script asks for.

use std::{path::PathBuf, time::Duration};

use super::wanted::Wanted;
use crate::{
    live::input::{Deed, Key},
    predict::fault::Window,
};

/// The keys that have a name.
pub const KEYS: [(&str, Key); 8] = [
    ("space", Key::Char(' ')),
    ("enter", Key::Enter),
    ("escape", Key::Escape),
    ("backspace", Key::Backspace),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
];

#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    Do(Deed),
    Choose(String),
    Press(Key),
    Say(String),
    Wait(Duration),
    Until {
        wanted: Wanted,
        limit: Duration,
    },
    Expect {
        wanted: Wanted,
        window: Window,
    },
    Never {
        wanted: Wanted,
        lasts: Duration,
    },
    Frame {
        file: PathBuf,
        /// Columns and rows.
        size: Option<(u16, u16)>,
    },
}
