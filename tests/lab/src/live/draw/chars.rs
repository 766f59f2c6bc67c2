//! The characters of the screen: in Unicode, or in ASCII for a terminal that shows others badly.

use ratatui::buffer::Buffer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Characters {
    Unicode,
    Ascii,
}

/// The drawing's own characters, and what stands for each of them in ASCII.
const IN_ASCII: &[(&str, char)] = &[
    ("┌┐└┘├┤", '+'),
    ("│‖", '|'),
    ("─", '-'),
    ("━", '='),
    ("╌░·", '.'),
    ("█", '#'),
    ("◄←", '<'),
    ("►→▸", '>'),
    ("↑", '^'),
    ("↓", 'v'),
    ("♥", 'h'),
    ("♦", 'k'),
    ("●", 'o'),
    ("✗", 'X'),
    ("×", 'x'),
    ("…", '~'),
    ("»", ':'),
];

impl Characters {
    /// A text from a program or a person. What could drive a terminal is escaped, and in ASCII
    /// everything else that is not ASCII, too.
    pub(super) fn shown(self, text: &str) -> String {
        let shown = |character: char| match (self, character) {
            (_, ' '..='~') => character.to_string(),
            (Self::Unicode, _) => character.escape_debug().to_string(),
            (Self::Ascii, '\n' | '\r' | '\t') => character.escape_default().to_string(),
            (Self::Ascii, _) => in_ascii(character)
                .map_or_else(|| character.escape_unicode().to_string(), String::from),
        };
        text.chars().map(shown).collect()
    }

    /// Replaces the drawing's own characters, if the screen is to be ASCII.
    pub(super) fn replace(self, buffer: &mut Buffer) {
        if self == Self::Unicode {
            return;
        }
        for cell in &mut buffer.content {
            if let Some(character) = cell.symbol().chars().next().filter(|it| !it.is_ascii()) {
                cell.set_char(in_ascii(character).unwrap_or('?'));
            }
        }
    }
}

fn in_ascii(character: char) -> Option<char> {
    let replaced = IN_ASCII.iter().find(|(characters, _)| characters.contains(character));
    replaced.map(|(_, ascii)| *ascii)
}
