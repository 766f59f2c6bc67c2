//! `lab idle-limit` over a network that is cut in the middle of a run.

#[cfg(target_os = "linux")]
fn main() {
    tests::cases::run(&[("a_cut_in_the_middle_voids_the_run", cases::a_cut_in_the_middle)]);
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod cases {
    use std::process::Command;

    use serde_json::Value;
    use tests::{
        binaries::Server,
        event::conn,
        namespace::{Loopback, set_loopback},
        program::Program,
    };

    pub(crate) fn a_cut_in_the_middle() {
        let mut server = Server::start(&["--timeout", "1h"]).expect("the server starts");
        let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
        lab.args(["idle-limit", &server.address, "--json", "--from", "300ms", "--to", "20s"]);
        let lab = Program::start(lab.args(["--retry-interval", "2s"])).expect("the lab starts");
        // The control connection is the server's first.
        let first_silence = server.program.wait_for("heartbeat", |event| !conn(1)(event));
        first_silence.expect("a silence ends");
        set_loopback(Loopback::Down);
        let finished = lab.finish().expect("the lab ends");
        finished.expect_code(1);
        let said: Value = serde_json::from_slice(&finished.stdout).expect("the result is JSON");
        assert_eq!(said["void"], "control_unanswered", "{said:#}");
        assert!(said["dead_s"].is_null() && said["idle"].is_null(), "{said:#}");
    }
}
