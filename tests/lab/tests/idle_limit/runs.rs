//! The real command against the real server, alone and behind a path with a limit.

use std::{process::Command, thread, time::Duration};

use nix::sys::signal::Signal;
use serde_json::Value;
use tests::{
    binaries::{Server, json_command},
    event::conn,
    finished::Finished,
    program::Program,
};

use super::relay::{Mode, Relay};

const LIMIT: Duration = Duration::from_secs(1);

/// How much later than the client a busy machine's relay may start its clock.
const DELAY: f64 = 0.4;

fn server(arguments: &[&str]) -> Server {
    Server::start(arguments).expect("the server starts")
}

fn lab(address: &str, arguments: &[&str]) -> Program {
    let mut lab = Command::new(env!("CARGO_BIN_EXE_lab"));
    lab.args(["idle-limit", address]).args(arguments);
    Program::start(&mut lab).expect("the lab starts")
}

/// The result of a run that ends with this exit code.
fn result(finished: &Finished, code: i32) -> Value {
    finished.expect_code(code);
    serde_json::from_slice(&finished.stdout).expect("the result is JSON")
}

fn measured(address: &str, arguments: &[&str], code: i32) -> Value {
    let lab = lab(address, &[&["--json"], arguments].concat());
    result(&lab.finish().expect("the lab ends"), code)
}

/// Waits until the first of the silent connections has sent its heartbeat. The control connection
/// is the server's first.
fn wait_for_the_middle(server: &mut Server) {
    let is_silent = |event: &tests::event::Event| !conn(1)(event);
    server.program.wait_for("heartbeat", is_silent).expect("a silence ends");
}

/// Checks what the lab says of a path with the limit, in this mode.
fn finds_the_limit(mode: Mode, look: &str, when: &str) {
    let server = server(&["--timeout", "1h"]);
    let relay = Relay::start(&server.address, mode, LIMIT);
    let said = measured(&relay.address, &["--from", "300ms", "--to", "3s"], 0);
    assert_eq!(said["verdict"], "limit", "{said:#}");
    let [answered, dead] = ["answered_s", "dead_s"].map(|key| said[key].as_f64().expect(key));
    let limit = LIMIT.as_secs_f64();
    assert!(answered < limit + DELAY && limit - 0.02 < dead, "{said:#}");
    assert!(answered < dead && dead < answered * 1.126 + DELAY, "{said:#}");
    let deaths = said["deaths"].as_array().expect("a list");
    assert_eq!(deaths.len(), 1, "{said:#}");
    assert_eq!((&deaths[0]["look"], &deaths[0]["when"]), (&look.into(), &when.into()), "{said:#}");
}

#[test]
fn a_path_that_closes_an_idle_connection_is_measured() {
    finds_the_limit(Mode::Close, "end_of_stream", "during_silence");
}

#[test]
fn a_path_that_resets_an_idle_connection_is_measured() {
    finds_the_limit(Mode::Reset, "reset", "during_silence");
}

#[test]
fn a_path_that_resets_at_the_next_byte_is_measured() {
    finds_the_limit(Mode::ResetAtNextByte, "reset", "at_next_byte");
}

#[test]
fn a_path_that_swallows_what_comes_later_is_measured() {
    finds_the_limit(Mode::Swallow, "silence", "at_next_byte");
}

#[test]
fn the_servers_own_timeout_is_found_and_named() {
    let server = server(&["--timeout", "3s"]);
    let arguments = ["--from", "900ms", "--to", "6s", "--retry-interval", "600ms"];
    let finished = lab(&server.address, &arguments).finish().expect("the lab ends");
    finished.expect_code(0);
    let said = String::from_utf8_lossy(&finished.stdout).replace('\n', " ");
    assert!(said.contains("dead after 3"), "{said}");
    assert!(said.contains("an end of stream during the silence"), "{said}");
    assert!(said.contains("this may be the server, or something on the path"), "{said}");
    assert!(said.contains("Use --idle "), "{said}");
    assert!(finished.log().is_empty(), "{}", finished.log());
}

#[test]
fn a_path_without_a_limit_is_called_so() {
    let server = server(&["--timeout", "1h"]);
    let said = measured(&server.address, &["--from", "200ms", "--to", "600ms"], 0);
    assert_eq!(said["verdict"], "no_limit", "{said:#}");
    assert_eq!(said["message"], "no limit up to 600 ms");
    assert!(said["answered_s"].as_f64() >= Some(0.6) && said["dead_s"].is_null(), "{said:#}");
    assert!(said["idle"].is_null(), "two intervals of 5 s have no room: {said:#}");
}

#[test]
fn a_limit_below_the_shortest_silence_is_called_so() {
    let server = server(&["--timeout", "700ms"]);
    let said = measured(&server.address, &["--from", "1500ms", "--to", "2s"], 0);
    assert_eq!(said["verdict"], "below_from", "{said:#}");
    assert!(said["answered_s"].is_null(), "{said:#}");
    assert!((0.69..1.5).contains(&said["dead_s"].as_f64().expect("a number")), "{said:#}");
}

