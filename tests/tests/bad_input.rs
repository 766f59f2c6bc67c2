//! What no flag takes, and what it takes at the edge. The flags are those of `--help`, so
//! that a new one is tried from the day it is there.
#![cfg(unix)]

use std::{
    ffi::OsStr,
    os::unix::ffi::OsStrExt as _,
    process::{Command, Stdio},
};

use tests::binaries;

const PROGRAMS: [&str; 5] = ["server", "client", "load", "lab run", "lab predict"];

const TOO_LONG: &str = "99999999999999y";
const TOO_LARGE: &str = "18446744073709551616";

/// What each kind of value, as `--help` calls it, is never.
const REFUSED: [(&str, &[&str]); 10] = [
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
    ("N", &["", "-1", "1.5", "many", TOO_LONG, TOO_LARGE, "4294967296"]),
    ("SEED", &["", "-1", "1.5", "many", TOO_LONG, TOO_LARGE, "4294967296"]),
    ("BYTES", &["", "0", "1", "-1", "1.5", "many", TOO_LONG, TOO_LARGE, "4294967296"]),
    ("PID", &["", "0", "-1", "1.5", "many", TOO_LONG, TOO_LARGE, "4294967296"]),
    (
        "RATE",
        &[
            "", "0", "-0", "-1", "1e-300", "1e300", "1e999", "inf", "nan", "many", TOO_LONG,
            TOO_LARGE,
        ],
    ),
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
    ("HOW", &["", "0", "-1", "telepathy", TOO_LONG, TOO_LARGE]),
    ("SCENARIO", &["", "0", "-1", "telepathy", TOO_LONG, TOO_LARGE]),
    ("FILE", &[""]),
];

/// The edges of what a flag takes; and whether zero, which most do not take, is within.
const TAKEN: [(&str, &str, &[&str]); 24] = [
    ("server", "--listen", &["192.0.2.1:0", "192.0.2.1:65535"]),
    ("server", "--timeout", &["1ns", "365days"]),
    ("server", "--probe", &["1ns", "59s"]),
    ("server", "--max-connections", &["1", "4294967295"]),
    ("client", "--server", &["127.0.0.1:0"]),
    ("client", "--idle", &["1ns", "365days"]),
    ("client", "--retry-interval", &["1ns", "365days"]),
    ("client", "--retries", &["0", "4294967295"]),
    ("load", "--server", &["127.0.0.1:0"]),
    ("load", "--connections", &["1", "65535", "1,2,3"]),
    ("load", "--line", &["2", "16384"]),
    ("load", "--duration", &["1ns", "365days"]),
    ("load", "--rate", &["0.001", "1e7"]),
    ("load", "--pairs", &["1", "1000"]),
    ("load", "--pid", &["1", "4294967295"]),
    ("both", "--detect", &["heartbeat", "keepalive", "both"]),
    ("both", "--keepalive-idle", &["1s", "32767s"]),
    ("both", "--keepalive-interval", &["1s", "32767s"]),
    ("both", "--keepalive-count", &["1", "127"]),
    ("both", "--user-timeout", &["1s", "2147483s"]),
    ("load", "--scenario", &[]), // taken, they would run
    ("load", "--soak", &[]),
    ("load", "--seed", &[]),
    ("load", "--plot", &[]),
];

/// Arguments with which a program ends at once, and not for its usage: an address that is
/// nobody's (RFC 5737), and a port that nobody can listen on. A scene is played, if it can be.
fn unusable(program: &str) -> &'static [&'static str] {
    match program {
        "server" => &["--listen", "192.0.2.1:5005"],
        "lab run" => &["kept-alive"],
        "lab predict" => &[],
        _ => &["--server", "127.0.0.1:0"],
    }
}

fn command(program: &str) -> Command {
    if let Some(("lab", of_the_lab)) = program.split_once(' ') {
        let mut command = Command::new(tests::binaries::binary("lab"));
        command.arg(of_the_lab);
        return command;
    }
    match program {
        "load" => Command::new(tests::binaries::binary("load")),
        ours => binaries::command(ours),
    }
}

