//! The tour and the matrix. Each takes half a minute.

use std::process::Command;

use serde_json::Value;
use tests::namespace;

use super::lab;

/// Runs a command that takes longer than the harness waits for anything.
fn output(lab: &mut Command) -> String {
    let output = lab.output().expect("the lab runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

pub(crate) fn the_tour() {
    let said = output(&mut lab(""));
    for number in 1..=6 {
        assert!(said.contains(&format!("{number} of 6: ")), "{said}");
    }
    assert!(!said.contains("NOT AS PREDICTED"), "{said}");
    assert_eq!(
        said.matches("measured").count(),
        if namespace::available().is_ok() { 6 } else { 4 }
    );
}

fn cells(said: &str) -> Vec<Value> {
    let cells: Vec<_> = said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(cells.len(), 8 * 4);
    cells
}

fn is_cut(cell: &Value) -> bool {
    cell["fault"].as_str().is_some_and(|fault| fault.starts_with("cut"))
}

fn is_as_predicted(cell: &Value) -> bool {
    let ends = cell["summary"]["ends"].as_array();
    ends.is_some_and(|all| all.iter().all(|end| end["as_predicted"] == true))
}

pub(crate) fn the_matrix() {
    let said = output(&mut lab("matrix --json"));
    let has_namespaces = namespace::available().is_ok();
    for cell in cells(&said) {
        assert!(is_as_predicted(&cell) || is_cut(&cell) && !has_namespaces, "{cell:#}");
    }
}

pub(crate) fn the_matrix_without() {
    let said = output(lab("matrix --json").env("PATH", ""));
    for cell in cells(&said) {
        assert_eq!(is_as_predicted(&cell), !is_cut(&cell), "{cell:#}");
        let reason = cell["refused"].as_str().unwrap_or_default();
        assert_eq!(reason.contains("not installed: unshare"), is_cut(&cell), "{cell:#}");
    }
}
