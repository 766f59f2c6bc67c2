//! What the lab shows where the system refuses it a network of its own, and the wire.

use std::{env, os::unix::fs::symlink, path::Path, process::Command};

use tempfile::TempDir;
use tests::{
    binaries::built,
    event::any,
    program::Program,
    user::{as_user, copies_for_everyone},
};

use crate::{
    pty::Pty,
    stage::{CALM, SMALLEST, on_terminal, row},
    suite::Case,
};

pub(crate) const CASES: [Case; 1] =
    [("without_a_network_of_its_own_the_lab_says_what_it_cannot_show", without_a_network)];

/// The user of whom the programs are, since root may see the wire. Nobody else has programs.
const USER: u32 = 65_521;

/// The programs as another user, who finds no `unshare`.
struct Elsewhere(TempDir);

impl Elsewhere {
    fn new() -> Self {
        let [(_, server), (_, client)] = built().expect("the programs build");
        let lab = Path::new(env!("CARGO_BIN_EXE_lab"));
        let folder = copies_for_everyone(&[server, client, lab]).expect("there is room");
        let path = env::var_os("PATH").unwrap_or_default();
        let mut setpriv = env::split_paths(&path).map(|folder| folder.join("setpriv"));
        if let Some(setpriv) = setpriv.find(|program| program.is_file()) {
            symlink(setpriv, folder.path().join("setpriv")).expect("there is room");
        }
        Self(folder)
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let folder = self.0.path();
        let mut command = as_user(USER, "env").expect("proc(5) is mounted");
        command.arg(format!("PATH={}", folder.display()));
        command.arg(folder.join(program)).args(arguments);
        for (variable, binary) in built().expect("the programs build") {
            command.env(variable, folder.join(binary.file_name().expect("it is a file")));
        }
        on_terminal(&mut command);
        command.current_dir(folder);
        command
    }
}

fn without_a_network() {
    let elsewhere = Elsewhere::new();
    let live = elsewhere.command("lab", &[&["live"], &CALM[..]].concat());
    let mut lab = Pty::start(&live, SMALLEST).expect("a terminal");
    let joined = lab.wait_for(" join", |screen| row(screen, &["client --server "]).is_some());
    let joined = row(&joined, &["client --server "]).expect("it has been waited for");
    let mut words =
        joined.trim_matches(['│', ' ']).split(' ').skip_while(|it| !it.ends_with("client"));
    let arguments: Vec<_> = words.by_ref().skip(1).collect();

    lab.press("x").expect("the lab runs");
    lab.wait_for_text("! there is no private network to cut: not installed: unshare, ip");
    lab.press("a").expect("the lab runs");
    lab.wait_for_text("you started c1");
    lab.press("thello\r").expect("the lab runs");
    lab.wait_for_text("WIRE  of c1, as the two logs tell it: packet sockets are refused: ");
    lab.wait_for("the answer", |screen| row(screen, &["client ◄─", "\"HELLO\\n\""]).is_some());

    let mut client = elsewhere.command("client", &[&["--log", "json"], &arguments[..]].concat());
    let mut client = Program::start(&mut client).expect("it starts");
    client.wait_for("connected", any).expect("it joins");
    lab.wait_for_text("not ours");
    client.finish_with("", b"");
    lab.press("q").expect("the lab runs");
    assert_eq!(lab.wait_for_end(), 0);
    lab.expect_as_before();
}
