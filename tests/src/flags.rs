//! The values that a command line must refuse, and the smallest and largest that it must take.
//!
//! The flags come from the program's own `--help`, so a new flag is tested from its first day: a
//! flag without a row in the tables fails the test.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStringExt as _,
    process::Command,
};

use crate::finished::run;

/// One row of a table: a name, and values.
pub type Row = (&'static str, &'static [&'static str]);

pub const TOO_LONG: &str = "99999999999999y";
pub const TOO_LARGE: &str = "18446744073709551616";

/// A word out of a list is none of these.
pub const NO_WORD: &[&str] = &["", "0", "-1", "telepathy", TOO_LONG, TOO_LARGE];

/// The kinds of values that several programs have, by their names in `--help`, and what no flag
/// of that kind may take.
const REFUSED: &[Row] = &[
    (
        "DURATION",
        &[
            "",
            "0",
            "0s",
            "-1s",
            "25",
            "soon",
            TOO_LONG,
            "18446744073709551616s",
            "366days",
            "2years",
        ],
    ),
    ("N", &["", "-1", "1.5", "many", TOO_LONG, TOO_LARGE]),
    (
        "HOST:PORT",
        &[
            "",
            "0",
            "-1",
            "localhost",
            ":5005",
            "localhost:",
            "localhost:65536",
            "127.0.0.1:-1",
            "localhost:many",
            TOO_LONG,
            TOO_LARGE,
            "localhost:18446744073709551616",
        ],
    ),
    ("HOW", NO_WORD),
    ("FORM", NO_WORD),
    ("FILE", &[""]),
];

/// The flags that choose how a dead peer is detected, with the smallest and largest value that
/// each must take.
pub const DETECTION: &[Row] = &[
    ("--detect", &["heartbeat", "keepalive", "both"]),
    ("--keepalive-idle", &["1s", "32767s"]),
    ("--keepalive-interval", &["1s", "32767s"]),
    ("--keepalive-count", &["1", "127"]),
    ("--user-timeout", &["1s", "2147483s"]),
];

/// A command line under test.
pub struct CommandLine {
    pub command: fn() -> Command,
    /// Arguments with which the program ends at once, and not because of its usage.
    pub arguments: &'static [&'static str],
    /// The kinds of values that only this program has, and what no flag of that kind may take.
    pub refused: &'static [Row],
    /// Every flag that has a value, with the values that it must take. None for a flag whose
    /// values cannot be tried without effect.
    pub taken: Vec<Row>,
    /// The exit code when a value was taken, and a text that is then printed.
    pub outcome: (i32, &'static str),
}

impl CommandLine {
    /// Checks that each flag refuses what makes no sense, and that the message names the flag.
    ///
    /// # Panics
    /// If a value is taken, or refused for another reason.
    pub fn refuses_what_makes_no_sense(&self) {
        for (flag, kind) in self.flags() {
            for value in self.never_taken(&flag, kind.as_deref()) {
                let argument = [OsStr::new(&flag), OsStr::new("="), &value].join(OsStr::new(""));
                // A value that begins with a hyphen must not be taken for a flag.
                let (code, output) = match kind {
                    Some(_) if value.as_encoded_bytes().starts_with(b"-") => {
                        self.run(&flag, &[OsStr::new(&flag), &value])
                    }
                    _ => self.run(&flag, &[&argument]),
                };
                let argument = argument.to_string_lossy();
                assert_eq!(code, Some(2), "{argument} was not a usage error: {output}");
                assert!(!output.contains("panicked"), "{argument}: {output}");
                if output.contains("invalid UTF-8") {
                    continue; // which clap says without the flag
                }
                assert!(output.contains(&flag), "{argument}: {flag} is not named: {output}");
                let reasons = ["invalid value", "a value is required", "unexpected value"];
                let has_reason = reasons.iter().any(|reason| output.contains(reason));
                assert!(has_reason, "{argument}: the message gives no reason: {output}");
            }
        }
    }

    /// Checks that each flag takes the smallest and the largest value that it must take.
    ///
    /// # Panics
    /// If a value is refused, or a flag has no row, or a row no flag.
    pub fn takes_the_smallest_and_the_largest(&self) {
        let flags = self.flags();
        for (flag, _) in flags.iter().filter(|(_, kind)| kind.is_some()) {
            for value in row(&self.taken, flag) {
                let (code, output) = self.run(flag, &[OsStr::new(&format!("{flag}={value}"))]);
                let (expected, text) = self.outcome;
                assert_eq!(code, Some(expected), "{flag}={value} was not taken: {output}");
                assert!(output.contains(text), "{flag}={value}: no {text:?} in: {output}");
            }
        }
        for (flag, _) in &self.taken {
            assert!(flags.iter().any(|(found, _)| found == flag), "{flag} is not in the help");
        }
    }

    /// Runs the program with more arguments, for this flag. Returns the exit code and what was
    /// printed.
    fn run(&self, flag: &str, arguments: &[&OsStr]) -> (Option<i32>, String) {
        let mut command = (self.command)();
        if !self.arguments.contains(&flag) {
            command.args(self.arguments);
        }
        if flag.starts_with("--keepalive") || flag == "--user-timeout" {
            command.args(["--detect", "both"]);
        }
        if flag == "--give-up-after" {
            command.arg("--reconnect");
        }
        printed(command.args(arguments))
    }

    /// The flags in the help, each with the name of its value if it takes one.
    fn flags(&self) -> Vec<(String, Option<String>)> {
        let (_, help) = printed((self.command)().arg("--help"));
        let flag = |line: &str| {
            let line = line.trim_start();
            let line = if line.starts_with("--") { line } else { line.split_once(", ")?.1 };
            let (flag, value) = line.split_once(' ').unwrap_or((line, ""));
            let value = value.strip_prefix('<').and_then(|value| value.strip_suffix('>'));
            let flag = flag.trim_end_matches("..."); // a flag that can be given more than once
            flag.starts_with("--").then(|| (flag.to_owned(), value.map(str::to_owned)))
        };
        let is_flag = |line: &&str| line.trim_start().starts_with('-') && !line.contains(": ");
        help.lines().filter(is_flag).filter_map(flag).collect()
    }

    /// The values that a flag of this kind, or one without a value, must refuse.
    fn never_taken(&self, flag: &str, kind: Option<&str>) -> Vec<OsString> {
        let Some(kind) = kind else {
            return ["", "0", "yes"].map(OsString::from).to_vec();
        };
        let texts = row(&[self.refused, REFUSED].concat(), kind);
        let mut values: Vec<_> = texts.iter().map(OsString::from).collect();
        if kind != "FILE" {
            values.push(OsString::from_vec(b"\xff\xfe".to_vec())); // not UTF-8
        }
        if kind == "N" && flag != "--retries" {
            values.push("0".into());
        }
        if kind == "N" && flag != "--max-connections" {
            values.push("4294967296".into()); // more than 32 bits
        }
        values
    }
}

fn printed(command: &mut Command) -> (Option<i32>, String) {
    let finished = run(command).expect("the program starts");
    let output = format!("{}{}", String::from_utf8_lossy(&finished.stdout), finished.log());
    (finished.status.code(), output)
}

/// The values in the row of this name.
fn row(rows: &[Row], name: &str) -> &'static [&'static str] {
    let found = rows.iter().find(|(of, _)| *of == name);
    found.unwrap_or_else(|| panic!("the table has no row for {name}")).1
}
