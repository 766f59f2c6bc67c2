//! What a person sees, and that nothing is left behind.

use std::{
    fs,
    io::{self, BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;
use tests::{binaries::binary, proc, wait_until};

use super::{finished, lab};

pub(crate) fn a_scene_is_told() {
    let finished = finished(&mut lab("run server-stopped"));
    finished.expect_code(0);
    let text = String::from_utf8_lossy(&finished.stdout);
    let mut rest = &*text;
    for part in [
        "A SERVER THAT HANGS\n",
        "The server is stopped (SIGSTOP).",
        "  Predicted: client 1.5s to 2.5s by heartbeat\n",
        "  server --timeout 3s --detect heartbeat\n",
        "  client --idle 1s --retry-interval 500ms --retries 2 --detect heartbeat\n",
        "   time   client ",
        " server stopped (SIGSTOP) ═",
        "● retry 2 (2 unanswered)",
        "● ended: unanswered",
        "client: no byte for ",
        "server: (no last words: it is stopped)\n",
        "predicted",
        "measured",
        "deviation",
        "client",
        "1.5s to 2.5s by heartbeat",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part:?} where it belongs:\n{text}"));
        rest = &rest[at + part.len()..];
    }
    // On a busy machine a line of a log may be read much later than it was written.
    for part in [
        "├── \"hello\\n\" ─",
        "─ \"HELLO\\n\" ──┤",
        "├── HeartBeat ─",
        "touched: to the back of the queue ●",
        "─ OK ──┤",
        " in which nothing happens ",
        "as predicted",
    ] {
        assert!(text.contains(part), "no {part:?}:\n{text}");
    }
    assert!(!text.contains('\x1b'), "colours without a terminal");
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(80), "{text}");
}

pub(crate) fn a_picture_shows_what_passed() {
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
        assert!(texts.iter().any(|found| found.contains(text)), "no {text} in {texts:?}");
    }
}

fn none_lives(programs: &[proc::Child]) -> io::Result<bool> {
    programs.iter().try_fold(true, |none, child| Ok(none && !proc::is_alive(child.pid)?))
}

/// Starts a scene, and returns the lab and its two programs once the server is stopped.
fn in_mid_scene() -> (Child, Vec<proc::Child>) {
    let mut lab = lab("run server-stopped");
    let mut lab = lab.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut shown = BufReader::new(lab.stdout.take().expect("it is piped")).lines();
    assert!(shown.any(|line| line.is_ok_and(|line| line.contains("server stopped (SIGSTOP)"))));
    let id = lab.id();
    wait_until(|| Ok(proc::children(id)?.iter().any(|child| child.state == 'T')))
        .expect("the server is stopped");
    let programs = proc::children(id).expect("the lab's programs");
    assert_eq!(programs.len(), 2, "the lab runs two programs");
    (lab, programs)
}

pub(crate) fn an_interrupted_scene() {
    let (mut lab, programs) = in_mid_scene();
    let pid = Pid::from_raw(i32::try_from(lab.id()).expect("a process id fits"));
    kill(pid, Signal::SIGINT).expect("it runs");
    assert_eq!(lab.wait().expect("it ends").code(), Some(130));
    wait_until(|| none_lives(&programs)).expect("both programs end");
}

pub(crate) fn a_killed_lab() {
    let (mut lab, programs) = in_mid_scene();
    lab.kill().expect("it runs");
    lab.wait().expect("it ends");
    wait_until(|| none_lives(&programs)).expect("both programs end");
}

pub(crate) fn a_scene_fits() {
    let all = ["run kept-alive", "run server-stopped", "run cut-idle", "run cut-writing"];
    for scene in all {
        // On a busy machine a scene may have a row more for a silence or a late line: the fewest
        // rows of a few runs count.
        let drawn = |_| String::from_utf8_lossy(&finished(&mut lab(scene)).stdout).into_owned();
        let fits = (0..3).map(drawn).any(|text| text.lines().count() <= 35);
        assert!(fits, "{scene} takes more than 35 rows");
    }
}

pub(crate) fn without_cargo() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = |from: &Path, name: &str| {
        fs::copy(from, folder.path().join(name)).expect("a binary can be copied");
    };
    copy(Path::new(env!("CARGO_BIN_EXE_lab")), "lab");
    copy(binary("server").expect("it builds"), "server");
    copy(binary("client").expect("it builds"), "client");
    let mut lab = Command::new(folder.path().join("lab"));
    lab.args(["run", "server-killed", "--json"]).env("PATH", "/usr/bin:/bin").current_dir("/");
    for variable in ["CARGO", "TESTS_BINARY_server", "TESTS_BINARY_client"] {
        lab.env_remove(variable);
    }
    let said = finished(&mut lab);
    said.expect_code(0);
    assert!(String::from_utf8_lossy(&said.stdout).contains("\"as_predicted\":true"));
}

pub(crate) fn without_a_namespace() {
    let said = finished(lab("run cut-idle --json").env("PATH", ""));
    said.expect_code(0);
    let said: Value = serde_json::from_slice(&said.stdout).expect("an object");
    assert_eq!(said["scene"], "cut-idle");
    let reason = said["refused"].as_str().expect("a reason");
    assert!(
        reason.contains("a network that can be cut") && reason.contains("not installed: unshare"),
        "{reason}"
    );
    let told = finished(lab("run cut-idle").env("PATH", ""));
    told.expect_code(0);
    assert!(String::from_utf8_lossy(&told.stdout).contains(reason));
    let played = finished(lab("run server-killed --json").env("PATH", ""));
    played.expect_code(0);
    assert!(String::from_utf8_lossy(&played.stdout).contains("\"as_predicted\":true"));
}
