//! The result of a run, as data: the JSON object is made of it, and so is the text.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    fate::Fate,
    plan::Plan,
    verdict::{Deaths, Verdict, deaths, idle_to_use},
    void::Void,
    watch::{Silence, Watch},
};
use crate::settings::in_one_word;

#[derive(Debug)]
pub struct Report {
    pub(super) server: String,
    pub(super) plan: Plan,
    /// `Err` if the run is void.
    pub(super) verdict: Result<Verdict, Void>,
    pub(super) deaths: Vec<Deaths>,
    /// The longest silence that was answered, whatever the verdict.
    pub(super) longest: Option<Duration>,
    pub(super) held_up: Option<Duration>,
    silences: Vec<Silence>,
}

impl Report {
    /// The report on a run that is over, with the server's address as it was given.
    pub fn new(server: &str, plan: Plan, watch: Watch) -> Self {
        let silences = watch.silences;
        let answered = silences.iter().filter_map(|silence| match silence.fate {
            Fate::Answered { idle } => Some(idle),
            _ => None,
        });
        Self {
            server: server.to_owned(),
            plan,
            verdict: watch.void.map_or_else(|| Ok(Verdict::new(&silences)), Err),
            deaths: deaths(&silences),
            longest: answered.max(),
            held_up: watch.held_up,
            silences,
        }
    }

    /// Whether the run answers the question. One that is void or contradicts itself does not.
    pub fn is_valid(&self) -> bool {
        !matches!(self.verdict, Err(_) | Ok(Verdict::Contradiction { .. }))
    }

    /// The `--idle` to use, if the run tells it.
    pub(super) fn idle_to_use(&self) -> Option<Duration> {
        let verdict = self.verdict.as_ref().ok().filter(|_| self.is_valid())?;
        idle_to_use(verdict.answered()?, self.plan.retry_interval)
    }

    /// Everything as a JSON object. Durations are numbers of seconds.
    pub fn json(&self) -> Value {
        let seconds = |duration: Option<Duration>| duration.map(|it| it.as_secs_f64());
        let verdict = self.verdict.as_ref().ok();
        let void = self.verdict.as_ref().err();
        let deaths = self.deaths.iter().map(|deaths| {
            json!({
                "look": deaths.look,
                "when": deaths.when,
                "connections": deaths.connections,
                "earliest_s": deaths.earliest.as_secs_f64(),
                "latest_s": deaths.latest.as_secs_f64(),
            })
        });
        json!({
            "server": self.server,
            "from_s": self.plan.from.as_secs_f64(),
            "to_s": self.plan.to.as_secs_f64(),
            "retry_interval_s": self.plan.retry_interval.as_secs_f64(),
            "verdict": verdict.map_or("void", Verdict::name),
            "answered_s": seconds(verdict.map_or(self.longest, Verdict::answered)),
            "dead_s": seconds(verdict.and_then(Verdict::dead)),
            "deaths": deaths.collect::<Vec<_>>(),
            "idle": self.idle_to_use().map(in_one_word),
            "idle_s": seconds(self.idle_to_use()),
            "void": void.map(|void| void.why.name()),
            "void_after_s": seconds(void.map(|void| void.at)),
            "message": self.headline(),
            "held_up_s": seconds(self.held_up),
            "connections": self.silences.iter().map(connection).collect::<Vec<_>>(),
        })
    }
}

fn connection(silence: &Silence) -> Value {
    let planned_s = silence.planned.as_secs_f64();
    match &silence.fate {
        Fate::Silent => json!({ "planned_s": planned_s, "outcome": "silent" }),
        Fate::Asked { idle, .. } => {
            json!({ "planned_s": planned_s, "idle_s": idle.as_secs_f64(), "outcome": "asked" })
        }
        Fate::Answered { idle } => {
            json!({ "planned_s": planned_s, "idle_s": idle.as_secs_f64(), "outcome": "answered" })
        }
        Fate::Dead { idle, look, when } => json!({
            "planned_s": planned_s,
            "idle_s": idle.as_secs_f64(),
            "outcome": "dead",
            "look": look,
            "when": when,
        }),
    }
}
