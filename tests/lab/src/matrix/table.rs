//! The matrix as a table: a row for each fault and each end that is left, a column for each mode.
//! A cell says after how long the fault was detected and by what means, what the log says about
//! the other end, the prediction in brackets, and the deviation from it.

use std::collections::BTreeSet;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use common::words::Seconds;

use super::{Cell, FAULTS, MODES};
use crate::{compare::Comparison, event::Role, run::Summary, scene::Scene};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Terminal(u16),
    Markdown,
}

/// The columns of `retransmission)`, so that no cell breaks a word.
const LONGEST_WORD: u16 = 15;

/// The columns that a terminal must have for that.
pub const NARROWEST: u16 = 80;

pub fn table(cells: &[Cell], form: Form) -> String {
    let mut table = Table::new();
    let line_break = match form {
        Form::Terminal(columns) => {
            table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(columns.max(NARROWEST));
            "\n"
        }
        Form::Markdown => {
            table.load_preset(presets::ASCII_MARKDOWN);
            "<br>"
        }
    };
    table.set_header(["what happens", MODES[0].0, MODES[1].0, MODES[2].0, MODES[3].0]);
    for fault in FAULTS {
        let cells: Vec<&Cell> = cells.iter().filter(|cell| cell.fault == fault).collect();
        for &role in Scene::by_name(fault).expect("it is a scene's name").plan.survivors() {
            let heading = format!("{}{line_break}→ {role}", fault.replace('-', " "));
            let figures = cells.iter().map(|cell| figure(cell, role, line_break));
            table.add_row([heading].into_iter().chain(figures));
        }
    }
    if let Form::Terminal(_) = form {
        for column in table.column_iter_mut() {
            column.set_padding((0, 0)); // the lines between the columns are blanks
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(LONGEST_WORD)));
        }
    }
    let refused: BTreeSet<_> = cells.iter().filter_map(|cell| cell.refused.as_deref()).collect();
    let mut notes: Vec<_> =
        refused.into_iter().map(|reason| format!("{NOT_PLAYED}: {reason}")).collect();
    notes.extend(cells.iter().filter_map(again));
    [table.to_string()].into_iter().chain(notes).collect::<Vec<_>>().join("\n")
}

/// What stands in a cell that the system refused. The reason stands below the table.
const NOT_PLAYED: &str = "not played";

/// What was measured, why, and in brackets what was predicted.
fn figure(cell: &Cell, role: Role, line_break: &str) -> String {
    let Some(summary) = &cell.summary else { return NOT_PLAYED.to_owned() };
    let Some(end) = summary.ends.iter().find(|end| end.role == role) else { return String::new() };
    let mut lines = match &end.observed {
        Some(observed) => {
            let measured = format!("{:.2}s {}", observed.after.as_secs_f64(), observed.means());
            vec![measured, observed.finding_in_words().to_owned()]
        }
        None => vec![format!("not within {}", Seconds(summary.watched))],
    };
    lines.push(format!("{} ({})", end.deviation(), predicted(end)).trim_start().to_owned());
    if !end.as_predicted {
        lines.push("NOT AS PREDICTED".to_owned());
    }
    lines.retain(|line| !line.is_empty());
    lines.join(line_break)
}

/// The prediction. The means is left out where it is the one that was observed.
fn predicted(end: &Comparison) -> String {
    let observed = end.observed.as_ref().and_then(|observed| observed.by);
    let ways = end.predicted.iter().map(|way| match way.window().when(Seconds) {
        span if end.predicted.len() == 1 && Some(way.by) == observed => span,
        span => format!("{span} {}", way.by),
    });
    let ways: Vec<_> = ways.collect();
    if ways.is_empty() { "never".to_owned() } else { ways.join(", ") }
}

/// That a cell was played again, and what its first run showed.
fn again(cell: &Cell) -> Option<String> {
    let Summary { watched, ends, .. } = cell.first_try.as_ref()?;
    let failed = ends.iter().filter(|end| !end.as_predicted);
    let failed: Vec<_> = failed
        .map(|end| format!("{} {}, {}", end.role, end.measured(*watched), end.verdict()))
        .collect();
    let result = if cell.failed() { "and failed again" } else { "and came as predicted" };
    Some(format!(
        "{} with {}: played once more alone, {result}; the first run: {}",
        cell.fault,
        cell.mode,
        failed.join(", ")
    ))
}
