//! Turns what the programs log and what the relay sees into events. It reads the fields of the
//! log (`docs/log.md`); the sentences are only shown.

mod lines;
mod queue;
mod seen;
mod server;
mod session;

use std::{
    collections::VecDeque,
    mem,
    time::{Duration, Instant},
};

use common::wire::{ACKNOWLEDGEMENT, HEARTBEAT};

use tests::{event::Event as Logged, log::Line};

pub use self::seen::{Observation, Seen};
use self::{queue::Queue, session::Session};
use crate::{
    event::{Content, Event, Fate, Role, What},
    view::View,
};

/// What a program logged last about the connection, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWords {
    pub at: Duration,
    pub reason: String,
    /// What the kernel's evidence says about the other end.
    pub finding: Option<String>,
    pub text: String,
}

impl LastWords {
    fn new(at: Duration, event: &Logged) -> Self {
        let reason = event.str("reason").unwrap_or(event.name()).to_owned();
        let finding = event.str("finding").map(str::to_owned);
        Self { at, reason, finding, text: event.message().to_owned() }
    }
}

/// Collects the events of a run.
pub struct Observer {
    start: Instant,
    view: View,
    /// Whether the server keeps a queue of its clients, and no touch of it has been told.
    tells_queue: bool,
    queue: Queue,
    typed: VecDeque<Vec<u8>>,
    last_message: String,
    pub is_cut: bool,
    /// The program that the lab kills. Its exit is no detection.
    pub killed: Option<Role>,
    /// The program that the lab stops.
    pub stopped: Option<Role>,
    pub events: Vec<Event>,
    /// Where each server listens, once it has said so.
    pub addresses: Vec<String>,
    /// The client's last words about its first connection, once that has ended.
    pub client: Option<LastWords>,
    /// The server's last words about the client's first connection, once that has ended.
    pub server: Option<LastWords>,
    /// How often the server has read heartbeats.
    pub heartbeats: u32,
    /// How often one of the programs has logged that it is connected.
    pub connected: u64,
    session: Session,
    /// When the client was back.
    pub back: Option<Duration>,
    /// The lines that the lab gave to the client.
    given: Vec<u8>,
    /// What the client printed, where the lab reads it.
    printed: Vec<u8>,
}

impl Observer {
    /// An observer of a run that begins now. `has_queue` says whether the server keeps a queue
    /// of its clients; with keepalive alone it does not.
    pub fn new(view: View, has_queue: bool) -> Self {
        Self {
            start: Instant::now(),
            view,
            tells_queue: has_queue,
            queue: Queue::new(),
            typed: VecDeque::new(),
            last_message: String::new(),
            is_cut: false,
            killed: None,
            stopped: None,
            events: Vec::new(),
            addresses: Vec::new(),
            client: None,
            server: None,
            heartbeats: 0,
            connected: 0,
            session: Session::Up,
            back: None,
            given: Vec::new(),
            printed: Vec::new(),
        }
    }

    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    pub fn last_words(&self, role: Role) -> Option<&LastWords> {
        match role {
            Role::Client => self.client.as_ref(),
            Role::Server => self.server.as_ref(),
        }
    }

    pub fn deed(&mut self, text: &str) {
        self.add(self.now(), What::Deed(text.to_owned()));
    }

    /// Takes what was seen within a moment.
    pub fn take(&mut self, mut moment: Vec<Observation>) {
        seen::put_in_order(self.view, &mut moment);
        for Observation { at, seen } in moment {
            let at = at.saturating_duration_since(self.start);
            match seen {
                Seen::Passed(from, content) => {
                    self.add(at, What::Message { from, content, fate: Fate::Arrived });
                }
                Seen::Logged(_, Line { event: None, text }) => self.last_message = text,
                Seen::Logged(role, Line { event: Some(event), .. }) => {
                    event.message().clone_into(&mut self.last_message);
                    match role {
                        Role::Client => self.client_logged(at, &event),
                        Role::Server => self.server_logged(at, &event),
                    }
                }
                Seen::Printed(line) => self.printed(at, &line),
                Seen::Exited(role) => {
                    if self.killed != Some(role) && self.last_words(role).is_none() {
                        let text = mem::take(&mut self.last_message);
                        let reason = "failed".to_owned();
                        self.ended(role, LastWords { at, reason, finding: None, text });
                    }
                }
            }
        }
    }

    fn client_logged(&mut self, at: Duration, event: &Logged) {
        match event.name() {
            "connected" => self.client_connected(at, event),
            "connection_ended" | "reconnecting" | "connecting" | "connect_failed" | "back" => {
                self.session_logged(at, event);
            }
            "heartbeat_sent" => {
                let retry = event.u64("retry").unwrap_or_default();
                if retry > 0 {
                    let unanswered = event.u64("unanswered").unwrap_or_default();
                    self.mark(at, Role::Client, format!("retry {retry} ({unanswered} unanswered)"));
                }
                if self.is_unread() {
                    self.message(at, Role::Client, HEARTBEAT);
                }
            }
            "heartbeat_unsent" => {
                let why = event.str("why").unwrap_or_default();
                self.mark(at, Role::Client, format!("heartbeat not sent: {why}"));
            }
            "heartbeat_answered" if self.view == View::Direct => {
                self.message(at, Role::Server, ACKNOWLEDGEMENT);
            }
            "probe_answered" => self.mark(at, Role::Client, "probe answered"),
            "ended" | "failed" => self.logged_end(at, Role::Client, event),
            _ => {}
        }
    }

    fn logged_end(&mut self, at: Duration, role: Role, event: &Logged) {
        self.ended(role, LastWords::new(at, event));
    }

    fn ended(&mut self, role: Role, words: LastWords) {
        let is_lost = self.view == View::Direct && self.is_cut;
        let lost = if is_lost { " (its end of stream is lost)" } else { "" };
        self.mark(words.at, role, format!("ended: {}{lost}", words.reason.replace('_', " ")));
        match role {
            Role::Client => self.client.get_or_insert(words),
            Role::Server => self.server.get_or_insert(words),
        };
    }

    fn message(&mut self, at: Duration, from: Role, bytes: &[u8]) {
        let fate = if self.is_cut { Fate::Lost } else { Fate::Arrived };
        self.add(at, What::Message { from, content: Content::Bytes(bytes.to_vec()), fate });
    }

    /// Where the queue is shown its moves alone are told: a mark would not say which of several
    /// clients it is about.
    fn mark(&mut self, at: Duration, role: Role, text: impl Into<String>) {
        if self.view != View::Queue {
            self.add(at, What::Mark { role, text: text.into() });
        }
    }

    fn add(&mut self, at: Duration, what: What) {
        self.events.push(Event { at, what });
    }
}
