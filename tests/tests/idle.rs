//! An idle pair of programs sleeps: it neither spins nor polls.
#![cfg(target_os = "linux")]

use std::{fs, time::Instant};

use tests::binaries::{Server, client};

/// How often the threads of a process went to sleep, and how long they used a processor,
/// in ticks of 10 ms.
fn account(pid: u32) -> (u64, u64) {
    let mut sleeps = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).expect("it runs").flatten() {
        let status = fs::read_to_string(task.path().join("status")).unwrap_or_default();
        let figure = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        sleeps += figure.map_or(0, |figure| figure.trim().parse().expect("a number"));
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(") ").expect("the name is in brackets");
    let time = |field: usize| -> u64 {
        fields.split(' ').nth(field - 3).and_then(|ticks| ticks.parse().ok()).expect("proc(5)")
    };
    (sleeps, time(14) + time(15))
}

#[test]
fn an_idle_pair_uses_no_processor() {
    const HEARTBEATS: u64 = 8;

    let server = Server::start(&[]);
    let mut client = client(&server.address, &["--idle", "400ms", "--retry-interval", "1h"]);
    client.wait_for("heartbeat 1 answered in ");
    let pids = [server.program.pid(), client.pid()];
    let before = pids.map(account);
    let start = Instant::now();
    for _ in 0..HEARTBEATS {
        client.wait_for("heartbeat 1 answered in ");
    }
    let idle_ticks = u64::try_from(start.elapsed().as_millis() / 10).unwrap();
    let after = pids.map(account);

    for (name, (before, after)) in ["server", "client"].iter().zip(before.iter().zip(after)) {
        let (sleeps, ticks) = (after.0 - before.0, after.1 - before.1);
        // A heartbeat wakes three threads of a client at most; polling every 5 ms would
        // be 80 sleeps in the same time, spinning all of the time.
        assert!(sleeps <= 10 * HEARTBEATS, "the {name} slept {sleeps} times");
        assert!(ticks <= idle_ticks / 10, "the {name} used {ticks} of {idle_ticks} ticks");
    }
}
