//! Nobody reads what the lab prints.
#![cfg(unix)]

use std::{io, process::Command};

use tests::{binaries::built, finished::run};

#[test]
fn a_reader_that_has_gone_ends_every_command_without_a_word() {
    for arguments in [
        &["predict"][..],
        &["predict", "--json"],
        &["list"],
        &["run", "server-killed"],
        &["run", "server-killed", "--json"],
    ] {
        let (reader, stdout) = io::pipe().expect("a pipe");
        drop(reader);
        let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
        lab.args(arguments).envs(built().expect("the programs build")).stdout(stdout);
        let finished = run(&mut lab).expect("the lab starts");
        finished.expect_code(0);
        assert_eq!(finished.log(), "", "{arguments:?}");
    }
}
