//! The matrix: which cells fail, and its tables.
#![cfg(unix)]

use std::{fs, path::Path, time::Duration};

use lab::{
    compare::Comparison,
    event::Role,
    matrix::{
        Cell, FAULTS, MODES,
        table::{Form, table},
    },
    observe::LastWords,
    predict::fault::{Detection, Means},
    run::Summary,
    scene::Scene,
};
use textwrap::core::display_width;

/// An end that lost its connection for this reason, 2.26 s after the fault.
fn end(role: Role, reason: &str, predicted: &[(Means, u64, u64)]) -> Comparison {
    let way = |&(by, earliest, latest)| {
        let [earliest, latest] = [earliest, latest].map(Duration::from_millis);
        Detection { by, earliest, latest }
    };
    let words = LastWords {
        at: Duration::from_millis(2260),
        reason: reason.to_owned(),
        finding: Some("nothing_asked".to_owned()),
        text: String::new(),
    };
    let predicted = predicted.iter().map(way).collect();
    Comparison::new(role, predicted, Some(&words), Duration::ZERO, Duration::from_secs(8))
}

const HEARTBEAT: (Means, u64, u64) = (Means::Heartbeat, 1500, 2500);

fn summary(fault: &str, end: impl Fn(Role) -> Comparison) -> Summary {
    let survivors = Scene::by_name(fault).expect("a scene").plan.survivors();
    Summary {
        scene: fault.to_owned(),
        settings: Vec::new(),
        watched: Duration::from_millis(8040),
        ends: survivors.iter().map(|&role| end(role)).collect(),
        back: None,
    }
}

/// A cell in which each end detected the fault as predicted, by the heartbeat.
fn cell(fault: &'static str, mode: &'static str) -> Cell {
    let summary = Some(summary(fault, |role| end(role, "unanswered", &[HEARTBEAT])));
    Cell { fault, mode, summary, refused: None, first_try: None }
}

fn ends(cell: &mut Cell) -> &mut Vec<Comparison> {
    &mut cell.summary.as_mut().expect("it was played").ends
}

#[test]
fn a_cell_fails_if_any_end_differs_from_its_prediction() {
    let mut cell = cell("cut-idle", "both");
    assert!(!cell.failed(), "both ends came as predicted");
    ends(&mut cell)[1] = end(Role::Server, "failed", &[HEARTBEAT]);
    assert!(cell.failed(), "the server failed");
    ends(&mut cell).clear();
    assert!(cell.failed(), "it says nothing about any end");
    (cell.summary, cell.refused) = (None, Some("this system refuses it".to_owned()));
    assert!(!cell.failed(), "a cell that was not played has not failed");
}

#[test]
fn a_cells_summary_is_the_same_after_json() {
    let summary = summary("cut-idle", |role| end(role, "unanswered", &[HEARTBEAT]));
    let json = serde_json::to_string(&summary).unwrap();
    assert_eq!(serde_json::from_str::<Summary>(&json).unwrap(), summary, "{json}");
}

/// Every fault in every mode, with each kind of cell among them.
fn recorded() -> Vec<Cell> {
    let all = FAULTS.iter().flat_map(|fault| MODES.iter().map(|(mode, _)| cell(fault, mode)));
    let mut cells: Vec<_> = all.collect();
    let mut change = |fault: &str, mode: &str, change: &dyn Fn(&mut Cell)| {
        change(
            cells.iter_mut().find(|cell| (cell.fault, cell.mode) == (fault, mode)).expect("a cell"),
        );
    };
    change("server-stopped", "keepalive", &|cell| {
        let never = |role| {
            let (zero, watched) = (Duration::ZERO, Duration::from_secs(8));
            Comparison::new(role, Vec::new(), None, zero, watched)
        };
        cell.summary = Some(summary(cell.fault, never));
    });
    change("cut-writing", "keepalive", &|cell| {
        let late = (Means::Retransmission, 924_600, 1_045_600);
        let Comparison { role, predicted, .. } = end(Role::Client, "gave_up", &[late]);
        let (zero, watched) = (Duration::ZERO, Duration::from_secs(8));
        ends(cell)[0] = Comparison::new(role, predicted, None, zero, watched);
    });
    change("cut-writing", "both, user timeout", &|cell| {
        let either = [(Means::UserTimeout, 2000, 2200), (Means::Heartbeat, 2500, 2500)];
        ends(cell)[0] = end(Role::Client, "gave_up", &either);
    });
    change("reset", "heartbeat", &|cell| {
        cell.first_try = Some(summary(cell.fault, |role| end(role, "failed", &[HEARTBEAT])));
        ends(cell)[1] = end(Role::Server, "failed", &[HEARTBEAT]);
    });
    change("client-killed", "both", &|cell| {
        let late = [(Means::Heartbeat, 500, 1000)];
        cell.first_try = Some(summary(cell.fault, |role| end(role, "unanswered", &late)));
    });
    change("cut-idle", "heartbeat", &|cell| {
        (cell.summary, cell.refused) = (None, Some("this system refuses it".to_owned()));
    });
    cells
}

/// Fails if the table differs from this file beside the test. The table is then written to the
/// target directory: look at it, and copy it if it is right.
fn assert_is(made: &str, file: &str) {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix").join(file);
    let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    let made = format!("{made}\n");
    if fs::read_to_string(&recorded).unwrap_or_default() != made {
        fs::write(&found, made).expect("the target directory can be written");
        panic!("the table {} differs from {}", found.display(), recorded.display());
    }
}

#[test]
fn the_matrix_is_a_table_for_a_terminal() {
    assert_is(&table(&recorded(), Form::Terminal(100)), "matrix.txt");
}

#[test]
fn the_matrix_is_a_table_in_markdown() {
    assert_is(&table(&recorded(), Form::Markdown), "matrix.md");
}

#[test]
fn a_narrow_table_breaks_no_word() {
    let words = |columns| {
        let table = table(&recorded(), Form::Terminal(columns));
        let (table, _) = table.split_once("\nnot played: ").expect("the notes stand below");
        assert!(table.lines().all(|line| display_width(line) <= columns.into()), "{table}");
        let mut words: Vec<_> = table.split_whitespace().map(str::to_owned).collect();
        words.retain(|word| !word.starts_with(['─', '═']));
        words.sort();
        words
    };
    let natural = words(300);
    for columns in [80, 90, 100, 120] {
        assert_eq!(words(columns), natural, "a word is broken at {columns} columns");
    }
}
