//! The shared flags: taken as the programs take them, and given back.

use std::{process::Command, time::Duration};

use common::detect::{Detect, Keepalive};
use lab::{
    event::Role,
    settings::{Settings, in_one_word},
};
use proptest::prelude::*;
use tests::binaries::command;

use super::{any_settings, parse, settings};

proptest! {
    #[test]
    fn a_programs_arguments_give_the_same_settings_again(settings in any_settings()) {
        let arguments = settings.lab_arguments();
        prop_assert_eq!(parse(arguments.iter().map(String::as_str)), settings);
        let arguments = [Role::Client, Role::Server].map(|role| settings.arguments(role));
        let [client, server] = arguments.each_ref().map(|words| parse(words.iter().map(String::as_str)));
        prop_assert_eq!((client.rule(), client.detect), (settings.rule(), settings.detect));
        let server = (server.timeout, server.probe, server.detect);
        prop_assert_eq!(server, (settings.timeout, settings.probe, settings.detect));
    }
}

#[test]
fn arguments_name_every_figure_that_counts_and_no_other() {
    let quiet = settings("");
    assert_eq!(
        quiet.arguments(Role::Client).join(" "),
        "--idle 25s --retry-interval 5s --retries 5 --detect heartbeat"
    );
    assert_eq!(quiet.arguments(Role::Server).join(" "), "--timeout 1m --detect heartbeat");

    let all = "--timeout 90s --probe 1500ms --detect both --keepalive-idle 2h \
               --keepalive-interval 75s --keepalive-count 9 --user-timeout 3m";
    assert_eq!(
        settings(all).arguments(Role::Server).join(" "),
        "--timeout 1m30s --probe 1s500ms --detect both --keepalive-idle 2h \
         --keepalive-interval 1m15s --keepalive-count 9 --user-timeout 3m"
    );
}

#[test]
fn the_short_defaults_count_only_where_no_flag_is_given() {
    let short = Settings::short(&[]);
    assert_eq!(
        short.lab_arguments().join(" "),
        "--idle 1s --retry-interval 500ms --retries 2 --timeout 3s --detect heartbeat"
    );
    let both = Settings::short(&["--detect", "both", "--retries", "7", "--keepalive-count", "8"]);
    assert_eq!(in_one_word(both.rule().detection_time()), "5s");
    let second = Duration::from_secs(1);
    let keepalive = Keepalive { idle: second, interval: second, count: 8, user_timeout: None };
    assert_eq!(both.detect, Detect::Both(keepalive));
}

/// The default that `--help` of a command shows for a flag.
fn default_in_help(mut command: Command, flag: &str) -> String {
    let output = command.arg("--help").output().expect("it starts");
    let help = String::from_utf8(output.stdout).expect("help is text");
    let (_, from_flag) = help.split_once(&format!("{flag} <")).expect("the flag is there");
    let (_, from_default) = from_flag.split_once("[default: ").expect("it has a default");
    let (default, _) = from_default.split_once(']').expect("it ends");
    default.to_owned()
}

const FLAGS: [(&str, &str); 7] = [
    ("client", "--idle"),
    ("client", "--retry-interval"),
    ("client", "--retries"),
    ("server", "--timeout"),
    ("client", "--keepalive-idle"),
    ("server", "--keepalive-interval"),
    ("client", "--keepalive-count"),
];

#[test]
fn predict_has_the_programs_defaults_and_shows_them() {
    for (program, flag) in FLAGS {
        let of_program = default_in_help(command(program).expect("it builds"), flag);
        let mut lab = lab();
        lab.arg("predict");
        assert_eq!(default_in_help(lab, flag), of_program, "{flag} of the {program}");
    }
    let [idle, timeout] = [settings("").idle(), settings("").timeout()].map(in_one_word);
    assert_eq!((&*idle, &*timeout), ("25s", "1m"));
}

#[test]
fn run_shows_its_own_short_defaults() {
    let shown = FLAGS.map(|(_, flag)| {
        let mut lab = lab();
        lab.arg("run");
        default_in_help(lab, flag)
    });
    assert_eq!(shown, ["1s", "500ms", "2", "3s", "1s", "1s", "3"]);
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
        assert!(message.contains("UTF-8"), "{flag}: {message}");
    }
}

#[test]
fn a_wrong_command_is_a_question_of_usage() {
    for arguments in [&["prophesy"][..], &["predict", "surplus"]] {
        let output = lab().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
