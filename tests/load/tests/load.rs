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
fn error_of(treat: fn(TcpStream) -> io::Result<()>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || treat(listener.accept()?.0));
    let result = Load { connections: 1, ..LOAD }.run(&address.to_string(), None, |_| ());
    result.expect_err("the load fails").to_string()
}

#[test]
fn a_reply_that_is_not_its_line_in_capitals_fails_the_load() {
    let error = error_of(|mut stream| {
        let mut line = [0; 32];
        stream.read_exact(&mut line)?;
        stream.write_all(&line) // unchanged
    });
    assert_eq!(error, "a reply is not its line in capitals");
}

#[test]
fn a_server_that_closes_a_connection_fails_the_load() {
    let error = error_of(|mut stream| stream.read_exact(&mut [0; 32]));
    assert_eq!(error, "a connection was closed from the server's side");
}
