//! The lab's scenes, through the real command: each is played, and comes as predicted.
//!
//! They wait far more than they work, so they are played side by side. Where the system
//! refuses network namespaces, those that need one are reported as ignored.

use std::{
    fs,
    process::{Command, Output},
};

use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use tests::{
    binaries::built,
    namespace,
    program::{Finished, Program},
    wait_until,
};

/// A scene, its settings, and each witness with what it noticed by, and why.
type Case =
    (&'static str, &'static str, &'static [(&'static str, Option<&'static str>, &'static str)]);

const CLOSED: Option<&str> = Some("end of stream");
const RESET: Option<&str> = Some("reset");
const HEARTBEAT: Option<&str> = Some("heartbeat");
const TIME_OUT: Option<&str> = Some("time-out");
const KEEPALIVE: Option<&str> = Some("keepalive");

const ANYWHERE: [Case; 11] = [
    ("kept-alive", "", &[("client", None, ""), ("server", None, "")]),
    ("kept-alive", "--probe 500ms", &[("client", None, ""), ("server", None, "")]),
    ("kept-alive", "--idle 5s", &[("client", CLOSED, ""), ("server", TIME_OUT, NOT_ASKED)]),
    ("client-stopped", "", &[("server", TIME_OUT, NOT_ASKED)]),
    ("client-stopped", "--probe 2s", &[("server", TIME_OUT, "client silent, host up")]),
    ("client-killed", "", &[("server", CLOSED, "")]),
    ("server-killed", "", &[("client", CLOSED, "")]),
    ("server-stopped", "", &[("client", HEARTBEAT, "service silent, host up")]),
    ("server-stopped", "--detect keepalive", &[("client", None, "")]),
    ("reset", "", &[("client", RESET, UNKNOWN), ("server", RESET, UNKNOWN)]),
    ("not-reading", "", &[("server", TIME_OUT, "not reading, host up")]),
];

const IN_A_NAMESPACE: [Case; 6] = [
    ("cut-idle", "", &[("client", HEARTBEAT, DOWN), ("server", TIME_OUT, NOT_ASKED)]),
    ("cut-idle", "--detect keepalive", &[("client", KEEPALIVE, DOWN), ("server", KEEPALIVE, DOWN)]),
    ("cut-healed", "", &[("client", None, ""), ("server", None, "")]),
    ("cut-healed", "--detect keepalive", &[("client", None, ""), ("server", None, "")]),
    ("cut-writing", "", &[("client", HEARTBEAT, DOWN), ("server", TIME_OUT, NOT_ASKED)]),
    (
        "cut-writing",
        "--detect keepalive --user-timeout 2s",
        &[("client", Some("user time-out"), DOWN), ("server", KEEPALIVE, DOWN)],
    ),
];

const NOT_ASKED: &str = "silent, host not asked";
const UNKNOWN: &str = "connection unknown";
const DOWN: &str = "network or host down";

fn main() {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(8);
    let refused = namespace::available().err();
    if !arguments.list {
        drop(built()); // before many want them at once
    }
    if let (Some(reason), false) = (&refused, arguments.list) {
        println!("ignored: this system refuses network namespaces: {reason}");
    }
    let cuts = IN_A_NAMESPACE.map(|case| played(case).with_ignored_flag(refused.is_some()));
    let others = [
        trial("a_scene_is_told_from_its_heading_to_its_verdict", a_scene_is_told),
        trial("a_picture_holds_what_passed", a_picture_holds_what_passed),
        trial("an_interrupted_scene_leaves_nothing_behind", an_interrupted_scene),
        trial("without_a_namespace_a_cut_says_so_and_why", without_a_namespace),
        trial("the_tour_goes_through_without_a_terminal", the_tour).with_ignored_flag(true),
        trial("every_cell_of_the_matrix_is_as_predicted", the_matrix).with_ignored_flag(true),
        trial("without_namespaces_the_matrix_says_why_the_cuts_are_empty", the_matrix_without)
            .with_ignored_flag(true), // each takes half a minute: -- --ignored
    ];
    let trials = ANYWHERE.map(played).into_iter().chain(cuts).chain(others).collect();
    libtest_mimic::run(&arguments, trials).exit();
}

