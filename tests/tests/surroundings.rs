//! Surroundings that fail the programs: standard streams that are closed, full or read by
//! nobody, ports that linger, and signals at the wrong moment.
#![cfg(target_os = "linux")]

use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Write as _},
    process::{Child, ChildStderr, Command, Stdio},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tests::{
    binaries::{Server, binary, client, command},
    peer::Peer,
};

fn still_serves(server: &Server) {
    Peer::connect(&server.address).ask(b"still there?\n", b"STILL THERE?\n");
}

#[test]
fn a_server_comes_back_on_its_port_while_old_connections_linger() {
    let server = Server::start(&[]);
    let address = server.address.clone();
    let mut peer = Peer::connect(&address);
    peer.ask(b"before\n", b"BEFORE\n");
    server.stop().expect_code(0); // it closes first, so the old connection lingers on its side
    assert_eq!(peer.read_to_end(), b"");
    let again = Server::from_command(command("server").args(["--listen", &address]));
    assert_eq!(again.address, address);
    still_serves(&again);
}

#[test]
fn standard_streams_that_are_closed_harm_nobody() {
    let server = Server::start(&[]);
    let client = format!("{} --server {}", binary("client").display(), server.address);
    // The last one's log has no reader, and its exit code goes past the pipe.
    let unread =
        format!("{{ {{ echo hello | {client} 2>&1 >/dev/null; echo $? >&3; }} | true; }} 3>&1");
    for (script, output) in [
        (format!("{client} <&-"), ""),
        (format!("echo hello | {client} 2>&-"), "HELLO\n"),
        (unread, "0\n"),
    ] {
        let ran = Command::new("sh").args(["-c", &script]).output().expect("a shell");
        assert!(ran.status.success(), "{script}: {ran:?}");
        assert_eq!(String::from_utf8_lossy(&ran.stdout), output, "{script}");
    }
}

/// A server whose log is read up to where it listens, and no further.
fn unread_server(arguments: &[&str]) -> (Child, String, BufReader<ChildStderr>) {
    let mut command = command("server");
    command.args(["--listen", "127.0.0.1:0"]).args(arguments).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut log = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    log.read_line(&mut line).expect("it says where it listens");
    let address = line.trim().rsplit_once(' ').expect("an address").1.to_owned();
    (child, address, log)
}

fn terminate(mut child: Child) {
    let pid = Pid::from_raw(i32::try_from(child.id()).expect("it fits"));
    kill(pid, Signal::SIGTERM).expect("it runs");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_server_whose_logs_reader_is_gone_goes_on() {
    let (child, address, log) = unread_server(&[]);
    drop(log);
    for _ in 0..20 {
        Peer::connect(&address).ask(b"still there?\nHeartBeat", b"STILL THERE?\nOK");
    }
    terminate(child);
}

#[test]
fn a_server_whose_logs_reader_pauses_goes_on_and_stops() {
    let (child, address, _log) = unread_server(&["-v"]);
    // Far more is logged than a pipe holds.
    let mut peer = Peer::connect(&address);
    for _ in 0..20_000 {
        peer.ask(b"a line to be logged, and another\n", b"A LINE TO BE LOGGED, AND ANOTHER\n");
    }
    terminate(child);
}

#[test]
fn a_client_that_was_stopped_lives_on_if_the_server_kept_it() {
    let server = Server::start(&["--timeout", "1h"]);
    let mut client = client(&server.address, &["--idle", "300ms", "--retries", "3"]);
    client.wait_for("heartbeat 1 answered in ");
    client.pause();
    thread::sleep(Duration::from_secs(1)); // several heartbeats are missed
    client.signal(Signal::SIGCONT);
    client.wait_for("heartbeat 1 answered in ");
    client.finish_with("hello\n", b"HELLO\n");
}

#[test]
fn the_server_stops_at_any_moment_under_load() {
    for round in 0..20_u64 {
        let server = Server::start(&["-q"]);
        let flood = |_| Peer::connect(&server.address).flood(b"busy\nHeartBeat");
        let floods: Vec<_> = (0..8).map(flood).collect();
        thread::sleep(Duration::from_millis(round * 7 % 40)); // any moment will do
        server.stop().expect_code(0);
        for flood in floods {
            flood.join().expect("a flood ends");
        }
    }
}

#[test]
fn the_client_stops_at_any_moment_under_load() {
    let server = Server::start(&["-q"]);
    for round in 0..20_u64 {
        let mut client = client(&server.address, &["-v"]);
        let mut stdin = client.take_stdin();
        let flood = thread::spawn(move || while stdin.write_all(&[b'\n'; 8192]).is_ok() {});
        thread::sleep(Duration::from_millis(round * 7 % 40)); // any moment will do
        client.signal(Signal::SIGINT);
        client.finish().expect_code(130);
        flood.join().expect("a flood ends");
    }
}

#[test]
fn an_output_without_room_is_an_io_error_that_names_the_output() {
    let server = Server::start(&[]);
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(b"one\ntwo\n").expect("it can be written");
    io::Seek::rewind(&mut file).expect("it can be read");
    let output = command("client")
        .args(["--server", &server.address])
        .stdin(file)
        .stdout(File::create("/dev/full").expect("Linux has one"))
        .output()
        .expect("the client starts");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("writing the output failed: No space left on device"), "{log}");
    assert!(log.trim_end().ends_with("sent and not answered"), "{log}");
}
