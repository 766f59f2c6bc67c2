//! What was measured, held against what was predicted: at the bounds of what is taken for
//! agreement, and as the matrix's table.
#![cfg(unix)]

use std::{fs, path::Path, time::Duration};

use lab::{
    matrix::{Cell, FAULTS, MODES},
    predict::notice::{Notice, Noticed, Window},
    scene::by_name,
    story::LastWords,
    table::{Form, table},
    verdict::{By, Observed, agrees, reason},
};
use serde_json::{Value, json};

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Noticed by the heartbeat, 2 to 4 s after the fault.
fn predicted() -> Noticed {
    let window = Window { earliest: millis(2000), latest: millis(4000) };
    Noticed { by: Notice::Heartbeat, window }
}

fn observed(by: By, after: u64) -> Observed {
    let words = LastWords { at: millis(1000 + after), text: String::new() };
    Observed::new(by, &words, millis(1000))
}

#[test]
fn a_moment_agrees_from_half_a_second_before_to_ten_seconds_after() {
    // The kernel's timers may be an eighth late, too: 4 s + 0.5 s + 10 s.
    for (after, agreed) in [(1499, false), (1500, true), (14_500, true), (14_501, false)] {
        let observed = observed(By::Heartbeat, after);
        assert_eq!(agrees(&[predicted()], Some(&observed), millis(20_000)), agreed, "{after}");
    }
}

#[test]
fn another_way_does_not_agree() {
    let observed = observed(By::TimeOut, 3000);
    assert!(!agrees(&[predicted()], Some(&observed), millis(3000)));
    let by_time_out = Noticed { by: Notice::TimeOut, ..predicted() };
    assert!(agrees(&[predicted(), by_time_out], Some(&observed), millis(3000)));
}

#[test]
fn nothing_agrees_with_never_and_with_what_was_not_yet_due() {
    assert!(agrees(&[], None, millis(8000)));
    assert!(!agrees(&[], Some(&observed(By::Heartbeat, 3000)), millis(8000)));
    assert!(agrees(&[predicted()], None, millis(1999)));
    assert!(!agrees(&[predicted()], None, millis(2000)));
}

#[test]
fn a_programs_end_tells_by_what() {
    for (exit_code, words, by) in [
        (3, "the server closed the connection", By::Closed),
        (4, "no byte for 2.5s", By::Heartbeat),
        (5, "the host no longer knows this connection: it was reset", By::Reset),
        (5, "the kernel gave up", By::Kernel),
        (1, "cannot connect", By::Other),
    ] {
        assert_eq!(By::of_client(Some(exit_code), words), by, "{words}");
    }
    for (words, by) in [
        ("closed by the client", By::Closed),
        ("evicted: silent for 3.0s", By::TimeOut),
        ("lost: the host no longer knows this connection: it was reset", By::Reset),
        ("lost: the kernel gave up", By::Kernel),
        ("failed: no memory", By::Other),
    ] {
        assert_eq!(By::of_server(words), by, "{words}");
    }
    assert_eq!(reason("… the network or the host is down; 1 line"), "network or host down");
    assert_eq!(reason("closed by the client"), "");
}

/// A cell in which each witness noticed as was predicted, by the heartbeat.
fn cell(fault: &'static str, mode: &'static str) -> Cell {
    let witness = |side: &lab::event::Side| {
        json!({
            "side": side.to_string(),
            "predicted": [{ "by": "heartbeat", "earliest_s": 1.5, "latest_s": 2.5 }],
            "observed": {
                "by": "heartbeat",
                "after_s": 2.26,
                "reason": "network or host down",
                "words": "…",
            },
            "as_predicted": true,
        })
    };
    let scene = by_name(fault).expect("a scene");
    let witnesses: Vec<_> = scene.plot.witnesses().iter().map(witness).collect();
    Cell { fault, mode, outcome: Ok(json!({ "witnesses": witnesses, "watched_s": 8.04 })) }
}

fn outcome(cell: &mut Cell) -> &mut Value {
    cell.outcome.as_mut().expect("it was played")
}

#[test]
fn a_cell_fails_with_any_of_its_witnesses() {
    let mut cell = cell("cut-idle", "both");
    assert!(!cell.failed());
    outcome(&mut cell)["witnesses"][1]["as_predicted"] = json!(false);
    assert!(cell.failed());
    *outcome(&mut cell) = json!({});
    assert!(cell.failed(), "it says nothing of any witness");
    cell.outcome = Err("refused".to_owned());
    assert!(!cell.failed());
}

/// Every fault in every mode, with each kind of cell among them.
fn recorded() -> Vec<Cell> {
    let all = FAULTS.iter().flat_map(|fault| MODES.iter().map(|mode| cell(fault, mode)));
    let mut cells: Vec<_> = all.collect();
    let place = |all: &[&str], name| all.iter().position(|it| *it == name).expect("it is one");
    let at = |fault, mode| place(&FAULTS, fault) * MODES.len() + place(&MODES, mode);
    let never = &mut outcome(&mut cells[at("server-stopped", "keepalive")])["witnesses"][0];
    (never["predicted"], never["observed"]) = (json!([]), Value::Null);
    let at_once = &mut outcome(&mut cells[at("client-killed", "both")])["witnesses"][0];
    at_once["predicted"] = json!([{ "by": "end of stream", "earliest_s": 0.0, "latest_s": 0.0 }]);
    at_once["observed"] = json!({ "by": "end of stream", "after_s": 0.0007, "reason": "" });
    let either = &mut outcome(&mut cells[at("cut-writing", "both, user time-out")])["witnesses"][0];
    either["predicted"] = json!([
        { "by": "user time-out", "earliest_s": 2.0, "latest_s": 2.5 },
        { "by": "heartbeat", "earliest_s": 2.5, "latest_s": 2.5 },
    ]);
    let failed = &mut outcome(&mut cells[at("reset", "heartbeat")])["witnesses"][1];
    failed["as_predicted"] = json!(false);
    failed["observed"]["by"] = json!("something else");
    cells[at("cut-idle", "heartbeat")].outcome = Err("this system refuses it".to_owned());
    cells
}

/// Fails if the table is not what this file beside the test holds. What was made is then
/// written elsewhere, to be looked at and, if it is right, copied.
fn assert_is(made: &str, file: &str) {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verdict").join(file);
    let found = Path::new(env!("CARGO_TARGET_TMPDIR")).join(file);
    let made = format!("{made}\n");
    if fs::read_to_string(&recorded).unwrap_or_default() != made {
        fs::write(&found, made).expect("the target directory can be written");
        panic!("{} is not {}", found.display(), recorded.display());
    }
}

#[test]
fn the_matrix_is_a_table_for_a_terminal() {
    assert_is(&table(&recorded(), Form::Terminal(Some(100))), "matrix.txt");
}

#[test]
fn the_matrix_is_a_table_in_markdown() {
    assert_is(&table(&recorded(), Form::Markdown), "matrix.md");
}