#[test]
fn a_server_that_is_killed_or_restarted_voids_the_run() {
    for restarted in [false, true] {
        let mut server = server(&["--timeout", "1h"]);
        let lab = lab(&server.address, &["--json", "--from", "300ms", "--to", "10s"]);
        wait_for_the_middle(&mut server);
        let address = server.address.clone();
        drop(server); // kills it
        let mut again = json_command("server").expect("the server is built");
        again.args(["--listen", &address]);
        let _server = restarted.then(|| Server::from_command(&mut again).expect("it starts again"));
        let said = result(&lab.finish().expect("the lab ends"), 1);
        assert_eq!(said["void"], "control_ended", "{said:#}");
        assert!(said["dead_s"].is_null() && said["idle"].is_null(), "{said:#}");
    }
}

#[test]
fn a_path_that_stops_passing_anything_voids_the_run() {
    let mut server = server(&["--timeout", "1h"]);
    let relay = Relay::start(&server.address, Mode::Swallow, Duration::from_hours(1));
    let arguments = ["--json", "--from", "300ms", "--to", "20s", "--retry-interval", "2s"];
    let lab = lab(&relay.address, &arguments);
    wait_for_the_middle(&mut server);
    relay.cut();
    let said = result(&lab.finish().expect("the lab ends"), 1);
    assert_eq!(said["void"], "control_unanswered", "{said:#}");
}

#[test]
fn a_server_that_probes_voids_the_run_and_gets_no_answer() {
    let mut server = server(&["--timeout", "1h", "--probe", "700ms"]);
    let said = measured(&server.address, &["--from", "300ms", "--to", "20s"], 1);
    assert_eq!(said["void"], "probed", "{said:#}");
    assert!(said["answered_s"].as_f64() < Some(0.7 + DELAY), "{said:#}");
    assert!(said["message"].as_str().is_some_and(|it| it.contains("--probe")), "{said:#}");
    // The first probe goes to a connection that is silent for longer, and is not answered.
    let probed = server.program.wait_for("probe_sent", |_| true).expect("a probe is sent");
    let probed = conn(probed.u64("conn").expect("a number"));
    let event = server.program.wait_for_any(probed).expect("the connection ends");
    assert_eq!(event.name(), "ended", "{event}");
}

#[test]
fn a_server_that_takes_a_few_connections_only_gives_no_verdict() {
    let server = server(&["--timeout", "1h", "--max-connections", "4"]);
    let said = measured(&server.address, &["--from", "300ms", "--to", "900ms"], 1);
    assert_eq!(said["verdict"], "contradiction", "{said:#}");
}

#[test]
fn a_lab_that_was_stopped_measures_the_true_silences() {
    let mut server = server(&["--timeout", "1h"]);
    let lab = lab(&server.address, &["--json", "--from", "300ms", "--to", "1s"]);
    wait_for_the_middle(&mut server);
    lab.pause().expect("the lab can be stopped");
    thread::sleep(Duration::from_secs(2)); // how long it is stopped
    lab.signal(Signal::SIGCONT).expect("the lab is there");
    let said = result(&lab.finish().expect("the lab ends"), 0);
    assert_eq!(said["verdict"], "no_limit", "{said:#}");
    assert!(said["held_up_s"].as_f64() > Some(1.0), "{said:#}");
    assert!(said["answered_s"].as_f64() > Some(2.0), "{said:#}");
}

#[test]
fn an_interrupted_run_ends_at_once_with_a_sentence() {
    let mut server = server(&["--timeout", "1h"]);
    let lab = lab(&server.address, &["--from", "300ms", "--to", "1h"]);
    wait_for_the_middle(&mut server);
    lab.signal(Signal::SIGTERM).expect("the lab is there");
    let finished = lab.finish().expect("the lab ends");
    finished.expect_code(130);
    assert_eq!(finished.log(), "interrupted: nothing is known about the limit");
}

#[test]
fn what_is_no_echo_server_is_not_measured() {
    let listener = tests::peer::Listener::bind();
    let lab = lab(&listener.address(), &["--json", "--from", "300ms", "--to", "1s"]);
    let mut control = listener.accept();
    control.expect(b"HeartBeat");
    control.send(b"400 Bad Request\r\n");
    let said = result(&lab.finish().expect("the lab ends"), 1);
    assert_eq!(said["void"], "wrong_reply", "{said:#}");
}

#[test]
#[cfg(target_os = "linux")]
fn keepalive_is_off_on_the_connections() {
    let mut server = server(&["--timeout", "1h"]);
    let _lab = lab(&server.address, &["--from", "1m", "--to", "2m"]);
    let port = |address: &str| {
        address.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port")
    };
    for _ in 0..3 {
        let connected = server.program.wait_for("connected", |_| true).expect("the lab connects");
        let client = port(connected.str("peer").expect("an address"));
        let timer = tests::proc::tcp_timer(client, port(&server.address)).expect("it is there");
        assert_ne!(timer.kind, 2, "{timer:?} is keepalive's");
    }
}
