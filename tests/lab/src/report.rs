//! Prints a run for a person.

use std::io::{self, Write};

use comfy_table::{ContentArrangement, Table, presets};
use common::{log::takes_colour, words::Seconds};

use crate::{
    draw::{
        hanging,
        terminal::{Colour, Diagram, NARROWEST, columns_of_stdout, stdout_width},
    },
    event::{Event, Role},
    predict::{
        fault::{Detection, Window},
        warnings::{Kind, warnings},
    },
    run::{Record, Summary, run},
    scene::{Outage, Plan, Scene},
    settings::Settings,
    view::View,
};

/// Runs a scene while the person watches, and prints the prediction and the measurement.
pub fn show(scene: &Scene, settings: &Settings, out: &mut impl Write) -> io::Result<Record> {
    let columns = columns_of_stdout();
    if stdout_width().is_some_and(|width| width < NARROWEST) {
        writeln!(out, "(A scene is drawn in {NARROWEST} columns, and this terminal has fewer.)")?;
    }
    writeln!(out, "{}", scene.title.to_uppercase())?;
    writeln!(out, "{}", hanging("", scene.text, columns))?;
    let (plan, view) = (scene.plan, scene.plan.view());
    let in_words =
        |(role, ways): (_, Vec<_>)| format!("{} {}", view.name_of(role), in_words(&ways));
    let mut predicted: Vec<_> = plan.predicted(settings).into_iter().map(in_words).collect();
    if plan.outage().is_some() {
        predicted.push(format!("back {}", back_in_words(plan.back(settings))));
    }
    writeln!(out, "{}", hanging("  Predicted: ", &predicted.join("; "), columns))?;
    for warning in warnings(settings, None) {
        if warning.kind == Kind::EvictsTheHealthy {
            writeln!(out, "{}", hanging("  WARNING: ", &warning.text, columns))?;
        }
    }
    for role in [Role::Server, Role::Client] {
        let flags = plan.arguments(settings, role).join(" ");
        writeln!(out, "{}", hanging(&format!("  {role} "), &flags, columns))?;
    }

    let colour = if takes_colour(&io::stdout()) { Colour::Ansi } else { Colour::Plain };
    let mut diagram = Diagram::new(view, columns, plan.silence_to_tell(), colour);
    for line in diagram.legend().into_iter().chain([diagram.header()]) {
        writeln!(out, "{line}")?;
    }
    let mut written = Ok(());
    let record = run(scene, settings, &mut |event: &Event| {
        for line in diagram.draw(event) {
            if written.is_ok() {
                written = writeln!(out, "{line}").and_then(|()| out.flush());
            }
        }
    });
    let record = record?;
    written?;

    for role in [Role::Client, Role::Server] {
        let words = record.observer.last_words(role);
        let words = words.map_or(no_words(plan, role), |words| &words.text);
        writeln!(out, "{}", hanging(&format!("{}: ", view.name_of(role)), words, columns))?;
    }
    writeln!(out, "{}", comparison(view, &record.summary, columns))?;
    Ok(record)
}

fn comparison(view: View, summary: &Summary, columns: usize) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(columns).unwrap_or(u16::MAX));
    table.set_header(["", "predicted", "measured", "deviation"]);
    for end in &summary.ends {
        table.add_row([
            view.name_of(end.role),
            in_words(&end.predicted),
            end.measured(summary.watched),
            end.verdict(),
        ]);
    }
    if let Some(back) = &summary.back {
        table.add_row([
            "back".to_owned(),
            back_in_words(back.predicted),
            back.measured(summary.watched),
            back.verdict(),
        ]);
    }
    table.trim_fmt()
}

fn no_words(plan: Plan, role: Role) -> &'static str {
    const KILLED: &str = "(no last words: it was killed)";
    match plan {
        Plan::Outage(Outage::Restart) if role == Role::Server => KILLED,
        Plan::Outage(Outage::Hang) if role == Role::Server => {
            "(no last words: the first one is stopped)"
        }
        Plan::StopOneOfThree if role == Role::Client => "(no last words: they are still connected)",
        Plan::Kill(killed) if killed == role => KILLED,
        Plan::Stop(stopped) if stopped == role => "(no last words: it is stopped)",
        _ => "(no last words: it is still connected)",
    }
}

fn back_in_words(window: Option<Window>) -> String {
    window.map_or_else(|| "never".to_owned(), |window| window.when(Seconds))
}

/// The ways in which a fault may be detected: `2.0s to 3.0s by heartbeat`.
fn in_words(ways: &[Detection]) -> String {
    let way = |way: &Detection| format!("{} by {}", way.window().when(Seconds), way.by);
    match ways {
        [] => "never".to_owned(),
        ways => ways.iter().map(way).collect::<Vec<_>>().join(" or "),
    }
}
