//! The lab's command line: what it names, and what it refuses.
#![cfg(unix)]

use std::process::{Command, Output};

use lab::scene::SCENES;
use tests::binaries::built;

fn lab(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lab")).args(arguments).output().expect("the lab runs")
}

/// Checks that this is a wrong usage, and that the message names `culprit`.
fn refused(arguments: &str, culprit: &str) {
    let output = lab(&arguments.split_whitespace().collect::<Vec<_>>());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments}: {message}");
    let first_line = message.lines().next().unwrap_or_default();
    let named = first_line.contains(culprit) || message.contains(&format!("\n  {culprit}\n"));
    assert!(named, "{arguments}: {message}");
    assert!(output.stdout.is_empty(), "{arguments}");
}

#[test]
fn each_scene_is_listed_with_its_heading() {
    let output = lab(&["list"]);
    assert!(output.status.success());
    let listed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(listed.lines().count(), SCENES.len());
    for (line, scene) in listed.lines().zip(SCENES) {
        let (name, title) = line.split_once(' ').expect("two columns");
        assert_eq!((name, title.trim()), (scene.name, scene.title));
    }
}

#[test]
fn a_scene_is_not_played_with_a_flag_that_makes_no_sense() {
    for (flag, values) in [
        ("--idle", &["0s", "soon"][..]),
        ("--retry-interval", &["0s", "soon"]),
        ("--retries", &["-1", "many"]),
        ("--timeout", &["0s", "soon"]),
        ("--probe", &["0s", "soon", "3s"]), // the last is the time-out
        ("--detect", &["telepathy"]),
        ("--keepalive-idle", &["0s", "500ms", "1s"]), // the last lacks --detect
        ("--keepalive-interval", &["0s", "500ms", "1s"]),
        ("--keepalive-count", &["0", "128", "3"]),
        ("--user-timeout", &["0s", "2s"]),
        ("--nonsense", &["1"]),
    ] {
        for value in values {
            refused(&format!("run kept-alive {flag}={value}"), flag);
        }
    }
    refused("run kept-alive --svg", "--svg");
    refused("run kept-alive --detect keepalive --probe 1s", "--probe");
}

#[test]
fn no_scene_is_guessed() {
    refused("run", "<SCENE>");
    refused("run server-hangs", "server-hangs");
    refused("run kept-alive cut-idle", "cut-idle");
    refused("explain", "explain");
}

#[test]
fn a_cut_that_cannot_heal_in_time_is_not_played() {
    refused("run cut-healed --retries 0 --retry-interval 100ms", "--retries");
    refused("run cut-healed --idle 5s", "--timeout");
    refused("run cut-healed --detect keepalive --keepalive-count 1", "--keepalive-count");
}

#[test]
fn the_other_commands_take_no_flags_but_their_own() {
    refused("matrix --markdown --json", "--markdown");
    refused("matrix --json --markdown", "--json");
    refused("matrix --idle 5s", "--idle");
    refused("list --json", "--json");
    refused("tour --idle 5s", "--idle");
    refused("--idle 5s", "--idle");
}

#[test]
fn a_picture_that_cannot_be_written_is_refused_before_the_scene_is_played() {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.args(["run", "kept-alive", "--svg", "/nowhere/run.svg"]).envs(built());
    let output = lab.output().expect("the lab runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("error: /nowhere/run.svg: "), "{message}");
    assert!(output.stdout.is_empty());
}

#[test]
fn what_the_harness_cannot_do_is_told_in_a_sentence() {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.args(["run", "kept-alive"]).envs(built()).env("TESTS_BINARY_server", "/nowhere/server");
    let output = lab.output().expect("the lab runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
}
