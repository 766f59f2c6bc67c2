//! What each key does, and what is possible now.

use super::{
    World,
    case::{Answer, Question},
    client::{Client, State},
    server::ServerState,
};
use crate::{
    event::Role,
    live::{
        ideas::IDEAS,
        input::{Deed, Key, Who},
    },
};

/// What the learner sees beside the world, and where the keys go.
#[derive(Debug, Clone, Default)]
pub struct View {
    /// The name of the chosen client.
    pub chosen: Option<String>,
    pub mode: Mode,
    /// The question that is open. Keys that do not answer it do what they always do.
    pub question: Option<Question>,
    /// Why the last key did nothing.
    pub notice: Option<String>,
    /// What the last key has done, where nothing else shows it.
    pub done: Option<String>,
    /// The title of the experiment that plays.
    pub playing: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Watching,
    /// A line is being typed as the chosen client.
    Typing(String),
    /// The list of ideas is open, with this one chosen.
    Ideas(usize),
    Help,
}

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wish {
    Do(Deed),
    /// Play the idea of this number.
    Play(usize),
    /// End the experiment that plays.
    StopPlaying,
}

/// A key that does something now, and what.
pub type Possible = (&'static str, &'static str);

impl World {
    /// A key was pressed. Returns what it asks for.
    pub(super) fn key(&mut self, key: Key) -> Option<Wish> {
        (self.view.notice, self.view.done) = (None, None);
        match self.view.mode.clone() {
            Mode::Watching if self.answers(key) => None,
            Mode::Watching => self.watching(key),
            Mode::Typing(line) => self.typing(line, key),
            Mode::Ideas(chosen) => self.choosing_idea(chosen, key),
            Mode::Help => {
                self.view.mode = Mode::Watching;
                None
            }
        }
    }

    /// The keys that do something now, for the footer.
    pub fn possible(&self) -> Vec<Possible> {
        let mut keys = vec![("a", "add")];
        if let Some(client) = self.chosen().filter(|client| client.is_ours && !client.is_over()) {
            let stops = if client.state == State::Stopped { "go on" } else { "stop" };
            let deafens = if client.is_deaf { "hear" } else { "deaf" };
            keys.extend([("t", "type"), ("s", stops), ("k", "kill"), ("d", deafens)]);
            keys.extend(
                (self.start.no_tap.is_none() && client.conn.is_some()).then_some(("r", "reset")),
            );
        }
        if self.start.no_network.is_none() {
            keys.push(("x", if self.cut.is_some() { "mend" } else { "cut" }));
        }
        keys.extend(match self.server.state {
            ServerState::Stopped => [("S", "server on"), ("K", "kill it")],
            ServerState::Ended => [("K", "server again"), ("e", "ideas")],
            _ => [("S", "stop server"), ("K", "kill it")],
        });
        if self.server.state != ServerState::Ended {
            keys.push(("e", "ideas"));
        }
        keys.extend([("?", "help"), ("q", "quit")]);
        keys
    }

    fn watching(&mut self, key: Key) -> Option<Wish> {
        match key {
            Key::Char('a') => {
                return Some(Wish::Do(Deed::Add { client: self.next_name(), flags: Vec::new() }));
            }
            Key::Char('t') if self.ours().is_some() => {
                self.view.mode = Mode::Typing(String::new());
            }
            Key::Char('x') => return self.cut_or_mend().map(Wish::Do),
            Key::Char('S' | 'K') => return self.server_key(key).map(Wish::Do),
            Key::Char('s' | 'k' | 'd' | 'r') => return self.client_key(key).map(Wish::Do),
            Key::Char('e') => self.view.mode = Mode::Ideas(0),
            Key::Char('?') => self.view.mode = Mode::Help,
            Key::Escape if self.view.playing.is_some() => return Some(Wish::StopPlaying),
            Key::Char(digit @ '1'..='9') => self.choose(digit as usize - '1' as usize),
            Key::Up => self.choose(self.chosen_index().saturating_sub(1)),
            Key::Down => self.choose(self.chosen_index() + 1),
            _ => {}
        }
        None
    }

    fn cut_or_mend(&mut self) -> Option<Deed> {
        if let Some(why) = &self.start.no_network {
            self.view.notice = Some(format!("there is no private network to cut: {why}"));
            return None;
        }
        Some(if self.cut.is_some() { Deed::Mend } else { Deed::Cut })
    }

