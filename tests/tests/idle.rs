//! An idle pair of programs sleeps. It neither spins nor polls.
#![cfg(target_os = "linux")]

use std::time::Instant;

use tests::{
    binaries::{Server, client},
    event::retry,
    proc::{cost, sleeps},
};

#[test]
fn an_idle_pair_uses_no_cpu_time() {
    const HEARTBEATS: u64 = 8;

    let server = Server::start(&[]).expect("the server starts");
    let rule = ["--idle", "400ms", "--retry-interval", "1h"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    let programs = [("server", server.program.pid()), ("client", client.pid())];
    let measure = |(_, pid)| (sleeps(pid).expect("it runs"), cost(pid).expect("it runs").cpu);
    let before = programs.map(measure);
    let start = Instant::now();
    for _ in 0..HEARTBEATS {
        client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    }
    let elapsed = start.elapsed();
    let after = programs.map(measure);

    for (((name, _), before), after) in programs.iter().zip(before).zip(after) {
        // A heartbeat wakes at most three threads of a client. Polling every 5 ms would be 80
        // sleeps in the same time.
        let slept = after.0 - before.0;
        assert!(slept <= 10 * HEARTBEATS, "the {name} slept {slept} times: it polls");
        let used = after.1.saturating_sub(before.1);
        assert!(used <= elapsed / 10, "the {name} used {used:?} of {elapsed:?}: it spins");
    }
}