fn trial(name: &str, test: fn()) -> Trial {
    Trial::test(name, move || {
        test();
        Ok(())
    })
}

fn lab(arguments: &str) -> Command {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.args(arguments.split_whitespace()).envs(built());
    lab
}

fn finished(lab: &mut Command) -> Finished {
    let mut lab = Program::start(lab);
    lab.close_stdin();
    lab.finish()
}

fn played(case: Case) -> Trial {
    let (scene, settings, expected) = case;
    let name = format!("{scene} {settings}");
    Trial::test(name.trim(), move || {
        let finished = finished(&mut lab(&format!("run {scene} --json {settings}")));
        let said: Value = serde_json::from_slice(&finished.stdout)
            .map_err(|error| format!("{error}: {}", finished.log.join("\n")))?;
        finished.expect_code(0);
        assert_eq!(said["scene"], scene);
        let witnesses = said["witnesses"].as_array().expect("its witnesses");
        assert_eq!(witnesses.len(), expected.len(), "{said:#}");
        for (witness, &(side, by, reason)) in witnesses.iter().zip(expected) {
            expect(witness, side, by, reason).map_err(|what| format!("{what}: {said:#}"))?;
        }
        Ok(())
    })
}

fn expect(witness: &Value, side: &str, by: Option<&str>, reason: &str) -> Result<(), String> {
    let (observed, predicted) = (&witness["observed"], &witness["predicted"]);
    let predicted: Vec<_> = predicted.as_array().into_iter().flatten().collect();
    let checks = [
        (witness["side"] == side, "another side"),
        (witness["as_predicted"] == true, "not as predicted"),
        (observed["by"].as_str() == by, "by something else"),
        (observed["reason"].as_str().unwrap_or_default() == reason, "for another reason"),
        (by.is_some() == observed["after_s"].is_f64(), "when"),
        (predicted.is_empty() == by.is_none(), "another prediction"),
        (by.is_none() || predicted.iter().any(|way| way["by"] == observed["by"]), "another way"),
    ];
    match checks.iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(format!("{side}: {what}")),
        None => Ok(()),
    }
}

fn a_scene_is_told() {
    let finished = finished(&mut lab("run server-stopped"));
    finished.expect_code(0);
    let text = String::from_utf8_lossy(&finished.stdout);
    let mut rest = &*text;
    for part in [
        "A server that hangs\n===================\n",
        "The server is stopped (SIGSTOP).",
        "  The client should notice after 1.5s to 2.5s by heartbeat.\n",
        "  server --timeout 3s --detect heartbeat\n",
        "  client --idle 1s --retry-interval 500ms --retries 2 --detect heartbeat\n",
        "     time client ",
        "├── \"hello\\n\" ─",
        "─ \"HELLO\\n\" ──┤",
        "● idle: heartbeat 1 ",
        "├── HeartBeat ─",
        "touched: to the back of the queue ●",
        "─ OK ──┤",
        " server stopped (SIGSTOP) ═",
        " in which nothing happens ",
        "● retry 2: heartbeat 3 (2 unanswered",
        "Last words\n  client: no byte for ",
        "  server: (none: it is stopped)\n",
        "predicted",
        "measured",
        "the client",
        "after 1.5s to 2.5s by",
        "as predicted\n",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} where it belongs:\n{text}"));
        rest = &rest[at + part.len()..];
    }
    assert!(!text.contains('\x1b'), "colours without a terminal");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{text}");
}

fn a_picture_holds_what_passed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run.svg");
    let mut lab = lab("run server-killed --svg");
    finished(lab.arg(&file)).expect_code(0);
    let picture = fs::read_to_string(&file).expect("the picture");
    let document = roxmltree::Document::parse(&picture).expect("it is well-formed");
    let texts: Vec<_> = document.descendants().filter_map(|node| node.text()).collect();
    for text in [
        "A server that is killed",
        "\"hello\\n\"",
        "\"HELLO\\n\"",
        "HeartBeat",
        "OK",
        "(end of stream)",
    ] {
        assert!(texts.iter().any(|found| found.trim() == text), "no {text} in {texts:?}");
    }
}

