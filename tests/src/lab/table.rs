//! The matrix as a table: a row for each fault and side that is there to notice it, a column
//! for each mode. A cell tells after how long it was noticed and by what; the reason, where
//! the side gave one; and in brackets what was predicted.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::Value;

use super::matrix::{Cell, FAULTS, MODES};

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// With lines, for a terminal.
    Terminal,
    /// As Markdown has tables.
    Markdown,
}

/// The table.
#[must_use]
pub fn table(cells: &[Cell], form: Form) -> String {
    let mut table = Table::new();
    let (preset, line_break) = match form {
        Form::Terminal => (presets::UTF8_FULL_CONDENSED, "\n"),
        Form::Markdown => (presets::ASCII_MARKDOWN, "<br>"),
    };
    table.load_preset(preset).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["what happens", "who notices"].iter().chain(&MODES));
    for fault in FAULTS {
        let cells: Vec<&Cell> = cells.iter().filter(|cell| cell.fault == fault).collect();
        for side in ["client", "server"] {
            if cells.iter().any(|cell| witness(cell, side).is_some()) {
                let figures = cells.iter().map(|cell| figure(cell, side, line_break));
                table
                    .add_row([fault.replace('-', " "), side.to_owned()].into_iter().chain(figures));
            }
        }
    }
    table.to_string()
}

fn witness<'a>(cell: &'a Cell, side: &str) -> Option<&'a Value> {
    let witnesses = cell.outcome.as_ref().ok()?["witnesses"].as_array()?;
    witnesses.iter().find(|witness| witness["side"] == side)
}

/// What was measured, why, and in brackets what was predicted.
fn figure(cell: &Cell, side: &str, line_break: &str) -> String {
    let outcome = match &cell.outcome {
        Ok(outcome) => outcome,
        Err(reason) => return format!("not played: {reason}"),
    };
    let Some(witness) = witness(cell, side) else { return String::new() };
    let observed = &witness["observed"];
    let measured = match observed["by"].as_str() {
        Some(by) => format!("{} {by}", seconds(&observed["after_s"])),
        None => format!("not in {}", seconds(&outcome["watched_s"])),
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

/// From when to when: `1.5s to 2.5s`.
fn window(way: &Value) -> String {
    match (seconds(&way["earliest_s"]), seconds(&way["latest_s"])) {
        (_, latest) if latest == "0.0s" => "at once".to_owned(),
        (earliest, latest) if earliest == latest => latest,
        (earliest, latest) => format!("{earliest} to {latest}"),
    }
}

fn seconds(value: &Value) -> String {
    format!("{:.1}s", value.as_f64().unwrap_or_default())
}
