//! The test language: what somebody does in the live lab and expects of it, one command per line.
//! Blank lines are skipped, and so are lines that begin with `#`.
//!
//! | command | effect |
//! | --- | --- |
//! | `add c2 FLAGS…` | starts a client with these flags beside the lab's own |
//! | `type c1 hello` | types this text as the client |
//! | `stop WHO`, `continue WHO`, `kill WHO` | sends SIGSTOP, SIGCONT or SIGKILL |
//! | `restart` | starts the server again |
//! | `deafen c1`, `undeafen c1` | stops reading the client's output, and reads it again |
//! | `reset c1` | sends both ends of its connection a reset |
//! | `cut`, `mend` | takes the network down, and up again |
//! | `fresh FLAGS…` | everything begins anew, and both programs get these flags |
//! | `choose c1` | chooses a client on the screen |
//! | `key x` | presses a key: a character, or one of [`KEYS`] |
//! | `say TEXT` | says something in the story |
//! | `wait 2s` | waits |
//! | `until WHO WHAT 5s` | waits for something, for so long at most |
//! | `expect WHO WHAT 3s..6.5s` | waits for something that must come so long after the last deed |
//! | `expect WHO no WHAT 5s` | waits, and it must not come for so long after the last deed |
//! | `frame FILE.svg 80x24` | draws the screen as a picture, in this size or in its own |
//!
//! WHO is `server`, or a client by its name. WHAT is one of [`WORDS`](wanted::WORDS). The deeds
//! are the commands in the upper half of the table, down to `fresh`.
//!
//! Only what comes after the beginning of the last deed counts. Each thing that comes answers one
//! line, so two lines that wait for a heartbeat wait for two of them. The lines may stand in any
//! order: what came earlier than the line is reached counts, too.

mod command;
mod parse;
pub mod wanted;

pub use self::{
    command::{Command, KEYS},
    parse::size,
};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Script {
    pub lines: Vec<Line>,
}

/// A line of a script that holds a command.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Counted from 1.
    pub number: usize,
    pub text: String,
    pub command: Command,
}

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// When a line is no command. The error names the line and says what is possible.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(str::trim).enumerate();
        let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let lines = lines.map(|(index, line)| {
            let number = index + 1;
            let command =
                parse::command(line).map_err(|what| format!("line {number}: {line}: {what}"))?;
            Ok(Line { number, text: line.to_owned(), command })
        });
        Ok(Self { lines: lines.collect::<Result<_, String>>()? })
    }
}
