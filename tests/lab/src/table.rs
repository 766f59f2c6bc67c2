//! The matrix as a table: a row for each fault and side that is there to notice it, a column
//! for each mode. A cell tells after how long it was noticed and by what; the reason, where
//! the side gave one; and in brackets what was predicted.

use std::{collections::BTreeSet, time::Duration};

use comfy_table::{ContentArrangement, Table, presets};
use common::console::Seconds;
use serde_json::Value;

use super::{
    event::Side,
    matrix::{Cell, FAULTS, MODES},
    predict::notice::Window,
    scene::by_name,
};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With lines, for a terminal of so many columns, or for the one that is there.
    Terminal(Option<u16>),
    /// As Markdown has tables.
    Markdown,
}

/// The table.
#[must_use]
pub fn table(cells: &[Cell], form: Form) -> String {
    let mut table = Table::new();
    let (preset, line_break) = match form {
        Form::Terminal(_) => (presets::UTF8_FULL_CONDENSED, "\n"),
        Form::Markdown => (presets::ASCII_MARKDOWN, "<br>"),
    };
    table.load_preset(preset);
    if let Form::Terminal(columns) = form {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        columns.map(|columns| table.set_width(columns));
    }
    table.set_header(["what happens", "who notices"].iter().chain(&MODES));
    for fault in FAULTS {
        let cells: Vec<&Cell> = cells.iter().filter(|cell| cell.fault == fault).collect();
        for side in by_name(fault).iter().flat_map(|scene| scene.plot.witnesses()) {
            let figures = cells.iter().map(|cell| figure(cell, *side, line_break));
            table.add_row([fault.replace('-', " "), side.to_string()].into_iter().chain(figures));
        }
    }
    let refused: BTreeSet<_> =
        cells.iter().filter_map(|cell| cell.outcome.as_ref().err()).collect();
    let notes = refused.into_iter().map(|reason| format!("\n\n{NOT_PLAYED}: {reason}"));
    [table.to_string()].into_iter().chain(notes).collect()
}

/// What stands in a cell that the system refused; the reason stands below the table.
const NOT_PLAYED: &str = "not played";

/// What was measured, why, and in brackets what was predicted.
fn figure(cell: &Cell, side: Side, line_break: &str) -> String {
    let Ok(outcome) = &cell.outcome else { return NOT_PLAYED.to_owned() };
    let witnesses = outcome["witnesses"].as_array().map_or(&[][..], Vec::as_slice);
    let is_it = |witness: &&Value| witness["side"] == side.to_string();
    let Some(witness) = witnesses.iter().find(is_it) else { return String::new() };
    let observed = &witness["observed"];
    let measured = match observed["by"].as_str() {
        Some(by) => format!("{} {by}", Seconds(duration(&observed["after_s"]))),
        None => format!("not within {}", Seconds(duration(&outcome["watched_s"]))),
    };
    let ways = witness["predicted"].as_array().map_or(&[][..], Vec::as_slice);
    let predicted = match ways {
        [] => "never".to_owned(),
        [way] if way["by"] == observed["by"] => window(way),
        ways => ways.iter().map(window_and_way).collect::<Vec<_>>().join(", "),
    };
    let reason = observed["reason"].as_str().unwrap_or_default();
    let mut lines = vec![measured, reason.to_owned(), format!("({predicted})")];
    lines.retain(|line| !line.is_empty());
    if witness["as_predicted"] != true {
        lines.push("NOT AS PREDICTED".to_owned());
    }
    lines.join(line_break)
}

fn window_and_way(way: &Value) -> String {
    format!("{} {}", window(way), way["by"].as_str().unwrap_or_default())
}

fn window(way: &Value) -> String {
    let [earliest, latest] = ["earliest_s", "latest_s"].map(|name| duration(&way[name]));
    Window { earliest, latest }.told(Seconds)
}

fn duration(seconds: &Value) -> Duration {
    Duration::try_from_secs_f64(seconds.as_f64().unwrap_or_default()).unwrap_or_default()
}
