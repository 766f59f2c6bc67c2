//! What a script can wait for: what the programs did, in the words of their logs (`docs/log.md`)
//! where they have one.

use std::fmt;

use crate::live::input::{TimerKind, Who};

/// Something that a program may do.
pub struct Word {
    pub name: &'static str,
    /// What the program did, after its name: `c1 sent a heartbeat`.
    pub said: &'static str,
    pub details: Details,
}

/// What may follow a word, to narrow it down.
pub enum Details {
    Nothing,
    OneOf(&'static [&'static str]),
    /// A text, which must follow.
    Text,
}

const CLIENT_REASONS: &[&str] = &[
    "complete",
    "server_closed",
    "wrong_reply",
    "unanswered",
    "reset",
    "gave_up",
    "aborted",
    "interrupted",
    "panicked",
    "failed",
    "gave_up_reconnecting",
];

/// The reasons for which the server evicts.
pub const EVICTIONS: &[&str] = &["silent", "not_reading", "host_silent"];

const SERVER_REASONS: &[&str] = &[
    "closed_by_client",
    "silent",
    "not_reading",
    "host_silent",
    "reset",
    "gave_up",
    "aborted",
    "server_stopped",
    "failed",
    "panicked",
];

/// The word for no timer.
pub const NO_TIMER: &str = "none";

/// The timers of the client's kernel.
const TIMERS: &[&str] = &[
    NO_TIMER,
    TimerKind::Retransmit.name(),
    TimerKind::Keepalive.name(),
    TimerKind::WindowProbe.name(),
    TimerKind::TimeWait.name(),
];

pub const WORDS: [Word; 15] = [
    // By the client's log.
    word("connected", "connected", Details::Nothing),
    word("heartbeat", "sent a heartbeat", Details::Nothing),
    word("answered", "got an answer to its heartbeat", Details::Nothing),
    word("disconnected", "lost its connection", Details::OneOf(CLIENT_REASONS)),
    word("back", "came back", Details::Nothing),
    word("ended", "ended", Details::OneOf(CLIENT_REASONS)),
    // By the server's log, about the client's connection.
    word("accepted", "was accepted by the server", Details::Nothing),
    word("touched", "moved to the back of the queue", Details::Nothing),
    word("probed", "was probed by the server", Details::Nothing),
    word("evicted", "was evicted", Details::OneOf(EVICTIONS)),
    word("server_ended", "was ended by the server", Details::OneOf(SERVER_REASONS)),
    // By what else the lab sees.
    word("printed", "printed", Details::Text),
    word("timer", "had another timer in its kernel", Details::OneOf(TIMERS)),
    word("exited", "exited", Details::Nothing),
    word("listening", "began to listen", Details::Nothing),
];

const fn word(name: &'static str, said: &'static str, details: Details) -> Word {
    Word { name, said, details }
}

/// What a line of a script waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    pub who: Who,
    /// The name of one of the [`WORDS`].
    pub what: &'static str,
    /// What follows the word. `None` takes everything.
    pub detail: Option<String>,
}

impl Wanted {
    /// Reads what follows the program's name.
    pub(super) fn parse(who: Who, text: &str) -> Result<Self, String> {
        let possible = || WORDS.map(|word| word.name).join(", ");
        let (name, detail) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let word = match WORDS.iter().find(|word| word.name == name) {
            None if name.is_empty() => {
                return Err(format!("it does not say what; possible: {}", possible()));
            }
            None => {
                return Err(format!(
                    "{name:?} is nothing that can be waited for; possible: {}",
                    possible()
                ));
            }
            Some(word) => word,
        };
        let of_server = ["listening", "exited"];
        if who == Who::Server && !of_server.contains(&name) {
            return Err(format!("the server is never {name}; possible: {}", of_server.join(", ")));
        }
        let detail = detail.trim();
        match word.details {
            Details::Text if detail.is_empty() => {
                return Err(format!("the text is missing after {name}"));
            }
            Details::Nothing if !detail.is_empty() => {
                return Err(format!("nothing may follow {name}: {detail:?}"));
            }
            Details::OneOf(details) if !detail.is_empty() && !details.contains(&detail) => {
                return Err(format!(
                    "{detail:?} may not follow {name}; possible: {}",
                    details.join(", ")
                ));
            }
            _ => {}
        }
        let detail = (!detail.is_empty()).then(|| detail.to_owned());
        Ok(Self { who, what: word.name, detail })
    }

    /// Whether this is what is waited for.
    pub fn is(&self, who: &Who, what: &str, detail: &str) -> bool {
        let is_eviction = self.what == "server_ended" && what == "evicted";
        let is_what = self.what == what || is_eviction;
        is_what && self.who == *who && self.detail.as_deref().is_none_or(|wanted| wanted == detail)
    }
}

/// What the program did: `sent a heartbeat`, `ended (unanswered)`.
pub struct Said<'a> {
    pub what: &'a str,
    pub detail: &'a str,
}

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = WORDS.iter().find(|word| word.name == self.what);
        f.write_str(word.map_or(self.what, |word| word.said))?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}
