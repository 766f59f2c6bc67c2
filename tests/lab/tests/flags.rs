//! The lab's command line: what it lists, and what it refuses.
#![cfg(unix)]

use std::process::{Command, Output};

use lab::scene::SCENES;
use tests::{
    binaries::built,
    flags::{CommandLine, DETECTION},
};

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
fn each_scene_is_listed_with_its_duration_and_title() {
    let output = lab(&["list"]);
    assert!(output.status.success());
    let listed = String::from_utf8_lossy(&output.stdout);
    assert_eq!(listed.lines().count(), SCENES.len());
    for (line, scene) in listed.lines().zip(SCENES) {
        let (name, rest) = line.split_once(' ').expect("three columns");
        let (seconds, title) = rest.split_once(" s  ").expect("three columns");
        assert_eq!((name, title), (scene.name, scene.title));
        let seconds: u32 = seconds.trim().parse().expect("a number of seconds");
        assert!((1..=15).contains(&seconds), "{line}");
    }
}

fn predict() -> Command {
    let mut predict = Command::new(env!("CARGO_BIN_EXE_lab"));
    predict.arg("predict");
    predict
}

/// `lab run` has the same flags of both programs; its scenes would be played.
fn command_line() -> CommandLine {
    let mut taken = vec![
        ("--idle", &["1ns", "365days"][..]),
        ("--retry-interval", &["1ns", "365days"]),
        ("--retries", &["0", "4294967295"]),
        ("--timeout", &["1ns", "365days"]),
        ("--probe", &["1ns", "59s"]),
        ("--clients", &["1", "4294967295"]),
        ("--middlebox", &["1ns", "365days"]),
    ];
    taken.extend(DETECTION);
    CommandLine { command: predict, arguments: &[], refused: &[], taken, outcome: (0, "") }
}

#[test]
fn the_lab_refuses_what_makes_no_sense_and_names_the_flag() {
    command_line().refuses_what_makes_no_sense();
}

#[test]
fn the_lab_takes_the_smallest_and_the_largest_values() {
    command_line().takes_the_smallest_and_the_largest();
}

fn idle_limit() -> Command {
    let mut idle_limit = Command::new(env!("CARGO_BIN_EXE_lab"));
    idle_limit.args(["idle-limit", "127.0.0.1:1"]);
    idle_limit
}

/// Nobody listens on the port of the server.
fn idle_limit_line() -> CommandLine {
    let taken = vec![
        ("--from", &["1ns", "10m"][..]),
        ("--to", &["1s", "365days"]),
        ("--retry-interval", &["1ns", "365days"]),
    ];
    let outcome = (1, "error: cannot connect to 127.0.0.1:1: ");
    CommandLine { command: idle_limit, arguments: &[], refused: &[], taken, outcome }
}

#[test]
fn idle_limit_refuses_what_makes_no_sense_and_names_the_flag() {
    idle_limit_line().refuses_what_makes_no_sense();
    refused("idle-limit", "<HOST:PORT>");
    refused("idle-limit localhost", "<HOST:PORT>");
    refused("idle-limit 127.0.0.1:1 --from 2s --to 1s", "--from");
    refused("idle-limit 127.0.0.1:1 --idle 2s", "--idle");
}

#[test]
fn idle_limit_takes_the_smallest_and_the_largest_values() {
    idle_limit_line().takes_the_smallest_and_the_largest();
}

#[test]
fn a_scene_is_not_played_with_an_invalid_flag() {
    for (flag, values) in [
        ("--idle", &["0s", "soon"][..]),
        ("--retry-interval", &["0s", "soon"]),
        ("--retries", &["-1", "many"]),
        ("--timeout", &["0s", "soon"]),
        ("--probe", &["0s", "soon", "3s"]), // the last is the timeout
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
    refused("run kept-alive --slide", "--svg <FILE>");
    refused("run kept-alive --detect keepalive --probe 1s", "--probe");
}

#[test]
fn predict_refuses_values_that_make_no_sense() {
    refused("predict --clients 0", "--clients");
    refused("predict --middlebox soon", "--middlebox");
    refused("run kept-alive --clients 5", "--clients");
}

#[test]
fn predict_prints_json_too() {
    let output = lab(&["predict", "--json", "--clients", "7", "--idle", "5m", "--middlebox", "5m"]);
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("an object");
    assert_eq!(said["clients"], 7);
    assert_eq!(said["client_timeline"][1]["at_s"], 300.0);
    let kinds = said["warnings"].as_array().expect("a list").iter().map(|it| &it["kind"]);
    let kinds: Vec<_> = kinds.collect();
    assert!(kinds.contains(&&"evicts_the_healthy".into()), "{said:#}");
    assert!(kinds.contains(&&"middlebox".into()), "{said:#}");
    assert!(said["cost_per_hour"].is_null(), "an evicted client has no cost: {said:#}");
    let detection = &said["detections"][0];
    assert_eq!(
        (&detection["fault"], &detection["detected_by"]),
        (&"killed".into(), &"client".into())
    );
    assert_eq!(detection["ways"][0]["by"], "end_of_stream");
    let back = &said["back"][0];
    assert_eq!((&back["fault"], &back["longest_wait_s"]), (&"killed".into(), &30.0.into()));
    assert_eq!(back["one_server"], serde_json::json!({ "earliest_s": 0.0, "latest_s": 1.0 }));
    assert_eq!(back["two_servers"]["latest_s"], 1.25);
}

#[test]
fn a_scene_must_be_named_in_full() {
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
fn a_queue_that_does_not_move_is_not_shown() {
    refused("run three-clients --detect keepalive", "--detect");
    refused("run three-clients --idle 5s", "--idle");
}

#[test]
fn the_other_commands_take_only_their_own_flags() {
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
    lab.args(["run", "kept-alive", "--svg", "/nowhere/run.svg"])
        .envs(built().expect("the programs build"));
    let output = lab.output().expect("the lab runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("error: /nowhere/run.svg: "), "{message}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_failure_of_the_harness_is_told_in_one_sentence() {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.args(["run", "kept-alive"])
        .envs(built().expect("the programs build"))
        .env("TESTS_BINARY_server", "/nowhere/server");
    let output = lab.output().expect("the lab runs");
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
}
