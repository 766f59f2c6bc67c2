//! The shared flags: taken as the programs take them, and given back.

use std::{process::Command, time::Duration};

use client::liveness::HeartbeatRule;
use common::detect::{Detect, Keepalive};
use lab::settings::{Defaults, Settings, in_one_word};
use proptest::prelude::*;
use tests::binaries::command;

use super::{any_settings, parse, settings};

proptest! {
    #[test]
    fn the_programs_arguments_give_the_settings_back(settings in any_settings()) {
        let arguments = settings.client_arguments();
        let client = parse(arguments.iter().map(String::as_str), &Defaults::default());
        prop_assert_eq!(client.rule(), settings.rule());
        prop_assert_eq!(client.detect(), settings.detect());

        let defaults = Defaults { rule: client.rule(), ..Defaults::default() };
        let arguments = settings.server_arguments();
        prop_assert_eq!(parse(arguments.iter().map(String::as_str), &defaults), settings);
    }
}

#[test]
fn arguments_hold_what_matters_and_no_more() {
    let quiet = settings("");
    assert_eq!(
        quiet.client_arguments().join(" "),
        "--idle 25s --retry-interval 5s --retries 5 --detect heartbeat"
    );
    assert_eq!(quiet.server_arguments().join(" "), "--timeout 1m --detect heartbeat");

    let all = "--timeout 90s --probe 1500ms --detect both --keepalive-idle 2h \
               --keepalive-interval 75s --keepalive-count 9 --user-timeout 3m";
    assert_eq!(
        settings(all).server_arguments().join(" "),
        "--timeout 1m30s --probe 1s500ms --detect both --keepalive-idle 2h \
         --keepalive-interval 1m15s --keepalive-count 9 --user-timeout 3m"
    );
}

#[test]
fn what_is_not_given_is_as_the_command_wants_it() {
    let second = Duration::from_secs(1);
    let keepalive =
        Keepalive { idle: second, interval: 2 * second, count: 3, user_timeout: Some(4 * second) };
    let defaults = Defaults {
        rule: HeartbeatRule::new(2 * second, 1, second).unwrap(),
        timeout: 5 * second,
        keepalive,
    };
    let plain = Settings::new(defaults.rule, defaults.timeout, None, Detect::Heartbeat).unwrap();
    assert_eq!(parse([], &defaults), plain);

    let both = parse(["--detect", "both", "--retries", "7", "--keepalive-count", "8"], &defaults);
    let rule = HeartbeatRule::new(2 * second, 7, second).unwrap();
    assert_eq!(both.rule(), rule);
    assert_eq!(both.detect(), Detect::Both(Keepalive { count: 8, ..keepalive }));
}

/// What `--help` says that a flag is by default.
fn default_in_help(program: &str, flag: &str) -> String {
    let output = command(program).arg("--help").output().expect("it starts");
    let help = String::from_utf8(output.stdout).expect("help is text");
    let (_, from_flag) = help.split_once(&format!("{flag} <")).expect("the flag is there");
    let (_, from_default) = from_flag.split_once("[default: ").expect("it has a default");
    let (default, _) = from_default.split_once(']').expect("it ends");
    default.to_owned()
}

#[test]
fn what_is_not_given_to_predict_is_as_the_programs_have_it() {
    let Defaults { rule, timeout, keepalive } = Defaults::default();
    let durations = [
        ("client", "--idle", rule.idle()),
        ("client", "--retry-interval", rule.interval()),
        ("server", "--timeout", timeout),
        ("client", "--keepalive-idle", keepalive.idle),
        ("server", "--keepalive-interval", keepalive.interval),
    ];
    for (program, flag, duration) in durations {
        let said = humantime::parse_duration(&default_in_help(program, flag));
        assert_eq!(said, Ok(duration), "{flag} of the {program}");
    }
    assert_eq!(default_in_help("client", "--retries"), rule.retries().to_string());
    assert_eq!(default_in_help("client", "--keepalive-count"), keepalive.count.to_string());
    assert_eq!(in_one_word(keepalive.detection_time()), "2h11m15s");
}

fn lab() -> Command {
    Command::new(env!("CARGO_BIN_EXE_lab"))
}

#[test]
fn predict_refuses_what_the_programs_refuse_by_the_flags_name() {
    let cases: &[(&str, &[&str])] = &[
        ("--idle", &["--idle=0s"]),
        ("--idle", &["--idle=25"]),
        ("--retry-interval", &["--retry-interval=soon"]),
        ("--retries", &["--retries=-1"]),
        ("--retries", &["--retries=4294967296"]),
        ("--timeout", &["--timeout=366days"]),
        ("--probe", &["--probe=0s"]),
        ("--probe", &["--probe=60s"]),
        ("--probe", &["--timeout=5s", "--probe=5s"]),
        ("--probe", &["--probe=5s", "--detect=keepalive"]),
        ("--detect", &["--detect=telepathy"]),
        ("--keepalive-idle", &["--keepalive-idle=5s"]),
        ("--keepalive-idle", &["--detect=both", "--keepalive-idle=1500ms"]),
        ("--keepalive-interval", &["--keepalive-interval=5s"]),
        ("--keepalive-interval", &["--detect=both", "--keepalive-interval=10h"]),
        ("--keepalive-count", &["--keepalive-count=5"]),
        ("--keepalive-count", &["--detect=both", "--keepalive-count=128"]),
        ("--user-timeout", &["--user-timeout=5s"]),
        ("--user-timeout", &["--detect=both", "--user-timeout=999ms"]),
    ];
    for (flag, arguments) in cases {
        let output = lab().arg("predict").args(*arguments).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {message}");
        assert!(message.contains(flag), "{arguments:?}: {message}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn predict_refuses_a_value_that_is_no_text() {
    use std::os::unix::ffi::OsStrExt as _;

    let garbage = std::ffi::OsStr::from_bytes(b"\xff\xfe");
    for flag in ["--idle", "--retry-interval", "--retries", "--timeout", "--probe"] {
        let output = lab().args(["predict", flag]).arg(garbage).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(flag), "{message}");
    }
}

#[test]
fn a_wrong_command_is_a_question_of_usage() {
    for arguments in [&["prophesy"][..], &["predict", "surplus"]] {
        let output = lab().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