/// Gives a command one more argument, for this flag, and what else ends it at once.
fn with(program: &str, flag: &str, argument: &OsStr) -> Command {
    let mut command = command(program);
    let unusable = unusable(program);
    if !unusable.contains(&flag) {
        command.args(unusable);
    }
    command.arg(argument);
    command
}

/// The exit code, and what was said.
fn run(command: &mut Command) -> (Option<i32>, String) {
    let output = command.stdin(Stdio::null()).output().expect("the program starts");
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

/// The flags in a program's help, each with what it calls its value, if it takes one.
fn flags(program: &str) -> Vec<(String, Option<String>)> {
    let (_, help) = run(command(program).arg("--help"));
    let flag = |line: &str| {
        let line = line.trim_start();
        let line = if line.starts_with("--") { line } else { line.split_once(", ")?.1 };
        let (flag, value) = line.split_once(' ').unwrap_or((line, ""));
        let value = value.strip_prefix('<').and_then(|value| value.strip_suffix('>'));
        flag.starts_with("--").then(|| (flag.to_owned(), value.map(str::to_owned)))
    };
    let begins = |line: &&str| line.trim_start().starts_with('-') && !line.contains(": ");
    help.lines().filter(begins).filter_map(flag).collect()
}

/// The row of a table, of which there must be one.
fn row<'a, T>(table: &'a [T], what: &str, matches: impl Fn(&T) -> bool) -> &'a T {
    table.iter().find(|row| matches(row)).unwrap_or_else(|| panic!("no row for {what}"))
}

/// What a flag that takes this kind of value, or none, never takes.
fn never_taken(flag: &str, kind: Option<&str>) -> Vec<&'static OsStr> {
    let Some(kind) = kind else {
        return ["", "0", "yes"].map(OsStr::new).to_vec();
    };
    let (_, texts) = row(&REFUSED, kind, |(of, _)| *of == kind);
    let mut values: Vec<_> = texts.iter().map(OsStr::new).collect();
    if kind != "FILE" {
        values.push(OsStr::from_bytes(b"\xff\xfe")); // no text at all
    }
    if kind == "N" && flag != "--retries" {
        values.push(OsStr::new("0"));
    }
    values
}

#[test]
fn what_makes_no_sense_is_refused_by_the_flags_name() {
    let mut cases = 0;
    for program in PROGRAMS {
        for (flag, kind) in flags(program) {
            for value in never_taken(&flag, kind.as_deref()) {
                let argument = [OsStr::new(&flag), OsStr::new("="), value].join(OsStr::new(""));
                let (code, said) = run(&mut with(program, &flag, &argument));
                assert_eq!(code, Some(2), "{program} {argument:?}: {said}");
                assert!(said.contains(&flag), "{program} {argument:?}: {said}");
                let reasons = ["invalid value", "a value is required", "unexpected value"];
                let told = reasons.iter().any(|reason| said.contains(reason));
                assert!(told && !said.contains("panicked"), "{program} {argument:?}: {said}");
                cases += 1;
            }
        }
    }
    println!("{cases} cases");
    assert!(cases > 200, "{cases} cases: the help is not understood");
}

#[test]
fn what_is_just_possible_is_taken() {
    let mut cases = 0;
    for program in PROGRAMS {
        if program == "lab run" {
            continue; // it would play, and it takes what `lab predict` takes
        }
        let (code_of_taken, word) = match program {
            "lab predict" => (0, "HOW LONG AFTER A FAULT"),
            _ => (1, "cannot "),
        };
        for (flag, kind) in flags(program) {
            if kind.is_none() {
                continue;
            }
            let of = |of: &str| match program {
                "load" => of == "load",
                "lab predict" => of != "load",
                _ => of == program || of == "both",
            };
            let (.., values) =
                row(&TAKEN, &flag, |(program, name, _)| of(program) && *name == flag);
            for value in *values {
                let mut command = with(program, &flag, OsStr::new(&format!("{flag}={value}")));
                if flag.starts_with("--keepalive") || flag == "--user-timeout" {
                    command.args(["--detect", "both"]);
                }
                let (code, said) = run(&mut command);
                assert_eq!(code, Some(code_of_taken), "{program} {flag}={value}: {said}");
                assert!(said.contains(word), "{program} {flag}={value}: {said}");
                cases += 1;
            }
        }
    }
    println!("{cases} cases");
}
