//! The report in words.

use std::{fmt::Write as _, time::Duration};

use common::words::Count;

use super::{
    fate::{Look, When},
    plan::Plan,
    report::Report,
    verdict::{Deaths, Verdict, rounded_down},
};
use crate::{draw::hanging, settings::in_one_word};

/// What the run is about to do.
pub fn announcement(server: &str, plan: Plan, columns: usize) -> String {
    let [from, to, beat] = [plan.from, plan.to, plan.beat()].map(in_one_word);
    let longest = in_one_word(plan.to + plan.retry_interval);
    let connections = Count(plan.silences().len() as u64, "connection");
    let announcement = format!(
        "{connections} to {server} stay silent, each for its own time from {from} to {to}, and \
         then send one heartbeat. A control connection beats every {beat}. This takes {longest} \
         at most."
    );
    hanging("", &announcement, columns)
}

impl Report {
    /// The whole report, in lines of at most so many columns.
    pub fn text(&self, columns: usize) -> String {
        let mut text = String::new();
        let mut paragraph = |before: &str, words: &str| {
            let _ = writeln!(text, "{}", hanging(before, words, columns));
        };
        paragraph("", &self.headline());
        if self.verdict.is_ok() {
            self.deaths.iter().for_each(|deaths| paragraph("  ", &self.in_words(deaths)));
        }
        if let Some(held_up) = self.held_up {
            let effect = match self.verdict {
                Ok(_) => {
                    "Silences that ended meanwhile were longer than planned; the times are true."
                }
                Err(_) => "The control connection was silent meanwhile, too.",
            };
            let held_up = span(held_up);
            let stopped = format!(
                "This process was held up for {held_up}: it was stopped, or the machine was busy. \
                 {effect}"
            );
            paragraph("", &stopped);
        }
        if let Ok(verdict) = &self.verdict {
            self.advice(verdict).iter().for_each(|advice| paragraph("", advice));
        }
        text
    }

    /// The verdict in one sentence.
    pub(super) fn headline(&self) -> String {
        match &self.verdict {
            Err(void) => {
                let known = self.longest.map_or_else(String::new, |longest| {
                    format!(" Until then silences of up to {} were answered.", span(longest))
                });
                format!("void after {}: {}.{known}", span(void.at), void.why)
            }
            Ok(Verdict::Limit { answered, dead }) => {
                format!("answers after {}, dead after {}", span(*answered), span(*dead))
            }
            Ok(Verdict::BelowFrom { dead }) => format!("dead after {} already", span(*dead)),
            Ok(Verdict::NoLimit { .. }) => format!("no limit up to {}", spaced(self.plan.to)),
            Ok(Verdict::Contradiction { dead, answered, below }) => {
                let below = below.map_or_else(String::new, |below| {
                    format!(" All silences up to {} were answered.", span(below))
                });
                format!(
                    "no verdict: dead after {}, but another connection answers after {}. Several \
                     paths or servers may have limits of their own, or one of them failed during \
                     the run.{below}",
                    span(*dead),
                    span(*answered)
                )
            }
        }
    }

    fn in_words(&self, deaths: &Deaths) -> String {
        let Deaths { look, when, connections, earliest, latest } = deaths;
        let connections = Count(*connections as u64, "connection");
        let [first, last] = [*earliest, *latest].map(span);
        let after = if first == last { first } else { format!("{first} to {last}") };
        match (look, when) {
            (Look::NoAnswer, _) => format!(
                "silence: no answer to the next byte within {} ({connections}, after {after})",
                in_one_word(self.plan.retry_interval)
            ),
            (look, When::DuringSilence) => {
                format!("{look} during the silence ({connections}, after {after})")
            }
            (look, When::AtNextByte) => {
                format!("{look} at the next byte ({connections}, after {after})")
            }
        }
    }

    fn advice(&self, verdict: &Verdict) -> Vec<String> {
        let mut advice = Vec::new();
        let retry_interval = in_one_word(self.plan.retry_interval);
        let known = verdict.answered().filter(|_| self.is_valid());
        match (known, self.idle_to_use()) {
            (Some(known), Some(idle)) => {
                let idle = in_one_word(idle);
                advice.push(format!(
                    "Use --idle {idle} or less: that is two retry intervals of {retry_interval} \
                     below the longest silence that was answered, so a lost heartbeat is repeated \
                     in time. To check it with your other flags, and with the server's --timeout: \
                     lab predict --idle {idle} --retry-interval {retry_interval} --middlebox {}",
                    in_one_word(rounded_down(known))
                ));
            }
            (Some(known), None) => advice.push(format!(
                "There is no --idle to use: two retry intervals of {retry_interval} have no room \
                 below {}. With --retry-interval {} or less there is room.",
                span(known),
                in_one_word(rounded_down(known / 3).max(Duration::from_millis(1)))
            )),
            (None, _) => {}
        }
        advice.push(match verdict {
            Verdict::NoLimit { .. } => {
                "The server's own --timeout is such a limit, too, and it is longer.".to_owned()
            }
            _ => format!(
                "The server's own --timeout is such a limit, too. It ends a silent connection with \
                 an end of stream{}.",
                if self.has_silent_end() {
                    ", as here: this may be the server, or something on the path"
                } else {
                    "; none came here"
                }
            ),
        });
        advice
    }

    fn has_silent_end(&self) -> bool {
        let is_end = |deaths: &Deaths| {
            deaths.look == Look::EndOfStream && deaths.when == When::DuringSilence
        };
        self.deaths.iter().any(is_end)
    }
}

/// A measured time, to three digits: `0.7 s`, `2.87 s`, `240 s`.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let decimals = match seconds {
        100.0.. => 0,
        10.0.. => 1,
        1.0.. => 2,
        _ => 3,
    };
    let digits = format!("{seconds:.decimals$}");
    let digits = match digits.split_once('.') {
        Some(_) => digits.trim_end_matches('0').trim_end_matches('.'),
        None => &digits,
    };
    format!("{digits} s")
}

/// A time as it was given: `10 m`, `1 m 30 s`.
fn spaced(duration: Duration) -> String {
    let text = humantime::format_duration(duration).to_string();
    let mut spaced = String::new();
    for character in text.chars() {
        if character.is_alphabetic() && spaced.ends_with(|last: char| last.is_ascii_digit()) {
            spaced.push(' ');
        }
        spaced.push(character);
    }
    spaced
}
