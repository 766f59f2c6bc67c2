//! The lab on a terminal.

use std::{
    fs, io,
    ops::{Deref, DerefMut},
    path::{Path, PathBuf},
    process::Command,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;
use tests::{binaries::built, proc, wait_until};
use vt100::Screen;

use crate::pty::Pty;

pub(crate) const SMALLEST: [u16; 2] = [80, 24];

/// With these flags nothing happens by itself during a test.
pub(crate) const CALM: [&str; 4] = ["--idle", "30m", "--timeout", "2h"];

/// A lab that runs in a folder of its own. Its binary has a name of its own, too, so that
/// `lab client` of another test does not find it.
pub(crate) struct Lab {
    pub(crate) pty: Pty,
    pub(crate) home: Home,
}

/// A folder with the lab's binary, in which labs run.
pub(crate) struct Home {
    folder: TempDir,
    binary: PathBuf,
}

impl Home {
    pub(crate) fn new() -> Self {
        // Where the binary is, since a hard link needs the same file system.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("there is room");
        let name = folder.path().file_name().expect("it has a name").to_string_lossy();
        let binary = folder.path().join(format!("lab{name}"));
        fs::hard_link(env!("CARGO_BIN_EXE_lab"), &binary).expect("it is the same file system");
        Self { folder, binary }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The command line of the lab.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).envs(built().expect("the programs build"));
        on_terminal(&mut command);
        command.current_dir(self.path());
        command
    }

    /// What `lab` with these arguments shows on a terminal.
    pub(crate) fn start(&self, arguments: &[&str]) -> Pty {
        Pty::start(&self.command(arguments), SMALLEST).expect("a terminal")
    }
}

/// Gives the program the environment of a usual terminal.
pub(crate) fn on_terminal(command: &mut Command) {
    command.env("TERM", "xterm-256color").env("LC_ALL", "C.UTF-8");
    command.env_remove("NO_COLOR").env_remove("RUST_BACKTRACE");
}

impl Lab {
    /// `lab live` with these flags, on a terminal of this size. Its server runs.
    pub(crate) fn start(flags: &[&str], size: [u16; 2]) -> Self {
        let home = Home::new();
        let command = home.command(&[&["live"], flags].concat());
        Self::from_command(&command, home, size)
    }

    pub(crate) fn from_command(command: &Command, home: Home, size: [u16; 2]) -> Self {
        let pty = Pty::start(command, size).expect("a terminal");
        pty.wait_for_text("RUNNING");
        Self { pty, home }
    }

    /// Adds a client, and waits until it is connected.
    pub(crate) fn add(&mut self, name: &str) {
        self.press("a");
        self.wait_for_row(&[&format!(">{name} "), "running"]);
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.pty.press(keys).expect("the terminal takes keys");
    }

    /// Presses keys, and waits for a row with each of these texts.
    #[track_caller]
    pub(crate) fn press_for(&mut self, keys: &str, texts: &[&str]) -> String {
        self.press(keys);
        self.wait_for_row(texts)
    }

    /// Waits for a row of the screen with each of these texts, and returns it.
    #[track_caller]
    pub(crate) fn wait_for_row(&self, texts: &[&str]) -> String {
        let screen = self.wait_for(&texts.join(" … "), |screen| row(screen, texts).is_some());
        row(&screen, texts).expect("it has been waited for")
    }

    /// Waits until no row has all of these texts.
    #[track_caller]
    pub(crate) fn wait_for_no_row(&self, texts: &[&str]) {
        let what = format!("a screen without {}", texts.join(" … "));
        self.wait_for(&what, |screen| row(screen, texts).is_none());
    }

    /// Leaves the lab by its key, and checks the terminal and the processes.
    #[track_caller]
    pub(crate) fn quit(mut self) {
        let family = self.family();
        self.press("q");
        assert_eq!(self.wait_for_end(), 0);
        self.expect_as_before();
        family.expect_gone();
    }

    pub(crate) fn family(&self) -> Family {
        Family::of(self.program().expect("the lab runs").pid)
    }
}

impl Deref for Lab {
    type Target = Pty;

    fn deref(&self) -> &Pty {
        &self.pty
    }
}

impl DerefMut for Lab {
    fn deref_mut(&mut self) -> &mut Pty {
        &mut self.pty
    }
}

/// The first row with each of these texts.
pub(crate) fn row(screen: &Screen, texts: &[&str]) -> Option<String> {
    let contents = screen.contents();
    let mut rows = contents.lines();
    rows.find(|row| texts.iter().all(|text| row.contains(text))).map(str::to_owned)
}

/// The processes of a lab, and the network in which they are.
pub(crate) struct Family {
    lab: u32,
    pub(crate) children: Vec<u32>,
    network: PathBuf,
}

impl Family {
    fn of(lab: u32) -> Self {
        let children = proc::children(lab).expect("proc(5) is mounted");
        let children = children.iter().map(|child| child.pid).collect();
        Self { lab, children, network: network(lab).expect("the lab runs") }
    }

    /// The child that is this program.
    pub(crate) fn child(&self, program: &str) -> u32 {
        let is_program = |pid: &u32| {
            let words = proc::command_line(*pid).unwrap_or_default();
            words.first().is_some_and(|word| Path::new(word).ends_with(program))
        };
        *self.children.iter().find(|pid| is_program(pid)).expect("the lab has started it")
    }

    /// Waits until no process of the lab is left, and nobody is in its network.
    #[track_caller]
    pub(crate) fn expect_gone(&self) {
        for pid in [self.lab].iter().chain(&self.children) {
            if wait_until(|| Ok(!proc::is_alive(*pid)?)).is_err() {
                let left = proc::command_line(*pid);
                send(*pid, Signal::SIGKILL); // or it would outlive the test, too
                panic!("{pid} is left: {left:?}");
            }
        }
        if network(std::process::id()).expect("we run") != self.network {
            let is_there = |pid: u32| network(pid).is_ok_and(|it| it == self.network);
            let gone = wait_until(|| Ok(!proc::pids()?.into_iter().any(is_there)));
            assert!(gone.is_ok(), "somebody is left in the network of the lab");
        }
    }
}

fn network(pid: u32) -> io::Result<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/net"))
}

pub(crate) fn send(pid: u32, signal: Signal) {
    let pid = Pid::from_raw(pid.try_into().expect("it is a process id"));
    kill(pid, signal).expect("the process is ours");
}