/// The process ids of a process's children that are in one of these states (proc(5)).
fn children(parent: u32, states: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").expect("proc(5)").flatten();
    let stats =
        processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    let of_parent = |stat: String| {
        let (before, after) = stat.rsplit_once(") ")?;
        let mut fields = after.split(' ');
        let (state, its_parent) = (fields.next()?, fields.next()?);
        (states.contains(state) && its_parent == parent.to_string())
            .then(|| before.split(' ').next().unwrap_or_default().to_owned())
    };
    stats.filter_map(of_parent).collect()
}

/// Whether a process is there, and not only its exit code.
fn lives(pid: &String) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with('Z'))
}

fn an_interrupted_scene() {
    let lab = Program::start(&mut lab("run server-stopped"));
    wait_until("the server is stopped", || !children(lab.pid(), "T").is_empty());
    let programs = children(lab.pid(), "TSRD");
    assert_eq!(programs.len(), 2);
    lab.signal(nix::sys::signal::Signal::SIGINT);
    lab.finish().expect_code(130);
    wait_until("both programs end", || !programs.iter().any(lives));
}

fn without_a_namespace() {
    let said = finished(lab("run cut-idle --json").env("PATH", ""));
    said.expect_code(0);
    let said: Value = serde_json::from_slice(&said.stdout).expect("an object");
    assert_eq!(said["scene"], "cut-idle");
    let reason = said["refused"].as_str().expect("a reason");
    assert!(
        reason.contains("a network that can be cut") && reason.contains("unshare: "),
        "{reason}"
    );
    let told = finished(lab("run cut-idle").env("PATH", ""));
    told.expect_code(0);
    assert!(String::from_utf8_lossy(&told.stdout).contains(reason));
    let played = finished(lab("run server-killed --json").env("PATH", ""));
    played.expect_code(0);
    assert!(String::from_utf8_lossy(&played.stdout).contains("\"as_predicted\":true"));
}

/// Runs what takes longer than the harness waits for anything.
fn output(lab: &mut Command) -> (Output, String) {
    let output = lab.output().expect("the lab runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    (output, said)
}

fn the_tour() {
    let (_, said) = output(&mut lab(""));
    for number in 1..=6 {
        assert!(said.contains(&format!("{number} of 6\n")), "{said}");
    }
    assert!(!said.contains("NOT AS PREDICTED"), "{said}");
    assert_eq!(
        said.matches("Last words").count(),
        if namespace::available().is_ok() { 6 } else { 4 }
    );
}

/// The cells, and whether each is of a cut.
fn cells(said: &str) -> Vec<(Value, bool)> {
    let cells: Vec<Value> =
        said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    assert_eq!(cells.len(), 8 * 4);
    let is_cut =
        |cell: &Value| cell["fault"].as_str().is_some_and(|fault| fault.starts_with("cut"));
    cells
        .into_iter()
        .map(|cell| (is_cut(&cell), cell))
        .map(|(is_cut, cell)| (cell, is_cut))
        .collect()
}

fn is_as_predicted(cell: &Value) -> bool {
    let witnesses = cell["outcome"]["witnesses"].as_array();
    witnesses.is_some_and(|all| all.iter().all(|witness| witness["as_predicted"] == true))
}

fn the_matrix() {
    let (_, said) = output(&mut lab("matrix --json"));
    let has_namespaces = namespace::available().is_ok();
    for (cell, is_cut) in cells(&said) {
        assert!(is_as_predicted(&cell) || is_cut && !has_namespaces, "{cell:#}");
    }
}

fn the_matrix_without() {
    let (_, said) = output(lab("matrix --json").env("PATH", ""));
    for (cell, is_cut) in cells(&said) {
        assert_eq!(is_as_predicted(&cell), !is_cut, "{cell:#}");
        let reason = cell["refused"].as_str().unwrap_or_default();
        assert_eq!(reason.contains("unshare: "), is_cut, "{cell:#}");
    }
}
