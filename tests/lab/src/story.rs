//! From what the programs and the relay say to what happened: lines of the two logs become
//! marks, and, where no relay sees the bytes, messages.

use std::{
    collections::VecDeque,
    mem,
    time::{Duration, Instant},
};

use common::wire::{ACKNOWLEDGEMENT, HEARTBEAT};

use super::{
    event::{Content, Event, Fate, Side, What},
    note::{ANSWERED, Note, PROBE, Seen, put_in_order},
};

/// Where messages are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// By a relay, as they pass.
    Relayed,
    /// Nowhere, since a relay would falsify what is shown. The two logs tell of them.
    Direct,
    /// Nowhere: too many pass to be shown.
    Flooded,
}

/// What a side said last about the connection, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWords {
    /// The time since the run began.
    pub at: Duration,
    /// What it said.
    pub text: String,
}

const CONNECTED: &str = "connected to";

/// What the client says beside its heartbeats that is worth a mark.
const TOLD: [&str; 3] = [CONNECTED, "our own output is blocked", "the server's probe"];

/// A run's story so far.
pub struct Story {
    start: Instant,
    wire: Wire,
    cut: bool,
    killed: Option<Side>,
    typed: VecDeque<Vec<u8>>,
    client_said: String,
    /// All that happened.
    pub events: Vec<Event>,
    /// The client's last words, once it has ended.
    pub client: Option<LastWords>,
    /// The server's last words on the client's connection, once that has ended.
    pub server: Option<LastWords>,
    /// How often the server has read heartbeats.
    pub heartbeats: u32,
    /// How many of both sides have said that they are connected.
    pub connected: u8,
}

impl Story {
    /// A story that begins now.
    #[must_use]
    pub fn new(wire: Wire) -> Self {
        Self {
            start: Instant::now(),
            wire,
            cut: false,
            killed: None,
            typed: VecDeque::new(),
            client_said: String::new(),
            events: Vec::new(),
            client: None,
            server: None,
            heartbeats: 0,
            connected: 0,
        }
    }

    /// The time since it began.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// Something is done to the line or to a program.
    pub fn between(&mut self, text: &str) {
        self.add(self.now(), What::Between(text.to_owned()));
    }

    /// A program was killed: what it said last was not meant to be its last words.
    pub fn set_killed(&mut self, side: Side) {
        self.killed = Some(side);
    }

    /// Whether the line is cut from now on.
    pub fn set_cut(&mut self, cut: bool) {
        self.cut = cut;
    }

    /// Whether the line is cut.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    /// The client is given a line to send.
    pub fn typed(&mut self, line: &str) {
        match self.wire {
            Wire::Direct if self.cut => self.message(self.now(), Side::Client, line.as_bytes()),
            Wire::Direct => self.typed.push_back(line.as_bytes().to_vec()),
            Wire::Relayed | Wire::Flooded => {}
        }
    }

    /// Goes on with what was seen within a moment.
    pub fn take(&mut self, mut notes: Vec<Note>) {
        put_in_order(&mut notes);
        for Note { at, seen } in notes {
            let at = at.saturating_duration_since(self.start);
            match seen {
                Seen::Passed(from, content) => {
                    self.add(at, What::Message { from, content, fate: Fate::Arrived });
                }
                Seen::Said(Side::Client, line) => self.client_says(at, &line),
                Seen::Said(Side::Server, line) => self.server_says(at, &line),
                Seen::Ended(Side::Client) if self.killed == Some(Side::Client) => {}
                Seen::Ended(Side::Client) => {
                    let text = mem::take(&mut self.client_said);
                    self.mark(at, Side::Client, text.clone());
                    self.lost_end(at, Side::Client);
                    self.client = Some(LastWords { at, text });
                }
                Seen::Ended(Side::Server) => {}
            }
        }
    }

