//! The wall clock is set while the programs run. They measure monotonic time, so only the time of
//! day in the log changes.
//!
//! The clock is that of `libfaketime` (<https://github.com/wolfcw/libfaketime>). It is wrong in the
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
    binaries::{Server, json_command},
    event::{any, retry},
    peer::Peer,
    proc::cost,
    program::Program,
};

const LIBRARY: &str = "faketime/libfaketimeMT.so.1";
const HOUR: i64 = 60 * 60;

/// The library, in one of the places where distributions install it.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").expect("Linux has /usr/lib").flatten();
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

    /// Sets the clock to this offset from the true time, in one step.
    fn set(&self, offset: &str) {
        let new = self.0.path().join("new");
        fs::write(&new, offset).expect("the file can be written");
        fs::rename(new, self.file()).expect("the file can be replaced");
    }

    /// A command for a program that sees this clock.
    fn command(&self, library: &Path, program: &str) -> Command {
        let mut command = json_command(program).expect("the program builds");
        command
            .env("LD_PRELOAD", library)
            .env("FAKETIME_TIMESTAMP_FILE", self.file())
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        command
    }
}

/// The time of day in an RFC 3339 timestamp such as `2026-01-31T23:59:59.123456Z`, in seconds.
fn time_of_day(timestamp: &str) -> i64 {
    let time = timestamp.get(11..19).unwrap_or_else(|| panic!("no timestamp: {timestamp}"));
    time.split(':').fold(0, |sum, part| sum * 60 + part.parse::<i64>().expect("a number"))
}

/// Waits for some heartbeats, which come every 400 ms. Returns the time of day of the last one.
fn heartbeats(client: &mut Program) -> i64 {
    let mut answered = || {
        let answered = client.wait_for("heartbeat_answered", retry(0));
        answered.expect("the heartbeat is answered")
    };
    answered(); // its silence may have begun before this call
    let start = Instant::now();
    let last = (0..5).map(|_| answered()).last().expect("five events");
    assert!(start.elapsed() >= Duration::from_millis(1800), "the heartbeats came too soon");
    time_of_day(last.str("timestamp").expect("each event has a timestamp"))
}

#[test]
#[ignore = "needs libfaketime: see docs/testing.md"]
fn a_wall_clock_that_is_set_changes_nothing_but_the_log() {
    let (library, clock) = (library(), Clock::new());
    let mut command = clock.command(&library, "server");
    command.args(["--listen", "127.0.0.1:0", "--timeout", "2s"]);
    let mut server = Server::from_command(&mut command).expect("the server starts");
    let mut command = clock.command(&library, "client");
    command.args(["--server", &server.address, "--idle", "400ms", "--retry-interval", "400ms"]);
    let mut client = Program::start(&mut command).expect("the client starts");
    let pids = [client.pid(), server.program.pid()];
    let cpu = |pid| cost(pid).expect("the program runs").cpu;
    let mut before = heartbeats(&mut client);
    let (start, cpu_before) = (Instant::now(), pids.map(cpu));

    for (offset, hours) in [("-1h", -1), ("+0", 1), ("+1h", 1)] {
        let mut silent = Peer::connect(&server.address);
        silent.ask(b"hello\n", b"HELLO\n");
        let last_byte = Instant::now();
        clock.set(offset);
        let now = heartbeats(&mut client);
        let error = (now - before - hours * HOUR).rem_euclid(24 * HOUR);
        assert!(error < HOUR / 2, "the log's clock was not set by {hours} h: {before} to {now}");
        before = now;

        // The silent client is evicted when it should be, and no other client is.
        assert_eq!(silent.read_to_end(), b"", "the silent client is evicted");
        assert!(last_byte.elapsed() >= Duration::from_secs(2), "evicted before the timeout");
        let ended = server.program.wait_for("ended", any).expect("the connection ends");
        assert_eq!(ended.reason(), "silent", "{ended}");
    }

    let (elapsed, cpu_after) = (start.elapsed(), pids.map(cpu));
    for (before, after) in cpu_before.into_iter().zip(cpu_after) {
        let used = after.saturating_sub(before);
        assert!(used < elapsed / 10, "a program used {used:?} of {elapsed:?}: it spins");
    }
    client.finish_with("hello\n", b"HELLO\n");
    let finished = server.stop().expect("the server ends");
    finished.expect_code(0);
    let stopped = finished.expect_event("stopped");
    assert_eq!(stopped.u64("evicted"), Some(3), "{stopped}");
}
