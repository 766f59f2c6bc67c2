//! A person presses keys and reads the screen.

use std::{
    fs,
    path::{Path, PathBuf},
};

use lab::live::{record, replay::Replay};
use vt100::Screen;

use crate::{
    stage::{CALM, Lab, SMALLEST, row},
    suite::Case,
};

pub(crate) const CASES: [Case; 10] = [
    ("keys_break_and_mend_a_client", keys_of_a_client),
    ("keys_break_and_mend_the_server_and_the_line", keys_of_the_server_and_the_line),
    ("keys_choose_a_client", keys_that_choose),
    ("keys_hold_the_screen_and_step_back_and_forward", keys_about_time),
    ("w_writes_a_recording_and_a_picture", w_writes),
    ("w_writes_the_moment_that_is_held", w_writes_what_is_held),
    ("escape_stops_an_experiment", stops),
    ("keys_open_the_help_and_the_ideas", help_and_ideas),
    ("a_long_paste_is_typed_whole", a_paste),
    ("keys_that_come_at_once_act_one_after_the_other", keys_at_once),
];

/// Room for more of the story.
const LARGE: [u16; 2] = [120, 40];

/// Skips the question that comes after a deed.
fn skip(lab: &mut Lab) {
    lab.wait_for_row(&["who will notice first?"]);
    lab.press_for("\x1b", &[" a add "]);
}

fn keys_of_a_client() {
    let mut lab = Lab::start(&CALM, LARGE);
    lab.press_for("s", &["! there is no client yet; a adds one"]);
    lab.press_for("a", &[">c1 ", "running"]);
    lab.press_for("thello", &["c1 types: hello_"]);
    lab.press_for("!\x7f\r", &["you typed \"hello\" as c1"]);
    lab.wait_for_row(&["client ◄──", "\"HELLO\\n\" ─── server"]);

    lab.press_for("s", &[">c1 ", "STOPPED", "its rule stands still"]);
    lab.wait_for_row(&["c1: who will notice first?"]);
    lab.press_for("s", &["[s server]", "seconds: _"]);
    lab.press_for("90", &["seconds: 90_"]);
    lab.press_for("\r", &["you stopped c1 (SIGSTOP) · you said: the server, after 90.0s"]);
    lab.press_for("s", &[">c1 ", "running"]);
    lab.wait_for_row(&["you let c1 go on (SIGCONT)"]);
    lab.wait_for_row(&["= c1: you said: the server, after 90.0s", "the rule said: "]);

    lab.press_for("r", &[">c1 ", "ended: reset"]);
    lab.press_for("s", &["! c1 has ended"]);
    lab.add("c2");
    lab.press_for("d", &[">c2 ", "DEAF"]);
    skip(&mut lab);
    lab.press_for("d", &[">c2 ", "running"]);
    lab.press_for("k", &[">c2 ", "ended: killed"]);
    lab.quit();
}

fn keys_of_the_server_and_the_line() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.add("c1");
    lab.press_for("S", &["server ", " STOPPED"]);
    skip(&mut lab);
    lab.press_for("S", &["server ", " RUNNING"]);
    lab.press_for("x", &["line CUT for"]);
    skip(&mut lab);
    lab.press_for("tlost\r", &["client ─── \"lost\\n\" ───", "✗ lost: the line was cut"]);
    lab.press_for("x", &["line UP"]);
    lab.wait_for_row(&["client ◄──", "\"LOST\\n\" ─── server"]);
    lab.press_for("K", &["server ENDED"]);
    lab.press_for("S", &["! the server has ended; K starts it again"]);
    lab.press_for("K", &["server ", " RUNNING"]);
    lab.add("c2");
    lab.quit();
}

fn keys_that_choose() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    for name in ["c1", "c2", "c3"] {
        lab.add(name);
    }
    for (keys, chosen) in
        [("1", "c1"), ("\x1b[B", "c2"), ("3", "c3"), ("\x1b[B", "c3"), ("\x1b[A", "c2")]
    {
        lab.press_for(keys, &[&format!(">{chosen} "), "running"]);
        lab.wait_for_row(&[&format!("KERNEL  of {chosen} ")]);
    }
    lab.quit();
}

/// The moment that the held screen shows.
fn held(screen: &Screen) -> Option<String> {
    let row = row(screen, &["FROZEN at "])?;
    Some(row.rsplit_once("FROZEN at ")?.1.trim().to_owned())
}

/// More moments than the run has.
const MOMENTS: usize = 50;

