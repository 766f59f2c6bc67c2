//! A case: something was broken, and somebody may notice. What did the learner say, what does the
//! rule say, and how was it?

use std::{fmt, time::Duration};

use common::words::Seconds;

use crate::{
    event::Role,
    live::input::{Deed, Who},
    predict::{detection::detections, fault::Fault},
    settings::Settings,
};

/// A fault that nobody has noticed yet, and one client's connection, about which the question is.
#[derive(Debug, Clone)]
pub struct Case {
    pub client: String,
    /// When it was broken.
    pub at: Duration,
    /// What broke it.
    pub deed: Deed,
    /// What it takes to end the fault.
    pub undone_by: Option<Deed>,
    /// What the rule says: the ends that may be the first to notice. Empty if nobody notices.
    pub rule: Vec<Answer>,
    pub guess: Option<Answer>,
}

/// Who notices first, and after how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Nobody,
    Noticed {
        by: Role,
        earliest: Duration,
        latest: Duration,
    },
    /// A guess without a time.
    Sometime(Role),
}

impl Case {
    /// The case that this deed opens about the connection of `client`, whose settings these are.
    /// `in_flight` says whether bytes of the client are unacknowledged. `None` if the deed breaks
    /// nothing of it.
    pub fn new(
        deed: &Deed,
        at: Duration,
        client: &str,
        settings: &Settings,
        in_flight: bool,
    ) -> Option<Self> {
        let on_client = |who: &Who| *who == Who::Client(client.to_owned());
        let idle = if in_flight { Fault::CutWriting } else { Fault::CutIdle };
        let (fault, undone_by): (&[(Role, Fault)], _) = match deed {
            Deed::Stop { who: Who::Server } => {
                (&[(Role::Client, Fault::Stopped)], Some(Deed::Continue { who: Who::Server }))
            }
            Deed::Stop { who } if on_client(who) => {
                (&[(Role::Server, Fault::Stopped)], Some(Deed::Continue { who: who.clone() }))
            }
            Deed::Kill { who: Who::Server } => (&[(Role::Client, Fault::Killed)], None),
            Deed::Kill { who } if on_client(who) => (&[(Role::Server, Fault::Killed)], None),
            Deed::Reset { client: reset } if reset == client => {
                (&[(Role::Client, Fault::Reset), (Role::Server, Fault::Reset)], None)
            }
            Deed::Deafen { client: deaf } if deaf == client => (
                &[(Role::Server, Fault::NotReading)],
                Some(Deed::Undeafen { client: client.to_owned() }),
            ),
            Deed::Cut => {
                (&[(Role::Client, idle), (Role::Server, Fault::CutIdle)][..], Some(Deed::Mend))
            }
            _ => return None,
        };
        let rule = fault.iter().filter_map(|(by, fault)| {
            let ways = detections(settings, *by, *fault);
            let earliest = ways.iter().map(|way| way.earliest).min();
            let latest = ways.iter().map(|way| way.latest).max();
            earliest.zip(latest).map(|(earliest, latest)| (*by, earliest, latest))
        });
        let rule: Vec<_> = rule.collect();
        let first = rule.iter().map(|(.., latest)| *latest).min().unwrap_or_default();
        let may_be_first = rule.into_iter().filter(|(_, earliest, _)| *earliest <= first);
        let rule = may_be_first
            .map(|(by, earliest, latest)| Answer::Noticed { by, earliest, latest })
            .collect();
        let (client, deed) = (client.to_owned(), deed.clone());
        Some(Self { client, at, deed, undone_by, rule, guess: None })
    }

    /// How the case came out: who noticed at `at`, or that nobody did before the fault ended.
    pub fn outcome(&self, noticed: Option<Role>, at: Duration) -> String {
        let after = at.saturating_sub(self.at);
        let said = self.guess.map_or_else(String::new, |guess| format!("you said: {guess} · "));
        let rule: Vec<_> = self.rule.iter().map(ToString::to_string).collect();
        let rule = if rule.is_empty() { Answer::Nobody.to_string() } else { rule.join(", or ") };
        let was = noticed.map_or_else(
            || format!("nobody, and the fault was over after {}", Seconds(after)),
            |by| Answer::Noticed { by, earliest: after, latest: after }.to_string(),
        );
        format!("{}: {said}the rule said: {rule} · it was: {was}", self.client)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Nobody => f.write_str("nobody"),
            Self::Sometime(by) => write!(f, "the {by}"),
            Self::Noticed { by, latest, .. } if latest < Duration::from_millis(50) => {
                write!(f, "the {by}, at once")
            }
            Self::Noticed { by, earliest, latest } if earliest == latest => {
                write!(f, "the {by}, after {}", Seconds(latest))
            }
            Self::Noticed { by, earliest, latest } => {
                write!(f, "the {by}, after {} to {}", Seconds(earliest), Seconds(latest))
            }
        }
    }
}

/// The question that is open after a deed: who notices first, and after how long? It is answered
/// with `c`, `s` or `n`, a number of seconds, and Enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The case that it is about, by the moment of its deed.
    pub about: Duration,
    pub client: String,
    /// `None` until a key names somebody; then the end that notices, or `None` for nobody.
    pub who: Option<Option<Role>>,
    /// The seconds, as typed so far.
    pub seconds: String,
}

impl Question {
    pub fn about(case: &Case) -> Self {
        Self { about: case.at, client: case.client.clone(), who: None, seconds: String::new() }
    }

    /// The answer as it stands.
    pub fn answer(&self) -> Option<Answer> {
        let seconds = self.seconds.parse().ok().and_then(|it| Duration::try_from_secs_f64(it).ok());
        Some(match (self.who?, seconds) {
            (None, _) => Answer::Nobody,
            (Some(by), None) => Answer::Sometime(by),
            (Some(by), Some(after)) => Answer::Noticed { by, earliest: after, latest: after },
        })
    }
}
