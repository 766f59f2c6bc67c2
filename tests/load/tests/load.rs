//! The load's own promises: it checks every reply, and what it counts is true.

use std::{
    io::{self, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use load::load::Load;
use tests::binaries::Server;

const LOAD: Load =
    Load { connections: 8, line: 32, duration: Duration::from_millis(300), rate: None };

#[test]
fn a_closed_load_counts_replies_and_orders_its_percentiles() {
    let server = Server::start(&["-q"]).expect("the server starts");
    let measured = LOAD.run(&server.address, None, |_| ()).expect("every reply is right");
    assert!(measured.replies > 0, "no reply was counted");
    assert!(measured.micros(50.0) <= measured.micros(99.0), "the percentiles are not in order");
}

#[test]
fn an_open_load_sends_no_more_lines_than_its_rate() {
    let server = Server::start(&["-q"]).expect("the server starts");
    let load = Load { rate: Some(500.0), ..LOAD };
    let measured = load.run(&server.address, None, |_| ()).expect("every reply is right");
    assert!(measured.replies > 0, "no reply was counted");
    // Lines that were due in the warm-up may be answered, and counted, after it.
    let seconds = measured.elapsed.as_secs_f64();
    let (replies, most) = (measured.rate() * seconds, 500.0 * (seconds + 1.0));
    assert!(replies <= most, "{replies} replies are more than {most}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_load_measures_the_servers_process() {
    let server = Server::start(&["-q"]).expect("the server starts");
    let pid = Some(server.program.pid());
    let measured = LOAD.run(&server.address, pid, |_| ()).expect("every reply is right");
    assert!(measured.memory() > Some(0), "the server's memory is unknown");
    assert!(measured.cpu_micros().is_some(), "the server's CPU time is unknown");
    let nobody = LOAD.run(&server.address, Some(u32::MAX), |_| ());
    assert!(nobody.is_err(), "a process that does not exist has no cost");
}

#[cfg(target_os = "linux")]
#[test]
fn a_load_takes_every_kind_of_address_that_the_client_takes() {
    let server = Server::start(&["-q"]).expect("the server starts");
    let mapped = server.address.replace("127.0.0.1", "[::ffff:127.0.0.1%lo]");
    LOAD.run(&mapped, None, |_| ()).expect("every reply is right");
    let error = LOAD.run("[fe80::1]:5005", None, |_| ()).expect_err("there is no such host");
    assert!(error.to_string().contains("needs its network interface"), "{error}");
}

/// Loads a server that treats its only connection like this, and returns the load's error.
fn error_of(load: Load, treat: fn(TcpStream) -> io::Result<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || treat(listener.accept()?.0));
    let result = Load { connections: 1, ..load }.run(&address.to_string(), None, |_| ());
    result.expect_err("the load fails").to_string()
}

#[test]
fn a_reply_that_is_not_its_line_in_capitals_fails_the_load() {
    let error = error_of(LOAD, |mut stream| {
        let mut line = [0; 32];
        stream.read_exact(&mut line)?;
        stream.write_all(&line) // unchanged
    });
    assert_eq!(error, "a reply is not its line in capitals");
}

#[test]
fn a_server_that_closes_a_connection_fails_the_load() {
    let error = error_of(LOAD, |mut stream| stream.read_exact(&mut [0; 32]));
    assert_eq!(error, "a connection was closed from the server's side");
}

#[test]
fn a_server_that_stops_reading_fails_the_load_and_is_named() {
    let load = Load { line: 16_384, duration: Duration::from_mins(1), rate: Some(1e5), ..LOAD };
    let error = error_of(load, |mut stream| {
        let mut line = [0; 16_384];
        stream.read_exact(&mut line)?;
        line.make_ascii_uppercase();
        stream.write_all(&line)?;
        thread::park(); // the connection stays open
        Ok(())
    });
    assert_eq!(error, "the server does not read: a line did not fit");
}

/// A stop and a continuation interrupt a wait for events, signal(7).
#[cfg(target_os = "linux")]
#[test]
fn a_load_that_is_stopped_for_a_moment_goes_on() {
    use std::{
        process::{self, Command},
        sync::mpsc,
    };

    use nix::sys::signal::Signal;
    use tests::{
        proc::{Child, children},
        program::Program,
        wait_until,
    };

    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address").to_string();
    let (asked, was_asked) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    thread::spawn(move || -> io::Result<()> {
        let (mut stream, _) = listener.accept()?;
        let mut line = [0; 32];
        loop {
            stream.read_exact(&mut line)?;
            let _ = asked.send(());
            let _ = may_go.recv(); // an error says that it may go on for ever
            line.make_ascii_uppercase();
            stream.write_all(&line)?;
        }
    });
    let mut load = Command::new(env!("CARGO_BIN_EXE_load"));
    load.args(["--server", &address, "--connections", "1", "--rate", "100"]);
    let load = Program::start(load.args(["--duration", "100ms"])).expect("the load starts");
    was_asked.recv().expect("the load sends a line");
    let sleeps = |child: &Child| child.pid == load.pid() && child.state == 'S';
    wait_until(|| Ok(children(process::id())?.iter().any(sleeps))).expect("it waits for the reply");
    load.pause().expect("the load runs");
    load.signal(Signal::SIGCONT).expect("the load is there");
    drop(go);
    load.finish().expect("the load ends").expect_code(0);
}
