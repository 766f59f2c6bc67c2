//! The lab without a terminal, and recordings of it.

use std::{fs, process::Stdio};

use tests::finished::{Finished, run};

use crate::{
    stage::{Home, Lab, SMALLEST},
    suite::Case,
};

pub(crate) const CASES: [Case; 5] = [
    ("without_a_terminal_stdin_is_a_script_whose_story_is_told", told),
    ("a_script_without_a_command_is_refused", no_command),
    ("a_recording_tells_the_same_story_again", told_again),
    ("a_picture_has_ascii_characters_alone_only_if_that_is_asked_for", in_ascii),
    ("a_recording_plays_on_a_terminal_and_can_be_held_and_stepped", plays),
];

const SCRIPT: &str = "add c1\nuntil c1 accepted 20s\ntype c1 hello\nexpect c1 printed HELLO 0s..20s\n\
                      kill c1\nuntil c1 server_ended 20s\n";

/// Plays the script without a terminal.
fn play(home: &Home, flags: &[&str], script: &str) -> Finished {
    let file = home.path().join("script.txt");
    fs::write(&file, script).expect("there is room");
    let mut lab = home.command(&[&["live"], flags].concat());
    lab.stdin(Stdio::from(fs::File::open(file).expect("it has been written")));
    run(&mut lab).expect("the lab starts")
}

fn story(finished: &Finished) -> String {
    String::from_utf8(finished.stdout.clone()).expect("the story is text")
}

fn told() {
    let home = Home::new();
    let finished = play(&home, &[], SCRIPT);
    finished.expect_code(0);
    let story = story(&finished);
    let told: Vec<_> = story.lines().map(|line| line.split_once("  ").expect("a time").1).collect();
    let deeds = ["you started c1", "you typed \"hello\" as c1", "you killed c1 (SIGKILL)"];
    assert_eq!(told[..3], deeds, "{story}");

    let script = SCRIPT.replace("server_ended 20s", "evicted 1s");
    let finished = play(&home, &[], &script);
    finished.expect_code(1);
    let said = finished.log();
    let expected = "not as expected: line 6: until c1 evicted 1s: it did not come within 1.0s";
    assert!(said.contains(expected), "{said}");
}

fn no_command() {
    for script in ["", "# nothing\n\n"] {
        let finished = play(&Home::new(), &[], script);
        finished.expect_code(1);
        let said = finished.log();
        assert!(said.contains("stdin: the script has no command"), "{said}");
        assert!(finished.stdout.is_empty(), "it told a story");
    }
}

fn in_ascii() {
    let home = Home::new();
    play(&home, &["--record", "run.jsonl"], "add c1\nuntil c1 accepted 20s\n").expect_code(0);
    let draw = |more: &[&str]| {
        let flags = ["--replay", "run.jsonl", "--at", "1h", "--svg", "end.svg"];
        let mut lab = home.command(&[&["live"], &flags[..], more].concat());
        run(lab.env("LC_ALL", "C")).expect("the lab starts").expect_code(0);
        let picture = fs::read_to_string(home.path().join("end.svg")).expect("it has been drawn");
        picture.replace('\u{a0}', " ") // a picture's blanks
    };
    assert!(!draw(&[]).is_ascii(), "a picture is UTF-8 in every locale");
    let picture = draw(&["--ascii"]);
    assert!(picture.is_ascii() && picture.contains("running"), "{picture}");
}

fn told_again() {
    let home = Home::new();
    let finished = play(&home, &["--record", "run.jsonl"], SCRIPT);
    finished.expect_code(0);
    let again = play(&home, &["--replay", "run.jsonl"], "");
    again.expect_code(0);
    assert_eq!(story(&again), story(&finished));

    let drawing = ["--replay", "run.jsonl", "--at", "1h", "--svg", "end.svg", "--size", "100x30"];
    play(&home, &drawing, "").expect_code(0);
    let picture = fs::read_to_string(home.path().join("end.svg")).expect("it has been drawn");
    let document = roxmltree::Document::parse(&picture).expect("it is a picture");
    let mut texts = document.descendants().filter_map(|node| node.text());
    assert!(texts.any(|text| text.contains("you killed c1")), "{picture}");
}

fn plays() {
    let home = Home::new();
    let script = "say begun\nwait 3s\nsay over\n";
    play(&home, &["--record", "run.jsonl"], script).expect_code(0);
    let pty = home.start(&["live", "--replay", "run.jsonl"]);
    let mut lab = Lab { pty, home };
    lab.wait_for_row(&["REPLAY 00:0"]);
    lab.press_for(" ", &["REPLAY paused 00:0"]);
    lab.press_for("\x1b[C\x1b[C", &["» over"]);
    lab.press_for(&"\x1b[D".repeat(10), &["REPLAY paused 00:00.0"]);
    lab.wait_for_no_row(&["» over"]);
    lab.press_for(" ", &["REPLAY 00:0"]);
    lab.wait_for_row(&["REPLAY paused 00:03."]); // it has played to its end
    lab.wait_for_row(&["» over"]);
    lab.resize([40, 12]).expect("stty is installed");
    lab.wait_for_row(&["The lab needs 80 columns and 24 rows"]);
    lab.resize(SMALLEST).expect("stty is installed");
    lab.wait_for_row(&["» over"]);
    lab.press("q");
    assert_eq!(lab.wait_for_end(), 0);
    assert!(lab.has_mode_of_before());
}
