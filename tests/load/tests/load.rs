//! The load program's own promises: every reply is checked, and what it counts is true.

use std::{
    io::{self, Read as _, Write as _},
    net::TcpListener,
    thread,
    time::Duration,
};

use load::{Plan, run};
use tests::binaries::Server;

const PLAN: Plan =
    Plan { connections: 8, line: 32, duration: Duration::from_millis(300), rate: None };

#[test]
fn a_load_counts_what_the_server_answered() {
    let server = Server::start(&["-q"]);
    let address = server.address.parse().unwrap();
    let saturated = run(address, PLAN, |_| (), || ()).unwrap();
    assert!(saturated.replies > 0);
    assert!(saturated.percentile(50.0) <= saturated.percentile(99.0));

    // No more lines are due than the rate says, in the warm-up and after it.
    let steady = run(address, Plan { rate: Some(500.0), ..PLAN }, |_| (), || ()).unwrap();
    assert!(steady.replies > 0);
    assert!(
        steady.rate() * steady.elapsed.as_secs_f64()
            <= 500.0 * (steady.elapsed.as_secs_f64() + 1.0)
    );
}

#[test]
fn a_reply_that_is_not_its_line_in_capitals_fails_the_load() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || -> io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        let mut line = [0; 32];
        stream.read_exact(&mut line)?;
        stream.write_all(&line) // as it came
    });
    let error = run(address, Plan { connections: 1, ..PLAN }, |_| (), || ()).unwrap_err();
    assert_eq!(error.to_string(), "a reply is not its line in capitals");
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_soak_would_ignore_is_refused() {
    for ignored in [["--connections", "1,2"], ["--line", "5"], ["--plot", "growth.svg"]] {
        let mut load = std::process::Command::new(env!("CARGO_BIN_EXE_load"));
        let output = load.args(["--soak", "1s"]).args(ignored).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(ignored[0]), "{message}");
    }
}

#[test]
fn a_server_that_closes_a_connection_fails_the_load() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || -> io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        stream.read_exact(&mut [0; 32])
    });
    let error = run(address, Plan { connections: 1, ..PLAN }, |_| (), || ()).unwrap_err();
    assert_eq!(error.to_string(), "the server closed a connection");
}
