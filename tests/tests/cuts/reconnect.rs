//! Sessions that outlive a cut, and servers behind a proxy.

use std::{net::TcpStream, process::Command};

use crate::cases::ip;
use tests::{
    binaries::{Server, are_of_windows, client, json_command},
    cases::{Case, SKIPPED},
    event::{Event, any, conn},
    namespace::{Loopback, set_loopback},
    program::Program,
    tools::is_installed,
    wait_until,
};

pub(crate) const CASES: [Case; 4] = [
    ("a_cut_that_both_sides_notice_loses_nothing", noticed_cut),
    ("while_this_host_has_no_network_the_pauses_do_not_grow", no_network),
    ("a_client_behind_haproxy_moves_to_the_server_that_is_left_and_waits_for_one", killed),
    ("haproxy_moves_every_client_away_from_a_server_that_hangs", hung),
];

/// The line is down for longer than the client's rule and the server's timeout.
fn noticed_cut() {
    let mut server = Server::start(&["--timeout", "2s"]).expect("the server starts");
    let rule = ["--reconnect", "--idle", "1s", "--retry-interval", "2s", "--retries", "1"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    client.type_in("before\n").expect("the client takes input");
    server.program.wait_for("connected", conn(1)).expect("the server accepts");
    set_loopback(Loopback::Down);
    client.type_in("in flight\n").expect("the client takes input");
    let ended = client.wait_for("connection_ended", any).expect("the client notices");
    assert_eq!(ended.reason(), "unanswered", "{ended}");
    ended.expect_finding("host_silent");
    server.program.wait_for("ended", conn(1)).expect("the server notices");
    client.type_in("while it was down\n").expect("the client takes input");
    client.wait_for("connecting", any).expect("an attempt gets no answer");
    set_loopback(Loopback::Up);
    let back = client.wait_for("back", any).expect("the session goes on");
    assert!(back.f64("down_s") > Some(1.0), "{back}");
    client.finish_with("after\n", b"BEFORE\nIN FLIGHT\nWHILE IT WAS DOWN\nAFTER\n");
}

/// This host loses its network and gets it back.
fn no_network() {
    const ADDRESS: &str = "10.9.9.9/32";
    ip(&["address", "add", ADDRESS, "dev", "lo"]);
    let mut command = json_command("server").expect("the server builds");
    let server = Server::from_command(command.args(["--listen", "10.9.9.9:0"]));
    let server = server.expect("the server starts");
    let rule = ["--reconnect", "--idle", "1s", "--retry-interval", "2s", "--retries", "0"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    ip(&["address", "del", ADDRESS, "dev", "lo"]);
    client.type_in("kept\n").expect("the client takes input");
    client.wait_for("connection_ended", any).expect("the client notices");
    for _ in 0..4 {
        let failed = client.wait_for("connect_failed", any).expect("an attempt fails");
        // Wine has only the number for it.
        let unreachable = if are_of_windows() { "10051" } else { "unreachable" };
        assert!(failed.message().contains(unreachable), "{failed}");
        // No server is to blame for that, so the pauses do not grow.
        let announced = client.wait_for("reconnecting", any).expect("the next is announced");
        let pause = announced.f64("pause_s").expect("the pause is told");
        assert!((1.0..=2.0).contains(&pause), "{announced}");
    }
    ip(&["address", "add", ADDRESS, "dev", "lo"]);
    client.wait_for("back", any).expect("the session goes on");
    client.finish_with("after\n", b"KEPT\nAFTER\n");
}

/// Starts our server on this port of the namespace, as `docs/operate/haproxy.cfg` has it.
fn backend(port: u16) -> Server {
    let mut command = json_command("server").expect("the server builds");
    let listen = format!("127.0.0.1:{port}");
    Server::from_command(command.args(["-q", "--listen", &listen])).expect("the server starts")
}

/// The address of the proxy in `docs/operate/haproxy.cfg`.
const ADDRESS: &str = "127.0.0.1:5005";

/// Both servers and the proxy, or nothing if `haproxy` is not installed.
fn behind_haproxy() -> Option<(Server, Server, Program)> {
    const CONFIG: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operate/haproxy.cfg");
    if !is_installed("haproxy") {
        println!("{SKIPPED}haproxy is not installed");
        return None;
    }
    let (first, second) = (backend(5006), backend(5007));
    let mut command = Command::new("haproxy");
    let haproxy = Program::start(command.args(["-db", "-f", CONFIG])).expect("haproxy starts");
    wait_until(|| Ok(TcpStream::connect(ADDRESS).is_ok())).expect("haproxy listens");
    Some((first, second, haproxy))
}

#[track_caller]
fn expect_next(client: &mut Program, expected: &str) -> Event {
    let names = ["connected", "connect_failed", "connection_ended"];
    let event = client.wait_for_any(|event| names.contains(&event.name()));
    let event = event.expect("one of the events comes");
    assert_eq!(event.name(), expected, "{event}");
    event
}

/// The servers are killed one after the other. Then the second one is started again.
fn killed() {
    let Some((first, second, _haproxy)) = behind_haproxy() else { return };
    let mut client = client(ADDRESS, &["--reconnect", "--idle", "10s"]).expect("it connects");
    drop(first);
    expect_next(&mut client, "connection_ended");
    expect_next(&mut client, "connected");
    drop(second);
    expect_next(&mut client, "connection_ended");
    expect_next(&mut client, "connection_ended"); // the proxy takes connections without any server
    client.type_in("kept\n").expect("the client takes input");
    let _second = backend(5007);
    client.wait_for("back", any).expect("the session goes on");
    client.finish_with("after\n", b"KEPT\nAFTER\n");
}

/// The first server hangs. The client's own rule would notice that only after an hour.
fn hung() {
    let Some((first, second, _haproxy)) = behind_haproxy() else { return };
    let mut moved = client(ADDRESS, &["--reconnect", "--idle", "1h"]).expect("it connects");
    first.program.pause().expect("the server stops");
    let ended = expect_next(&mut moved, "connection_ended");
    assert_eq!(ended.reason(), "server_closed", "{ended}");
    expect_next(&mut moved, "connected");
    let new = client(ADDRESS, &["--idle", "1h"]).expect("the proxy accepts");
    new.finish_with("new\n", b"NEW\n");
    moved.finish_with("moved\n", b"MOVED\n");
    // With --quiet only the end of a lost client is logged, and a check must not look like one.
    let finished = second.stop().expect("the server ends");
    assert_eq!(finished.event("ended"), None);
}
