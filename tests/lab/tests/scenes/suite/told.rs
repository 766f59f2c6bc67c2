//! What a person gets to see, and what is left when they have seen enough.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tests::wait_until;

use super::{finished, lab};

pub(crate) fn a_scene_is_told() {
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
        " server stopped (SIGSTOP) ═",
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
    // On a busy machine a log's line may be seen much later than it was written.
    for part in [
        "● connected to 127.0.0.1:",
        "├── \"hello\\n\" ─",
        "─ \"HELLO\\n\" ──┤",
        "● idle: heartbeat 1 ",
        "├── HeartBeat ─",
        "touched: to the back of the queue ●",
        "─ OK ──┤",
        " in which nothing happens ",
    ] {
        assert!(text.contains(part), "no {part:?}:\n{text}");
    }
    assert!(!text.contains('\x1b'), "colours without a terminal");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{text}");
}

pub(crate) fn a_picture_holds_what_passed() {
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
    let found =
        processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    let of_parent = |stat: String| {
        let (before, after) = stat.rsplit_once(") ")?;
        let mut fields = after.split(' ');
        let (state, its_parent) = (fields.next()?, fields.next()?);
        (states.contains(state) && its_parent == parent.to_string())
            .then(|| before.split(' ').next().unwrap_or_default().to_owned())
    };
    found.filter_map(of_parent).collect()
}

/// Whether a process is there, and not only its exit code.
fn lives(pid: &String) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, after)| !after.starts_with('Z'))
}

pub(crate) fn an_interrupted_scene() {
    let mut lab = lab("run server-stopped");
    let mut lab = lab.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut shown = BufReader::new(lab.stdout.take().expect("it is piped")).lines();
    assert!(shown.any(|line| line.is_ok_and(|line| line.contains("server stopped (SIGSTOP)"))));
    wait_until("the server is stopped", || !children(lab.id(), "T").is_empty());
    let programs = children(lab.id(), "TSRD");
    assert_eq!(programs.len(), 2);
    let pid = Pid::from_raw(i32::try_from(lab.id()).expect("a process id fits"));
    kill(pid, Signal::SIGINT).expect("it runs");
    assert_eq!(lab.wait().expect("it ends").code(), Some(130));
    wait_until("both programs end", || !programs.iter().any(lives));
}

pub(crate) fn without_a_namespace() {
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
