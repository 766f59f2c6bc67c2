//! What it costs to watch: the lab's CPU time on a screen of 80×24, and whether the server evicts
//! on time meanwhile.
//!
//! `cargo test --release -p lab --test live_cost -- --ignored --nocapture --test-threads=1`
//! prints the figures.
#![cfg(target_os = "linux")]

#[path = "live/pty.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod pty;

use std::{fs, path::Path, process::Command, thread, time::Duration};

use lab::live::{
    input::{What, Who},
    record,
};
use tests::{binaries::built, proc};

use self::pty::Pty;

const MEASURED: Duration = Duration::from_secs(20);

/// The lab on a terminal, with these flags.
fn lab(flags: &[&str], record: &Path) -> Pty {
    let built = built().expect("the programs build");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lab"));
    command.envs(built).env("LANG", "C.UTF-8").env("TERM", "xterm-256color");
    command.arg("live").args(flags).arg("--record").arg(record);
    let pty = Pty::start(&command, [80, 24]).expect("the lab starts");
    pty.wait_for_text("RUNNING");
    pty
}

/// Adds so many clients, one after the other.
fn add(pty: &mut Pty, clients: usize, named: usize) {
    for name in named + 1..=named + clients {
        pty.press("a").expect("the lab takes keys");
        pty.wait_for_text(&format!("you started c{name}"));
    }
}

#[test]
#[ignore = "measures: needs a release build and a quiet machine"]
fn what_it_costs_to_watch() {
    let folder = tempfile::tempdir().expect("there is room");
    for clients in [3, 20] {
        let mut pty = lab(&[], &folder.path().join("cost.jsonl"));
        add(&mut pty, clients, 0);
        let pid = pty.program().expect("the lab runs").pid;
        let cpu = || proc::cost(pid).expect("the lab runs").cpu;
        let before = cpu();
        thread::sleep(MEASURED);
        let spent = cpu().saturating_sub(before);
        let percent = spent.as_secs_f64() / MEASURED.as_secs_f64() * 100.0;
        println!("{clients} clients: {percent:.1} % of a core");
        pty.press("q").expect("the lab takes keys");
        assert_eq!(pty.wait_for_end(), 0);
    }
}

#[test]
#[ignore = "measures: needs a release build and a quiet machine"]
fn how_late_the_server_evicts_while_it_is_watched() {
    const ROUNDS: usize = 10;
    const CLIENTS: usize = 20;
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("late.jsonl");
    let mut pty = lab(&["--timeout", "2s", "--idle", "30s"], &file);
    for round in 0..ROUNDS {
        add(&mut pty, CLIENTS, round * CLIENTS);
        pty.wait_for_text("The queue is empty");
    }
    pty.press("q").expect("the lab takes keys");
    assert_eq!(pty.wait_for_end(), 0);

    let inputs = record::read(&file).expect("it is a recording");
    let mut late: Vec<f64> = inputs
        .iter()
        .filter_map(|input| match &input.what {
            What::Logged { who: Who::Server, event } if event.reason() == "silent" => {
                Some((event.f64("silent_s")? - 2.0) * 1e3)
            }
            _ => None,
        })
        .collect();
    late.sort_by(f64::total_cmp);
    let at = |part: usize| late[late.len() * part / 100];
    println!("{} evictions, late by {:.1} ms (median), {:.1} ms (p99)", late.len(), at(50), at(99));
    fs::remove_file(file).expect("it is there");
    assert_eq!(late.len(), ROUNDS * CLIENTS);
}