fn keys_about_time() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.add("c1");
    lab.wait_for_row(&["makes the connection"]);
    lab.press_for("thello\r", &["\"HELLO\\n\""]);
    lab.press_for(" ", &["FROZEN at "]);
    let now = held(lab.shown().screen()).expect("it is held");
    // While the screen is held, keys that break something do nothing.
    lab.press("akK");
    lab.press_for(&"\x1b[D".repeat(MOMENTS), &["No client yet"]);
    let earliest = held(lab.shown().screen()).expect("it is held");
    assert!(earliest < now, "{earliest} comes before {now}");
    lab.press_for(&"\x1b[C".repeat(MOMENTS), &["\"HELLO\\n\""]);
    lab.press(" ");
    lab.wait_for_no_row(&["FROZEN"]);
    lab.wait_for_row(&["server ", " RUNNING"]);
    lab.add("c2");
    lab.quit();
}

fn w_writes() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.add("c1");
    lab.press_for("w", &["written: lab-live-"]);
    record::read(&written(&lab, "jsonl")).expect("it is a recording");
    let picture = texts(&written(&lab, "svg"));
    assert!(picture.iter().any(|text| text.contains("you started c1")), "{picture:?}");
    lab.wait_for_no_row(&["» written"]);
    lab.quit();
}

fn w_writes_what_is_held() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.add("c1");
    lab.press_for(" ", &["FROZEN at "]);
    lab.press_for(&"\x1b[D".repeat(MOMENTS), &["No client yet"]);
    lab.press_for("w", &["written: lab-live-"]);
    let held = held(lab.shown().screen()).expect("it is held");
    let picture = texts(&written(&lab, "svg"));
    for part in ["No client yet", &format!("FROZEN at {held}")] {
        assert!(picture.iter().any(|text| text.contains(part)), "no {part} in {picture:?}");
    }
    let inputs = record::read(&written(&lab, "jsonl")).expect("it is a recording");
    let mut replay = Replay::new(inputs).expect("it begins with a start");
    replay.go_to(replay.length());
    assert!(!replay.world.clients.is_empty(), "the recording goes on to the present");
    lab.press_for(" ", &[">c1 "]);
    lab.quit();
}

/// The file of this kind that the lab has written.
fn written(lab: &Lab, kind: &str) -> PathBuf {
    let files = fs::read_dir(lab.home.path()).expect("it is there");
    let mut files = files.map(|file| file.expect("it is listed").path());
    let is_kind = |file: &PathBuf| file.extension().is_some_and(|extension| extension == kind);
    files.find(is_kind).expect("it has been written")
}

/// The texts of a picture.
fn texts(picture: &Path) -> Vec<String> {
    let picture = fs::read_to_string(picture).expect("it is there").replace('\u{a0}', " ");
    let document = roxmltree::Document::parse(&picture).expect("it is a picture");
    document.descendants().filter_map(|node| node.text()).map(str::to_owned).collect()
}

fn stops() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.press_for("e", &["IDEAS"]);
    lab.press_for("\r", &["STORY  Esc stops this: "]);
    lab.press_for("\x1b", &["the experiment is stopped"]);
    lab.wait_for_no_row(&["Esc stops this"]);
    lab.quit();
}

fn help_and_ideas() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.press_for("?", &["─ HELP ─"]);
    lab.wait_for_row(&["To join from another terminal: ", " client"]);
    lab.press("q"); // as any key
    lab.wait_for_no_row(&["HELP"]);
    lab.press_for("e", &["IDEAS"]);
    lab.wait_for_row(&[">kept-alive"]);
    lab.press_for("\x1b[B", &[">probe-asks"]);
    lab.press("\x1b");
    lab.wait_for_no_row(&["IDEAS"]);
    lab.press_for("e", &[">kept-alive"]);
    lab.press_for("\r", &["SERVER", "--timeout 6s"]);
    lab.wait_for_row(&[">c1 ", "running"]);
    lab.quit();
}

fn keys_at_once() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.press_for("aaxx", &["you started c2"]);
    lab.wait_for_row(&["you mended the line"]);
    lab.press_for("dd", &["you let c2 read again"]);
    lab.wait_for_row(&[">c2 ", "running"]);
    lab.quit();
}

fn a_paste() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.add("c1");
    let text = "y".repeat(3000);
    lab.press_for(&format!("t{text}"), &["c1 types: "]);
    lab.press_for("!\r", &["(3001 bytes) as c1"]);
    lab.quit();
}
