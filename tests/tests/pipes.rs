//! The client in a pipeline: files go through whole, and it ends when it should.
#![cfg(unix)]

use std::{fs::File, io::Write as _, process::Command};

use tests::{
    binaries::{Server, binary, client, command, start_client},
    peer::Listener,
    program::{Finished, Program},
};

/// What `client < input` does, started with these arguments.
fn pipe(server: &Server, arguments: &[&str], input: &[u8]) -> Finished {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(input).expect("it can be written");
    std::io::Seek::rewind(&mut file).expect("it can be read");
    let output = command("client")
        .args(["--server", &server.address, "--idle", "1h"])
        .args(arguments)
        .stdin(file)
        .output()
        .expect("the client starts");
    let log = String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect();
    Finished { status: output.status, stdout: output.stdout, log }
}

/// Bytes without a pattern, the same each time.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    })
    .flatten()
    .take(length)
    .collect()
}

#[track_caller]
fn goes_through(server: &Server, input: &[u8]) {
    let finished = pipe(server, &[], input);
    finished.expect_code(0);
    assert!(
        finished.stdout == input.to_ascii_uppercase(),
        "{} bytes went in, {} other ones came out",
        input.len(),
        finished.stdout.len()
    );
}

#[test]
fn twenty_mebibytes_of_any_bytes_go_there_and_back() {
    goes_through(&Server::start(&[]), &noise(20 * 1024 * 1024));
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_of_64_mebibytes_goes_there_and_back_in_constant_memory() {
    let server = Server::start(&["--timeout", "1h"]);
    let mut client = client(&server.address, &["--idle", "500ms", "--retries", "1000000"]);
    let mut line = noise(64 * 1024 * 1024);
    line.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
    client.type_in(&line);
    // It is said when nothing more has come for a while: all of it is there and back.
    client.wait_for("half a line has been sent");
    for pid in [client.pid(), server.program.pid()] {
        let peak = tests::process::peak_memory(pid).expect("it runs");
        assert!(peak < 32 * 1024 * 1024, "{peak} bytes");
    }
    client.close_stdin();
    let finished = client.finish();
    finished.expect_code(0);
    assert!(finished.stdout == line.to_ascii_uppercase(), "{} bytes", finished.stdout.len());
}

#[test]
fn files_of_every_shape_go_through_whole() {
    let server = Server::start(&[]);
    goes_through(&server, b"");
    goes_through(&server, b"\n");
    goes_through(&server, b"no newline at the end");
    goes_through(&server, b"HeartBeat");
    goes_through(&server, b"HeartBeat\nHeartBeats\nHeartBea");
    goes_through(&server, &b"HeartBeat\n".repeat(100_000));
    goes_through(&server, &b"\x10HeartBeat\n\x10\n".repeat(50_000));
    goes_through(&server, &b"HeartBeat".repeat(300_000));
    goes_through(&server, &vec![b'\n'; 1_000_000]);
    goes_through(&server, &vec![b'a'; 3_000_000]);
    for length in 65_530..65_550 {
        goes_through(&server, &[&vec![b'x'; length], &b"\nHeartBeat\nHeartBeat"[..]].concat());
    }
}

#[test]
fn many_lines_in_one_read_go_out_in_one_write() {
    let listener = Listener::bind();
    let mut client = client(&listener.address(), &["--idle", "1h"]);
    let mut peer = listener.accept();
    let lines = b"a line\n".repeat(500);
    client.type_in(&lines);
    // They fit one segment of loopback, so one write arrives as one read.
    let mut block = vec![0; 2 * lines.len()];
    let count = peer.read(&mut block);
    assert_eq!(count, lines.len());
}

#[test]
fn half_a_line_waits_for_its_end_or_the_inputs() {
    let server = Server::start(&[]);
    let mut client = client(&server.address, &["--idle", "200ms", "--retry-interval", "1h"]);
    client.type_in("half a line");
    // A heartbeat could not be sent, had the half been sent.
    client.wait_for("heartbeat 1 answered in ");
    client.close_stdin();
    assert_eq!(client.finish().stdout, b"HALF A LINE");
}

#[test]
fn stay_keeps_the_line_alive_after_the_inputs_end() {
    let mut server = Server::start(&["--timeout", "2s", "-v"]);
    let mut client =
        start_client(&server.address, &["--stay", "--idle", "300ms", "--retry-interval", "300ms"]);
    client.type_in("a last line without its newline");
    client.close_stdin();
    server.program.wait_for("\"a last line without its newline");
    for _ in 0..12 {
        client.wait_for("heartbeat 1 answered in ");
    }
    client.signal(nix::sys::signal::Signal::SIGINT);
    let finished = client.finish();
    finished.expect_code(130);
    assert_eq!(finished.stdout, b"A LAST LINE WITHOUT ITS NEWLINE\n");
}

#[test]
fn stay_without_any_input_stays() {
    let server = Server::start(&["--timeout", "2s"]);
    let mut client = start_client(&server.address, &["--stay", "--idle", "300ms"]);
    client.close_stdin();
    for _ in 0..10 {
        client.wait_for("heartbeat 1 answered in ");
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_the_client_quietly() {
    let server = Server::start(&[]);
    let mut client = Program::start_unread(command("client").args(["--server", &server.address]));
    client.close_stdout();
    client.type_in("its echo meets a closed pipe\n");
    let finished = client.finish();
    finished.expect_code(0);
    assert!(finished.log.iter().all(|line| line.contains("connected to ")), "{finished:?}");
}

#[test]
fn head_takes_its_line_from_the_middle_of_a_flood() {
    let server = Server::start(&[]);
    let client = format!("{} --server {}", binary("client").display(), server.address);
    let output = Command::new("sh")
        .args(["-c", &format!("yes | {client} | head -1")])
        .output()
        .expect("a shell");
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.stdout, b"Y\n", "{log}");
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

#[test]
fn an_output_that_is_full_is_not_taken_for_a_dead_server() {
    let server = Server::start(&["--timeout", "1h"]);
    let mut client = Program::start_unread(
        command("client")
            .args(["--server", &server.address, "--idle", "200ms", "--retry-interval", "100ms"])
            .args(["--retries", "1"]),
    );
    let text = b"0123456789abcdef\n".repeat(20_000);
    client.type_in(&text);
    client.wait_for("our own output is blocked");
    client.read_stdout();
    client.close_stdin();
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout.len(), text.len());
}

#[test]
fn an_input_that_cannot_be_read_is_an_io_error() {
    let server = Server::start(&[]);
    let output = command("client")
        .args(["--server", &server.address])
        .stdin(File::open("/").unwrap())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{log}");
    assert!(log.contains("reading the input failed"), "{log}");
}
