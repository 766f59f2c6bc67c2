//! Somebody sets the wall clock while the programs run. They count in monotonic time, so
//! nothing comes of it but another time of day in the log.
//!
//! The clock is `libfaketime`'s (<https://github.com/wolfcw/libfaketime>), and wrong in the
//! programs alone.
#![cfg(target_os = "linux")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tests::{
    binaries::{Server, command},
    peer::Peer,
    process::{Cost, cost},
    program::Program,
};

const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
const HOUR: i64 = 60 * 60;

/// Where distributions put the library.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").expect("it is there").flatten();
    let folders = folders.map(|entry| entry.path());
    let mut places = folders.chain(["/usr/lib", "/usr/lib64", "/usr/local/lib"].map(PathBuf::from));
    places
        .find_map(|folder| Some(folder.join(LIBRARY)).filter(|library| library.exists()))
        .expect("the package `faketime` is installed")
}

/// A wall clock that can be set.
struct Clock(TempDir);

impl Clock {
    fn new() -> Self {
        let clock = Self(tempfile::tempdir().expect("a temporary folder"));
        clock.set("+0");
        clock
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("offset")
    }

    /// Sets it to so much beside the true time, in one step.
    fn set(&self, offset: &str) {
        let new = self.0.path().join("new");
        fs::write(&new, offset).expect("it can be written");
        fs::rename(new, self.file()).expect("it can be replaced");
    }

    /// A program by this clock.
    fn command(&self, library: &Path, program: &str) -> Command {
        let mut command = command(program);
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", self.file())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }
}

/// The time of day of a line in the log, in seconds.
fn time_of_day(line: &str) -> i64 {
    let figures = line.get(..8).unwrap_or_else(|| panic!("{line}")).split(':');
    figures.fold(0, |sum, figure| sum * 60 + figure.parse::<i64>().expect("a time of day"))
}

/// The next heartbeats, whose rhythm is `IDLE`; returns the last's line.
fn heartbeats(client: &mut Program) -> String {
    client.wait_for("heartbeat 1 answered in "); // it may have begun before
    let start = Instant::now();
    let mut line = String::new();
    for _ in 0..5 {
        line = client.wait_for("heartbeat 1 answered in ");
    }
    assert!(start.elapsed() >= Duration::from_millis(1800), "they are hurried");
    line
}

fn processor(pid: u32) -> Cost {
    cost(pid).expect("it runs")
}

#[test]
#[ignore = "needs libfaketime: see TESTING.md"]
fn a_wall_clock_that_is_set_changes_nothing_but_the_log() {
    let (library, clock) = (library(), Clock::new());
    let mut command = clock.command(&library, "server");
    let mut server =
        Server::from_command(command.args(["--listen", "127.0.0.1:0", "--timeout", "2s"]));
    let mut command = clock.command(&library, "client");
    command.args(["--server", &server.address, "--idle", "400ms", "--retry-interval", "400ms"]);
    let mut client = Program::start(&mut command);
    let pids = [client.pid(), server.program.pid()];
    let mut before = time_of_day(&heartbeats(&mut client));
    let (start, used) = (Instant::now(), pids.map(processor));

    for (offset, hours) in [("-1h", -1), ("+0", 1), ("+1h", 1)] {
        let mut silent = Peer::connect(&server.address);
        silent.ask(b"hello\n", b"HELLO\n");
        let heard = Instant::now();
        clock.set(offset);
        let line = heartbeats(&mut client);
        let now = time_of_day(&line);
        let jumped = (now - before - hours * HOUR).rem_euclid(24 * HOUR);
        assert!(jumped < HOUR / 2, "the clock was not set by {hours} h: {line}");
        before = now;

        // The silent one is evicted, in its time, and nobody else.
        assert_eq!(silent.read_to_end(), b"");
        assert!(heard.elapsed() >= Duration::from_secs(2));
        server.program.wait_for(" evicted: silent for ");
    }

    for (before, pid) in used.into_iter().zip(pids) {
        let used = processor(pid).processor.saturating_sub(before.processor);
        assert!(used < start.elapsed() / 10, "{used:?} of processor time");
    }
    client.finish_with("hello\n", b"HELLO\n");
    assert!(server.stop().expect_code(0).contains(", 3 evicted, "));
}