    fn server_key(&mut self, key: Key) -> Option<Deed> {
        let who = Who::Server;
        match (key, self.server.state) {
            (Key::Char('K'), ServerState::Ended) => Some(Deed::Restart),
            (Key::Char('K'), _) => Some(Deed::Kill { who }),
            (_, ServerState::Stopped) => Some(Deed::Continue { who }),
            (_, ServerState::Ended) => {
                self.view.notice = Some("the server has ended; K starts it again".to_owned());
                None
            }
            _ => Some(Deed::Stop { who }),
        }
    }

    fn client_key(&mut self, key: Key) -> Option<Deed> {
        let no_tap = self.start.no_tap.clone();
        let client = self.ours()?;
        let (name, who) = (client.name.clone(), Who::Client(client.name.clone()));
        Some(match key {
            Key::Char('s') if client.state == State::Stopped => Deed::Continue { who },
            Key::Char('s') => Deed::Stop { who },
            Key::Char('k') => Deed::Kill { who },
            Key::Char('d') if client.is_deaf => Deed::Undeafen { client: name },
            Key::Char('d') => Deed::Deafen { client: name },
            _ => {
                let notice = match no_tap {
                    Some(why) => format!("a reset needs the numbers on the wire: {why}"),
                    None if client.conn.is_none() => format!("{name} has no connection to reset"),
                    None => return Some(Deed::Reset { client: name }),
                };
                self.view.notice = Some(notice);
                return None;
            }
        })
    }

    /// The chosen client, if the lab can do something to it.
    fn ours(&mut self) -> Option<&Client> {
        let notice = match self.chosen() {
            None => "there is no client yet; a adds one".to_owned(),
            Some(client) if client.is_over() => format!("{} has ended", client.name),
            Some(client) if !client.is_ours => {
                format!("{} is not ours: use its own terminal", client.name)
            }
            Some(_) => return self.chosen(),
        };
        self.view.notice = Some(notice);
        None
    }

    fn choose(&mut self, index: usize) {
        if let Some(client) = self.clients.get(index.min(self.clients.len().saturating_sub(1))) {
            self.view.chosen = Some(client.name.clone());
        }
    }

    fn typing(&mut self, mut line: String, key: Key) -> Option<Wish> {
        match key {
            Key::Char(character) => line.push(character),
            Key::Backspace => drop(line.pop()),
            Key::Escape | Key::Enter => {
                self.view.mode = Mode::Watching;
                let client = self.ours().map(|client| client.name.clone());
                let typed = client.filter(|_| key == Key::Enter);
                return typed.map(|client| Wish::Do(Deed::Type { client, line }));
            }
            _ => {}
        }
        self.view.mode = Mode::Typing(line);
        None
    }

    fn choosing_idea(&mut self, chosen: usize, key: Key) -> Option<Wish> {
        let last = IDEAS.len() - 1;
        self.view.mode = match key {
            Key::Up => Mode::Ideas(chosen.saturating_sub(1)),
            Key::Down => Mode::Ideas((chosen + 1).min(last)),
            Key::Enter => {
                self.view.mode = Mode::Watching;
                return Some(Wish::Play(chosen));
            }
            Key::Escape | Key::Char('e' | 'q') => Mode::Watching,
            _ => return None,
        };
        None
    }

    /// Whether the key belongs to the open question.
    fn answers(&mut self, key: Key) -> bool {
        let Some(mut question) = self.view.question.take() else { return false };
        match key {
            Key::Char('c') => question.who = Some(Some(Role::Client)),
            Key::Char('s') => question.who = Some(Some(Role::Server)),
            Key::Char('n') => question.who = Some(None),
            Key::Char(digit @ ('0'..='9' | '.')) if question.who.is_some() => {
                question.seconds.push(digit);
            }
            Key::Backspace => drop(question.seconds.pop()),
            Key::Enter => {
                if let Some(answer) = question.answer() {
                    self.guess(&question, answer);
                }
                return true;
            }
            Key::Escape => return true,
            _ => return false, // the question is skipped
        }
        self.view.question = Some(question);
        true
    }

    fn guess(&mut self, question: &Question, answer: Answer) {
        let case = self.cases.iter_mut().find(|case| case.at == question.about);
        if let Some(case) = case {
            case.guess = Some(answer);
            self.story.add_guess(question.about, &answer.to_string());
        }
    }
}
