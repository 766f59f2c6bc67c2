//! systemd's units in `docs/operate`: the programs take their flags, and end as the units say.
#![cfg(unix)]

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, command},
    event::any,
    program::Program,
};

const SERVER: &str = include_str!("../../docs/operate/heartbeat-server@.service");
const CLIENT: &str = include_str!("../../docs/operate/heartbeat-client.service");

fn setting<'a>(unit: &'a str, name: &str) -> Option<&'a str> {
    unit.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
}

/// The flags with which a unit starts its program, where `from` stands for `to`.
fn flags(unit: &str, from: &str, to: &str) -> Vec<String> {
    let start = setting(unit, "ExecStart").expect("a service has a command");
    assert!(start.contains(from), "{start}");
    start.split_whitespace().skip(1).map(|word| word.replace(from, to)).collect()
}

/// Stops the program as systemd does. Checks that it ends with this code, and that systemd takes
/// it for a success.
#[track_caller]
fn expect_success(unit: &str, program: Program, code: i32) {
    program.signal(Signal::SIGTERM).expect("the program runs");
    program.finish().expect("the program ends").expect_code(code);
    let listed = setting(unit, "SuccessExitStatus").unwrap_or_default();
    let is_listed = listed.split_whitespace().any(|status| status == code.to_string());
    assert!(code == 0 || is_listed, "{code} is a failure");
}

#[test]
fn a_server_and_a_client_that_systemd_stops_are_successes() {
    let mut server = command("server").expect("the server builds");
    let server = Server::from_command(server.args(flags(SERVER, "%i", "0")));
    let server = server.expect("the server takes the flags");

    let mut client = command("client").expect("the client builds");
    client.args(flags(CLIENT, "127.0.0.1:5005", &server.address));
    let mut client = Program::start(&mut client).expect("the client starts");
    client.close_stdin();
    client.wait_for("connected", any).expect("the client takes the flags");

    expect_success(CLIENT, client, 130);
    expect_success(SERVER, server.program, 0);
}
