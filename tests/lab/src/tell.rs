//! A scene told to a person, and to a program.

use std::{
    io::{self, Write},
    time::Duration,
};

use comfy_table::{ContentArrangement, Table, presets};
use common::console::Seconds;
use serde_json::{Value, json};

use super::{
    diagram::{Colour, Diagram},
    event::{Event, Side},
    play::{Outcome, Witness, play},
    plot::{Breakage, Plot},
    predict::{
        notice::Noticed,
        warnings::{Kind, Warning, warnings},
    },
    readable::hanging,
    scene::Scene,
    settings::Settings,
    verdict::reason,
};

/// Columns of a terminal that everything fits into.
const WIDTH: usize = 79;

/// Plays a scene before the person's eyes, and says what was predicted and what came.
///
/// # Errors
/// When the output does not take it.
pub fn tell(scene: &Scene, settings: &Settings, out: &mut impl Write) -> io::Result<Outcome> {
    writeln!(out, "{}\n{}\n", scene.title, "=".repeat(scene.title.chars().count()))?;
    writeln!(out, "{}", hanging("", scene.sentence(settings), WIDTH))?;
    for (side, noticed) in scene.plot.predicted(settings) {
        let what = if noticed.is_empty() { "nothing" } else { &ways(&noticed) };
        let line = format!("The {side} should notice {what}.");
        writeln!(out, "{}", hanging("  ", &line, WIDTH))?;
    }
    for Warning { kind, text } in warnings(settings) {
        if kind == Kind::EvictsTheHealthy {
            writeln!(out, "{}", hanging("  ", &format!("But {text}."), WIDTH))?;
        }
    }
    writeln!(out)?;
    let sides = [("server", settings.server_arguments()), ("client", settings.client_arguments())];
    for (side, arguments) in sides {
        writeln!(out, "{}", hanging(&format!("  {side} "), &arguments.join(" "), WIDTH))?;
    }
    writeln!(out)?;

    let mut diagram = Diagram::new(scene.plot.idle(), Colour::of_stdout());
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
        writeln!(out, "{}", hanging(&format!("  {side}: "), words, WIDTH))?;
    }
    writeln!(out, "\n{}\n", verdicts(&outcome))?;
    Ok(outcome)
}

/// What was predicted for each witness and what came, side by side.
fn verdicts(outcome: &Outcome) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(79).set_header(["", "predicted", "measured", ""]);
    for witness in &outcome.witnesses {
        let verdict = if witness.agrees { "as predicted" } else { "NOT AS PREDICTED" };
        let (predicted, measured) = (ways(&witness.predicted), measured(witness, outcome.watched));
        table.add_row([&format!("the {}", witness.side), &predicted, &measured, verdict]);
    }
    table.trim_fmt()
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
    let way = |noticed: &Noticed| match noticed.window.told(Seconds) {
        at_once if noticed.window.latest.is_zero() => format!("{at_once} by {}", noticed.by),
        span => format!("after {span} by {}", noticed.by),
    };
    match noticed {
        [] => "never".to_owned(),
        ways => ways.iter().map(way).collect::<Vec<_>>().join(" or "),
    }
}

/// How it was: `after 2.1s by heartbeat`.
fn measured(witness: &Witness, watched: Duration) -> String {
    match (&witness.observed, witness.by()) {
        (Some(observed), Some(by)) => format!("after {} by {by}", Seconds(observed.after)),
        _ => format!("not within {}", Seconds(watched)),
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
