//! The load's command line: values that no flag takes, the edges of what each takes, and flags
//! that do not go together.
#![cfg(target_os = "linux")]

use std::process::Command;

use tests::{
    finished::run,
    flags::{CommandLine, NO_WORD, TOO_LARGE, TOO_LONG},
};

fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_load"))
}

fn command_line() -> CommandLine {
    CommandLine {
        command,
        arguments: &["--server", "127.0.0.1:0"], // nobody listens on port 0
        refused: &[
            ("SEED", &["", "-1", "1.5", "many", TOO_LONG, TOO_LARGE, "4294967296"]),
            ("BYTES", &["", "0", "1", "-1", "1.5", "many", TOO_LONG, TOO_LARGE, "4294967296"]),
            ("PID", &["", "0", "-1", "1.5", "many", TOO_LONG, TOO_LARGE, "4294967296"]),
            (
                "RATE",
                &[
                    "", "0", "-0", "-1", "1e-300", "1e300", "1e999", "inf", "nan", "many",
                    TOO_LONG, TOO_LARGE,
                ],
            ),
            ("SCENARIO", NO_WORD),
        ],
        taken: vec![
            ("--server", &["127.0.0.1:0"]),
            ("--connections", &["1", "65535", "1,2,3"]),
            ("--line", &["2", "16384"]),
            ("--duration", &["1ns", "365days"]),
            ("--rate", &["0.001", "1e7"]),
            ("--pairs", &["1", "1000"]),
            ("--pid", &["1", "4294967295"]),
            // These would start a server.
            ("--scenario", &[]),
            ("--soak", &[]),
            ("--seed", &[]),
            ("--plot", &[]),
        ],
        outcome: (1, "cannot load"),
    }
}

#[test]
fn the_load_refuses_what_makes_no_sense_and_names_the_flag() {
    command_line().refuses_what_makes_no_sense();
}

#[test]
fn the_load_takes_the_smallest_and_the_largest_values() {
    command_line().takes_the_smallest_and_the_largest();
}

#[test]
fn a_scenario_refuses_the_flags_that_it_would_ignore() {
    let plot = ["--plot", "/nowhere/plot.svg"];
    for (scenario, ignored) in
        [("storm", &plot[..]), ("herd", &["--line", "5"]), ("herd", &["--server", "localhost:1"])]
    {
        let finished = run(command().args(["--scenario", scenario]).args(ignored));
        let finished = finished.expect("the load starts");
        finished.expect_code(2);
        let log = finished.log();
        assert!(log.contains(ignored[0]), "the message does not name {}: {log}", ignored[0]);
    }
    let several = ["--scenario", "herd", "--connections", "1,2"];
    let finished = run(command().args(several).args(plot)).expect("the load starts");
    finished.expect_code(2);
    assert!(finished.log().contains("single number of --connections"), "{}", finished.log());
}

#[test]
fn a_soak_refuses_the_flags_that_it_would_ignore() {
    for ignored in [["--connections", "1,2"], ["--line", "5"], ["--plot", "growth.svg"]] {
        let finished = run(command().args(["--soak", "1s"]).args(ignored));
        let finished = finished.expect("the load starts");
        finished.expect_code(2);
        let log = finished.log();
        assert!(log.contains(ignored[0]), "the message does not name {}: {log}", ignored[0]);
    }
}