    fn client_says(&mut self, at: Duration, line: &str) {
        let text = said(line);
        text.clone_into(&mut self.client_said);
        let Some((number, rest)) = text.strip_prefix("heartbeat ").and_then(numbered) else {
            self.connected += u8::from(text.contains(CONNECTED));
            if TOLD.iter().any(|told| text.contains(told)) {
                self.mark(at, Side::Client, text.to_owned());
            }
            return;
        };
        if rest.starts_with(ANSWERED) {
            if self.wire == Wire::Direct {
                self.message(at, Side::Server, ACKNOWLEDGEMENT);
            }
            return;
        }
        let Some(so_far) = rest.strip_prefix("sent") else {
            return self.mark(at, Side::Client, text.to_owned());
        };
        let text = match number {
            1 => "idle: heartbeat 1".to_owned(),
            _ => format!("retry {}: heartbeat {number}{so_far}", number - 1),
        };
        self.mark(at, Side::Client, text);
        if self.wire == Wire::Direct && self.cut {
            self.message(at, Side::Client, HEARTBEAT);
        }
    }

    fn server_says(&mut self, at: Duration, line: &str) {
        let Some(text) = said(line).strip_prefix("conn-1 ") else { return };
        if text.starts_with("connected from") {
            self.connected += 1;
            self.mark(at, Side::Server, "connection accepted: into the queue".to_owned());
        } else if let Some(rest) = text.strip_prefix("heartbeat") {
            let beats = rest.trim_start_matches(" (").split(' ').next();
            let beats = beats.and_then(|beats| beats.parse().ok()).unwrap_or(1);
            self.heartbeats += 1;
            self.heard(at, &HEARTBEAT.repeat(beats));
        } else if text.starts_with("text ") {
            let line = self.typed.pop_front().unwrap_or_default();
            self.heard(at, &line);
            if self.wire == Wire::Direct {
                self.message(at, Side::Server, &line.to_ascii_uppercase());
            }
        } else if text.starts_with(PROBE) {
            self.mark(at, Side::Server, "silent: asked for a sign of life".to_owned());
            if self.wire == Wire::Direct {
                self.message(at, Side::Server, HEARTBEAT);
            }
        } else if !text.starts_with("keepalive") {
            self.mark(at, Side::Server, text.to_owned());
            self.lost_end(at, Side::Server);
            self.server = Some(LastWords { at, text: text.to_owned() });
        }
    }

    /// The server has read these bytes.
    fn heard(&mut self, at: Duration, bytes: &[u8]) {
        if self.wire == Wire::Direct {
            let content = Content::Bytes(bytes.to_vec());
            self.add(at, What::Message { from: Side::Client, content, fate: Fate::Arrived });
        }
        self.mark(at, Side::Server, "touched: to the back of the queue".to_owned());
    }

    fn message(&mut self, at: Duration, from: Side, bytes: &[u8]) {
        let fate = if self.cut { Fate::Lost } else { Fate::Arrived };
        self.add(at, What::Message { from, content: Content::Bytes(bytes.to_vec()), fate });
    }

    /// An end of stream that nobody but its sender knows of.
    fn lost_end(&mut self, at: Duration, from: Side) {
        if self.wire == Wire::Direct && self.cut {
            self.add(at, What::Message { from, content: Content::EndOfStream, fate: Fate::Lost });
        }
    }

    fn mark(&mut self, at: Duration, side: Side, text: String) {
        self.add(at, What::Mark { side, text });
    }

    fn add(&mut self, at: Duration, what: What) {
        self.events.push(Event { at, what });
    }
}

/// A line of a log without its time and level.
fn said(line: &str) -> &str {
    let text = line.split_once(' ').map_or(line, |(_, rest)| rest.trim_start());
    text.split_once(' ').map_or(text, |(_, rest)| rest)
}

fn numbered(text: &str) -> Option<(u32, &str)> {
    let (number, rest) = text.split_once(' ')?;
    Some((number.parse().ok()?, rest))
}
