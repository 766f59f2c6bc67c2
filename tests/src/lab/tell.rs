//! A scene told to a person, and to a program.

use std::{
    io::{self, Write},
    time::Duration,
};

use common::console::Seconds;
use serde_json::{Value, json};

use super::{
    diagram::{Colour, Diagram},
    event::{Event, Side},
    play::{Outcome, Witness, play},
    predict::notice::{Noticed, Window},
    scene::{Breakage, Plot, Scene},
    settings::Settings,
    verdict::reason,
};

/// A stretch without an event that is longer than this is told in a line.
pub const IDLE: Duration = Duration::from_millis(300);

/// Plays a scene before the person's eyes, and says what was predicted and what came.
///
/// # Errors
/// When the output does not take it.
pub fn tell(scene: &Scene, settings: &Settings, out: &mut impl Write) -> io::Result<Outcome> {
    writeln!(out, "{}\n{}\n", scene.title, "=".repeat(scene.title.chars().count()))?;
    writeln!(out, "{}", textwrap::fill(scene.sentence, 79))?;
    for line in prediction(scene.plot, settings) {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "\n  server {}", settings.server_arguments().join(" "))?;
    writeln!(out, "  client {}\n", settings.client_arguments().join(" "))?;

    let mut diagram = Diagram::new(IDLE, Colour::of_stdout());
    writeln!(out, "{}", diagram.header())?;
    let mut written = Ok(());
    let outcome = play(scene.plot, settings, &mut |event: &Event| {
        for line in diagram.draw(event) {
            if written.is_ok() {
                written = writeln!(out, "{line}").and_then(|()| out.flush());
            }
        }
    });
    written?;

    writeln!(out, "\nLast words")?;
    for (side, words) in &outcome.last_words {
        let words = words.as_ref().map_or(no_words(scene.plot, *side), |words| &words.text);
        let words =
            textwrap::fill(words, textwrap::Options::new(65).subsequent_indent("          "));
        writeln!(out, "  {side}: {words}")?;
    }
    writeln!(out, "\n  {:<13}{:<34}{:<32}", "", "predicted", "measured")?;
    for witness in &outcome.witnesses {
        let verdict = if witness.agrees { "as predicted" } else { "NOT AS PREDICTED" };
        let (predicted, measured) = (ways(&witness.predicted), measured(witness, outcome.watched));
        writeln!(out, "  the {:<7}  {predicted:<34}{measured:<32}{verdict}", witness.side)?;
    }
    writeln!(out)?;
    Ok(outcome)
}

fn prediction(plot: Plot, settings: &Settings) -> Vec<String> {
    let predicted = plot.predicted(settings);
    let line = |(side, noticed): (Side, Vec<Noticed>)| match noticed[..] {
        [] => format!("  The {side} should notice nothing."),
        _ => format!("  The {side} should notice {}.", ways(&noticed)),
    };
    predicted.into_iter().map(line).collect()
}

/// What stands for the last words of a side that has said none.
fn no_words(plot: Plot, side: Side) -> &'static str {
    match plot {
        Plot::Broken(Breakage::Killed(killed)) if killed == side => "(none: it was killed)",
        Plot::Broken(Breakage::Stopped(stopped)) if stopped == side => "(none: it is stopped)",
        _ => "(none: it is still connected)",
    }
}

/// The ways in which something may be noticed: `after 2.0s to 3.0s by heartbeat`.
fn ways(noticed: &[Noticed]) -> String {
    let way = |noticed: &Noticed| format!("{} by {}", seconds(noticed.window), noticed.by);
    match noticed {
        [] => "never".to_owned(),
        ways => ways.iter().map(way).collect::<Vec<_>>().join(" or "),
    }
}

fn seconds(Window { earliest, latest }: Window) -> String {
    match (Seconds(earliest), Seconds(latest)) {
        _ if latest.is_zero() => "at once".to_owned(),
        (_, at) if earliest == latest => format!("after {at}"),
        (from, to) => format!("after {from} to {to}"),
    }
}

/// How it was: `after 2.1s by heartbeat`.
fn measured(witness: &Witness, watched: Duration) -> String {
    match (&witness.observed, witness.by()) {
        (Some(observed), Some(by)) => format!("after {} by {by}", Seconds(observed.after)),
        _ => format!("not in {}", Seconds(watched)),
    }
}

/// What came of a scene, as one object.
#[must_use]
pub fn json(scene: &Scene, settings: &Settings, outcome: &Outcome) -> Value {
    let predicted = |noticed: &Noticed| {
        json!({
            "by": noticed.by.to_string(),
            "earliest_s": noticed.window.earliest.as_secs_f64(),
            "latest_s": noticed.window.latest.as_secs_f64(),
        })
    };
    let witnesses = outcome.witnesses.iter().map(|witness| {
        let observed = witness.observed.as_ref().map(|observed| {
            json!({
                "by": witness.by(),
                "after_s": observed.after.as_secs_f64(),
                "reason": reason(&observed.words),
                "words": observed.words,
            })
        });
        json!({
            "side": witness.side.to_string(),
            "predicted": witness.predicted.iter().map(predicted).collect::<Vec<_>>(),
            "observed": observed,
            "as_predicted": witness.agrees,
        })
    });
    json!({
        "scene": scene.name,
        "settings": settings.arguments(),
        "watched_s": outcome.watched.as_secs_f64(),
        "witnesses": witnesses.collect::<Vec<_>>(),
    })
}
