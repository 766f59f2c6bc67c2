//! Difficult surroundings: standard streams that are closed, full or never read, ports that
//! linger, and signals at the wrong moment.
#![cfg(target_os = "linux")]

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Seek as _, Write as _},
    process::{Child, ChildStderr, Command, Stdio},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tests::{
    binaries::{Server, binary, client, json_command, start_client},
    event::{Event, any, retry},
    finished::run,
    peer::{Full, Peer},
    program::stop_signals,
};

#[test]
fn a_server_comes_back_on_its_port_while_old_connections_linger() {
    let server = Server::start(&[]).expect("the server starts");
    let address = server.address.clone();
    let mut peer = Peer::connect(&address);
    peer.ask(b"before\n", b"BEFORE\n");
    // The server closes first, so the old connection lingers on its side.
    server.stop().expect("the server ends").expect_code(0);
    assert_eq!(peer.read_to_end(), b"", "the stream ends");
    let mut command = json_command("server").expect("the server builds");
    let again = Server::from_command(command.args(["--listen", &address]));
    let again = again.expect("the server starts again");
    assert_eq!(again.address, address);
    again.expect_answer();
}

#[test]
fn closed_standard_streams_do_no_harm() {
    let server = Server::start(&[]).expect("the server starts");
    let program = binary("client").expect("the client builds").display();
    let client = format!("{program} --server {}", server.address);
    // The log of the last client has no reader. Its exit code goes around the pipe.
    let unread =
        format!("{{ {{ echo hello | {client} 2>&1 >/dev/null; echo $? >&3; }} | true; }} 3>&1");
    for (script, output) in [
        (format!("{client} <&-"), ""),
        (format!("echo hello | {client} 2>&-"), "HELLO\n"),
        (unread, "0\n"),
    ] {
        let finished = run(Command::new("sh").args(["-c", &script])).expect("a shell starts");
        assert!(finished.status.success(), "{script}: {}", finished.log());
        assert_eq!(String::from_utf8_lossy(&finished.stdout), output, "{script}");
    }
}

/// A server whose log is read up to where it listens, and no further.
fn unread_server(arguments: &[&str]) -> (Child, String, BufReader<ChildStderr>) {
    let mut command = json_command("server").expect("the server builds");
    command.args(["--listen", "127.0.0.1:0"]).args(arguments).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the server starts");
    let mut log = BufReader::new(child.stderr.take().expect("stderr is piped"));
    let mut line = String::new();
    log.read_line(&mut line).expect("the log can be read");
    let listening = Event::parse(line.trim()).expect("the first line is an event");
    let address = listening.str("address").expect("it says where the server listens").to_owned();
    (child, address, log)
}

fn stop(mut child: Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id fits"));
    let signal = stop_signals().last().copied();
    kill(pid, signal).expect("the server runs");
    let status = child.wait().expect("the server ends");
    assert!(status.success(), "the server ended with {status}");
}

#[test]
fn a_server_goes_on_when_the_reader_of_its_log_is_gone() {
    let (child, address, log) = unread_server(&[]);
    drop(log);
    for _ in 0..20 {
        Peer::connect(&address).ask(b"still there?\nHeartBeat", b"STILL THERE?\nOK");
    }
    stop(child);
}

#[test]
fn a_server_goes_on_and_stops_when_the_reader_of_its_log_pauses() {
    let (child, address, _log) = unread_server(&["-v"]);
    // This makes far more log than a pipe holds.
    let mut peer = Peer::connect(&address);
    for _ in 0..20_000 {
        peer.ask(b"a line to be logged, and another\n", b"A LINE TO BE LOGGED, AND ANOTHER\n");
    }
    stop(child);
}

#[test]
fn a_client_that_was_stopped_goes_on_if_the_server_kept_it() {
    let server = Server::start(&["--timeout", "1h"]).expect("the server starts");
    let rule = ["--idle", "300ms", "--retries", "3"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    client.pause().expect("the client can be stopped");
    thread::sleep(Duration::from_secs(1)); // several heartbeats are missed
    client.signal(Signal::SIGCONT).expect("the client is there");
    client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    client.finish_with("hello\n", b"HELLO\n");
}

#[test]
fn a_client_that_was_stopped_while_it_connected_connects() {
    let full = Full::bind();
    let mut client = start_client(&full.address(), &["--idle", "1h"]).expect("the client starts");
    client.wait_for("connecting", any).expect("the client says that it is connecting");
    client.pause().expect("the client can be stopped");
    client.signal(Signal::SIGCONT).expect("the client is there");
    let mut peer = full.accept();
    client.wait_for("connected", any).expect("the client connects");
    client.type_in("hello\n").expect("the client takes input");
    peer.expect(b"hello\n");
}

/// Waits for up to 40 ms, in each round for another time.
fn sleep_until_any_moment(round: u64) {
    thread::sleep(Duration::from_millis(round * 7 % 40));
}

#[test]
fn the_server_stops_at_any_moment_under_load() {
    for round in 0..20 {
        let server = Server::start(&["-q"]).expect("the server starts");
        let flood = |_| Peer::connect(&server.address).flood(b"busy\nHeartBeat");
        let floods: Vec<_> = (0..8).map(flood).collect();
        sleep_until_any_moment(round);
        server.stop().expect("the server ends").expect_code(0);
        for flood in floods {
            flood.join().expect("the flood ends");
        }
    }
}

#[test]
fn the_client_stops_at_any_moment_under_load() {
    let server = Server::start(&["-q"]).expect("the server starts");
    for round in 0..20 {
        let mut client = client(&server.address, &["-v"]).expect("the client connects");
        let flood = client.flood(&[b'\n'; 8192]).expect("the client takes input");
        sleep_until_any_moment(round);
        client.signal(Signal::SIGINT).expect("the client runs");
        client.finish().expect("the client ends").expect_code(130);
        flood.join().expect("the flood ends");
    }
}

#[test]
fn an_output_without_space_is_an_io_error_that_names_the_output() {
    let server = Server::start(&[]).expect("the server starts");
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(b"one\ntwo\n").expect("the file takes the input");
    file.rewind().expect("the file can be rewound");
    let mut command = json_command("client").expect("the client builds");
    command.args(["--server", &server.address]).stdin(file);
    command.stdout(File::create("/dev/full").expect("Linux has /dev/full"));
    // `output` would replace the stdout that is set here.
    let output = command.stderr(Stdio::piped()).spawn().expect("the client starts");
    let output = output.wait_with_output().expect("the client ends");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{log}");
    let ended = log.lines().filter_map(Event::parse).next_back().expect("the client says why");
    assert_eq!(ended.reason(), "failed", "{ended}");
    let message = ended.message();
    assert!(message.contains("writing the output failed: No space left on device"), "{ended}");
}
