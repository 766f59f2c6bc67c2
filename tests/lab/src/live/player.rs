//! Plays a script: says what is to be done next, and checks what follows against what is
//! expected. It has no clock and does nothing itself, so a test can play a script without waiting.

mod facts;

use std::{path::PathBuf, time::Duration};

use common::words::Seconds;

use self::facts::Facts;
use super::{
    input::{Deed, Input, Key, What},
    script::{
        Command, Line, Script,
        wanted::{Said, Wanted},
    },
    world::World,
};
use crate::predict::fault::Window;

/// After its window has passed, something that is expected is waited for as long again, and for
/// so long at least, before the script fails. Then the failure can say how late it was.
const LATE_AT_LEAST: Duration = Duration::from_secs(2);

/// And for so long at most.
const LATE_AT_MOST: Duration = Duration::from_secs(10);

/// What is to be done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    Do(Deed),
    Press(Key),
    Say(String),
    Choose(String),
    Frame {
        file: PathBuf,
        /// Columns and rows. `None` for those of the screen.
        size: Option<(u16, u16)>,
    },
    /// Nothing until an input comes or until this moment, on the lab's clock.
    Wait(Option<Duration>),
    Finished,
    /// The script has failed, for this reason.
    Failed(String),
}

/// A script that is being played. After each input comes [`saw`](Self::saw), and then
/// [`next`](Self::next) until there is nothing to do but to wait.
#[derive(Debug)]
pub struct Player {
    script: Script,
    /// How many lines are done.
    position: usize,
    /// Since when the present line waits.
    waits_since: Option<Duration>,
    /// A deed that is not done yet, and the index of its line.
    doing: Option<(usize, Deed)>,
    /// When the last deed was done. What is expected counts from then.
    deed_done: Duration,
    facts: Facts,
    /// Whether the last thing that was asked for was a key.
    pressed: bool,
    failure: Option<String>,
}

/// What a line asks for now.
enum Step {
    Now(Next),
    /// The line is done.
    Passed,
    Later(Duration),
    Failed(String),
}

impl Player {
    pub fn new(script: Script) -> Self {
        Self {
            script,
            position: 0,
            waits_since: None,
            doing: None,
            deed_done: Duration::ZERO,
            facts: Facts::default(),
            pressed: false,
            failure: None,
        }
    }

    /// An input came, and the world has taken it.
    pub fn saw(&mut self, input: &Input, world: &World) {
        self.facts.saw(input, world);
        let Some((line, doing)) = &self.doing else { return };
        match &input.what {
            What::Done { deed } if deed == doing => {
                self.deed_done = input.at;
                self.doing = None;
            }
            What::Failed { deed, why } if deed == doing => {
                self.failure = Some(failure(&self.script.lines[*line], why));
            }
            _ => {}
        }
    }

    /// A key has asked for this deed. If the script pressed the key, it goes on when the deed is
    /// done, as after a deed of its own.
    pub fn asked(&mut self, deed: &Deed) {
        if self.pressed {
            self.facts.forget();
            self.doing = Some((self.position - 1, deed.clone()));
        }
    }

    /// What is to be done now. All inputs before `now` must have been [seen](Self::saw).
    pub fn next(&mut self, now: Duration) -> Next {
        self.pressed = false;
        loop {
            if let Some(failure) = &self.failure {
                return Next::Failed(failure.clone());
            }
            if self.doing.is_some() {
                return Next::Wait(None);
            }
            let Some(line) = self.script.lines.get(self.position).cloned() else {
                return Next::Finished;
            };
            let since = *self.waits_since.get_or_insert(now);
            match self.step(&line.command, since, now) {
                Step::Later(until) => return Next::Wait(Some(until)),
                Step::Failed(what) => self.failure = Some(failure(&line, &what)),
                step => {
                    (self.position, self.waits_since) = (self.position + 1, None);
                    if let Step::Now(next) = step {
                        self.pressed = matches!(next, Next::Press(_));
                        return next;
                    }
                }
            }
        }
    }

    /// What this command asks for at `now`, if it waits since `since`.
    fn step(&mut self, command: &Command, since: Duration, now: Duration) -> Step {
        Step::Now(match command {
            Command::Do(deed) => {
                self.facts.forget();
                self.doing = Some((self.position, deed.clone()));
                Next::Do(deed.clone())
            }
            Command::Choose(client) => Next::Choose(client.clone()),
            Command::Press(key) => Next::Press(*key),
            Command::Say(text) => Next::Say(text.clone()),
            Command::Frame { file, size } => Next::Frame { file: file.clone(), size: *size },
            Command::Wait(lasts) => return wait_until(since + *lasts, now, Step::Passed),
            Command::Until { wanted, limit } => {
                if self.facts.take(wanted).is_some() {
                    return Step::Passed;
                }
                let gone = Step::Failed(self.missing(wanted, *limit));
                return wait_until(since + *limit, now, gone);
            }
            Command::Expect { wanted, window } => return self.expect(wanted, *window, now),
            Command::Never { wanted, lasts } => return self.never(wanted, *lasts, now),
        })
    }

    fn expect(&mut self, wanted: &Wanted, window: Window, now: Duration) -> Step {
        if let Some(came) = self.facts.take(wanted) {
            let after = came.saturating_sub(self.deed_done);
            let why = match after {
                early if early < window.earliest => "too early",
                late if late > window.latest => "too late",
                _ => return Step::Passed,
            };
            return Step::Failed(format!("{why}: {}", came_after(wanted, after)));
        }
        let patience = window.latest + window.latest.clamp(LATE_AT_LEAST, LATE_AT_MOST);
        let gone = Step::Failed(self.missing(wanted, patience));
        wait_until(self.deed_done + patience, now, gone)
    }

    fn never(&mut self, wanted: &Wanted, lasts: Duration, now: Duration) -> Step {
        match self.facts.take(wanted) {
            Some(came) if came <= self.deed_done + lasts => {
                Step::Failed(came_after(wanted, came.saturating_sub(self.deed_done)))
            }
            _ => wait_until(self.deed_done + lasts, now, Step::Passed),
        }
    }

    /// What is said if something does not come.
    fn missing(&self, wanted: &Wanted, limit: Duration) -> String {
        let (who, limit) = (&wanted.who, Seconds(limit));
        let did = self.facts.about(who, self.deed_done);
        format!("it did not come within {limit}; what {who} did since the last deed: {did}")
    }
}

fn wait_until(moment: Duration, now: Duration, then: Step) -> Step {
    if now < moment { Step::Later(moment) } else { then }
}

fn came_after(wanted: &Wanted, after: Duration) -> String {
    let detail = wanted.detail.as_deref().unwrap_or_default();
    let said = Said { what: wanted.what, detail };
    format!("{} {said} {} after the last deed", wanted.who, Seconds(after))
}

fn failure(line: &Line, what: &str) -> String {
    format!("line {}: {}: {what}", line.number, line.text)
}
