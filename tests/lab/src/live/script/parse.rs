//! Reads one command.

use std::{path::Path, time::Duration};

use common::period::Period;

use super::{
    command::{Command, KEYS},
    wanted::Wanted,
};
use crate::{
    live::input::{Deed, Key, Who},
    predict::fault::Window,
};

const COMMANDS: &str = "add, type, stop, continue, kill, restart, deafen, undeafen, reset, cut, \
                        mend, fresh, choose, key, say, wait, until, expect, frame";

const WHO: &str = "server, or a client such as c1";
const CLIENT: &str = "a client such as c1";

/// What is left of a line.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    /// The next word. `what` says what it should be.
    fn word(&mut self, what: &str) -> Result<&'a str, String> {
        let (word, rest) = self.0.split_once(char::is_whitespace).unwrap_or((self.0, ""));
        self.0 = rest.trim_start();
        if word.is_empty() { Err(format!("{what} is missing")) } else { Ok(word) }
    }

    /// Everything that is left, which may not be empty.
    fn all(&mut self, what: &str) -> Result<&'a str, String> {
        let all = std::mem::take(&mut self.0);
        if all.is_empty() { Err(format!("{what} is missing")) } else { Ok(all) }
    }

    /// The last word.
    fn last(&mut self, what: &str) -> Result<&'a str, String> {
        let (rest, word) = self.0.rsplit_once(char::is_whitespace).unwrap_or(("", self.0));
        self.0 = rest.trim_end();
        if word.is_empty() { Err(format!("{what} is missing")) } else { Ok(word) }
    }

    fn who(&mut self) -> Result<Who, String> {
        let name = self.word(&format!("a program ({WHO})"))?;
        if name.chars().all(|it| it.is_ascii_alphanumeric()) {
            Ok(Who::from(name.to_owned()))
        } else {
            Err(format!("{name:?} is no program; possible: {WHO}"))
        }
    }

    fn client(&mut self) -> Result<String, String> {
        match self.who()? {
            Who::Client(name) => Ok(name),
            Who::Server => Err(format!("this is not done to the server; possible: {CLIENT}")),
        }
    }

    fn flags(&mut self) -> Vec<String> {
        std::mem::take(&mut self.0).split_whitespace().map(str::to_owned).collect()
    }
}

pub(super) fn command(line: &str) -> Result<Command, String> {
    let mut rest = Rest(line);
    let name = rest.word("a command")?;
    let command = match name {
        "choose" => Command::Choose(rest.client()?),
        "key" => Command::Press(key(rest.word("a key")?)?),
        "say" => Command::Say(rest.all("a text")?.to_owned()),
        "wait" => Command::Wait(duration(rest.word("a duration")?)?),
        "until" => until(&mut rest)?,
        "expect" => expect(&mut rest)?,
        "frame" => frame(&mut rest)?,
        _ => Command::Do(deed(name, &mut rest)?),
    };
    if rest.0.is_empty() { Ok(command) } else { Err(format!("nothing may follow: {:?}", rest.0)) }
}

fn deed(name: &str, rest: &mut Rest<'_>) -> Result<Deed, String> {
    Ok(match name {
        "add" => Deed::Add { client: rest.client()?, flags: rest.flags() },
        "type" => Deed::Type { client: rest.client()?, line: rest.all("a text")?.to_owned() },
        "stop" => Deed::Stop { who: rest.who()? },
        "continue" => Deed::Continue { who: rest.who()? },
        "kill" => Deed::Kill { who: rest.who()? },
        "restart" => Deed::Restart,
        "deafen" => Deed::Deafen { client: rest.client()? },
        "undeafen" => Deed::Undeafen { client: rest.client()? },
        "reset" => Deed::Reset { client: rest.client()? },
        "cut" => Deed::Cut,
        "mend" => Deed::Mend,
        "fresh" => Deed::Fresh { flags: rest.flags() },
        _ => return Err(format!("{name:?} is no command; possible: {COMMANDS}")),
    })
}

fn until(rest: &mut Rest<'_>) -> Result<Command, String> {
    let who = rest.who()?;
    let limit = duration(rest.last("a limit such as 5s")?)?;
    Ok(Command::Until { wanted: Wanted::parse(who, std::mem::take(&mut rest.0))?, limit })
}

fn expect(rest: &mut Rest<'_>) -> Result<Command, String> {
    let who = rest.who()?;
    let when = rest.last("a window such as 3s..6.5s")?;
    let what = std::mem::take(&mut rest.0);
    let nothing = what.strip_prefix("no ");
    let wanted = Wanted::parse(who, nothing.unwrap_or(what).trim_start())?;
    Ok(if nothing.is_some() {
        Command::Never { wanted, lasts: duration(when)? }
    } else {
        Command::Expect { wanted, window: window(when)? }
    })
}

fn window(text: &str) -> Result<Window, String> {
    let (from, to) = text
        .split_once("..")
        .ok_or_else(|| format!("{text:?} is no window; possible: two durations, as in 3s..6.5s"))?;
    let window = Window { earliest: duration(from)?, latest: duration(to)? };
    if window.earliest > window.latest {
        return Err(format!("{text:?} ends before it begins"));
    }
    Ok(window)
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed = humantime::parse_duration(text)
        .map_err(|_| format!("{text:?} is no duration; possible: 2s, 1.5s, 500ms"))?;
    if parsed > Period::MAX.get() {
        return Err(format!("{text:?} is longer than 365 days"));
    }
    Ok(parsed)
}

fn key(name: &str) -> Result<Key, String> {
    if let Some((_, key)) = KEYS.iter().find(|(known, _)| *known == name) {
        return Ok(*key);
    }
    let mut characters = name.chars();
    let only = characters.next().filter(|_| characters.next().is_none());
    only.map(Key::Char).ok_or_else(|| {
        let names = KEYS.map(|(name, _)| name).join(", ");
        format!("{name:?} is no key; possible: one character, {names}")
    })
}

fn frame(rest: &mut Rest<'_>) -> Result<Command, String> {
    let file = Path::new(rest.word("a file that ends in .svg")?);
    if file.extension().is_none_or(|extension| extension != "svg") {
        return Err(format!(
            "{:?} is no picture; possible: a file that ends in .svg",
            file.display()
        ));
    }
    let size = rest.word("").ok().map(size).transpose()?;
    Ok(Command::Frame { file: file.to_owned(), size })
}

/// The most columns and rows of a picture.
const MOST: u16 = 1000;

/// The size of a screen, as in `80x24`.
pub fn size(text: &str) -> Result<(u16, u16), String> {
    let parsed = text.split_once('x').and_then(|(columns, rows)| {
        let both = (columns.parse().ok()?, rows.parse().ok()?);
        [both.0, both.1].iter().all(|it| (1..=MOST).contains(it)).then_some(both)
    });
    parsed.ok_or_else(|| {
        format!("{text:?} is no size; possible: columns and rows of 1 to {MOST}, as in 80x24")
    })
}
