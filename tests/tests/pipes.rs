//! The client in a pipeline: files go through whole, and it ends when it should.
#![cfg(unix)]

use std::{
    fs::File,
    io::{Seek as _, Write as _},
    process::Command,
};

use fastrand::Rng;
use tests::{
    binaries::{
        Server, binary, client, client_of_peer, command, json_command, start_client,
        start_unread_client,
    },
    event::{Event, any, retry},
    finished::run,
    program::Program,
};

fn server() -> Server {
    Server::start(&["--timeout", "1h"]).expect("the server starts")
}

/// Any bytes, the same ones each time.
fn noise(length: usize) -> Vec<u8> {
    let mut random = Rng::with_seed(1);
    std::iter::repeat_with(|| random.u8(..)).take(length).collect()
}

/// Checks what `client < input` prints.
#[track_caller]
fn expect_echo(server: &Server, input: &[u8]) {
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(input).expect("the file takes the input");
    file.rewind().expect("the file can be rewound");
    let mut command = json_command("client").expect("the client builds");
    command.args(["--server", &server.address, "--idle", "1h"]).stdin(file);
    let finished = run(&mut command).expect("the client starts");
    finished.expect_code(0);
    assert!(
        finished.stdout == input.to_ascii_uppercase(),
        "{} bytes went in, and the {} that came out differ",
        input.len(),
        finished.stdout.len()
    );
}

#[test]
fn twenty_mebibytes_of_any_bytes_come_back_whole() {
    expect_echo(&server(), &noise(20 * 1024 * 1024));
}

#[cfg(target_os = "linux")]
#[test]
fn a_line_of_64_mebibytes_comes_back_in_constant_memory() {
    const LIMIT: u64 = 24 * 1024 * 1024;

    let server = server();
    let rule = ["--idle", "500ms", "--retries", "1000000"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    let pids = [client.pid(), server.program.pid()];
    let memory = |pid| tests::proc::peak_memory(pid).expect("the program runs");
    let before = pids.map(memory);
    let mut line = noise(64 * 1024 * 1024);
    line.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
    client.type_in(&line).expect("the client takes input");
    // A heartbeat is due when nothing has come for a while: then the whole echo is there. It
    // cannot be sent within the line.
    client.wait_for("heartbeat_unsent", any).expect("a heartbeat is due");
    for (pid, before) in pids.into_iter().zip(before) {
        let grown = memory(pid) - before;
        assert!(grown < LIMIT, "a program has grown by {grown} bytes, more than {LIMIT}");
    }
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    finished.expect_code(0);
    let length = finished.stdout.len();
    assert!(finished.stdout == line.to_ascii_uppercase(), "the {length} bytes differ");
}

/// The server holds the `h` back until the end of the stream. It may come back, with the server's
/// end of stream, before the client's thread that has ended the stream runs again.
#[test]
fn a_last_byte_that_the_server_holds_back_comes_back_each_time() {
    let server = server();
    for _ in 0..300 {
        expect_echo(&server, b"hello\nh");
    }
}

#[test]
fn files_of_every_shape_come_back_whole() {
    let server = server();
    expect_echo(&server, b"");
    expect_echo(&server, b"\n");
    expect_echo(&server, b"no newline at the end");
    expect_echo(&server, b"HeartBeat");
    expect_echo(&server, b"HeartBeat\nHeartBeats\nHeartBea");
    expect_echo(&server, &b"HeartBeat\n".repeat(100_000));
    expect_echo(&server, &b"\x10HeartBeat\n\x10\n".repeat(50_000));
    expect_echo(&server, &b"HeartBeat".repeat(300_000));
    expect_echo(&server, &vec![b'\n'; 1_000_000]);
    expect_echo(&server, &vec![b'a'; 3_000_000]);
    for length in 65_530..65_550 {
        expect_echo(&server, &[&vec![b'x'; length], &b"\nHeartBeat\nHeartBeat"[..]].concat());
    }
}

#[test]
fn many_lines_in_one_read_are_sent_in_one_write() {
    let (mut client, mut peer) = client_of_peer(&["--idle", "1h"]).expect("the client connects");
    let lines = b"a line\n".repeat(500);
    client.type_in(&lines).expect("the client takes input");
    // All lines fit one segment on loopback, so one write arrives as one read.
    let mut block = vec![0; 2 * lines.len()];
    assert_eq!(peer.read(&mut block), lines.len(), "the first read has not all lines");
}

#[test]
fn half_a_line_waits_for_its_end_or_the_end_of_input() {
    let server = server();
    let rule = ["--idle", "200ms", "--retry-interval", "1h"];
    let mut client = client(&server.address, &rule).expect("the client connects");
    client.type_in("half a line").expect("the client takes input");
    // No heartbeat can be sent within a line, so this one shows that the half was not sent.
    client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    client.finish_with("", b"HALF A LINE");
}

#[test]
fn with_stay_the_connection_is_kept_alive_after_the_end_of_input() {
    let mut server = Server::start(&["--timeout", "2s", "-v"]).expect("the server starts");
    let rule = ["--stay", "--idle", "300ms", "--retry-interval", "300ms"];
    let mut client = start_client(&server.address, &rule).expect("the client starts");
    client.type_in("a last line without its newline").expect("the client takes input");
    client.close_stdin();
    server.program.wait_for("text", any).expect("the server reads the line");
    for _ in 0..12 {
        client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    }
    client.signal(nix::sys::signal::Signal::SIGINT).expect("the client runs");
    let finished = client.finish().expect("the client ends");
    finished.expect_code(130);
    assert_eq!(finished.stdout, b"A LAST LINE WITHOUT ITS NEWLINE\n");
}

#[test]
fn with_stay_a_client_without_input_stays() {
    let server = Server::start(&["--timeout", "2s"]).expect("the server starts");
    let rule = ["--stay", "--idle", "300ms"];
    let mut client = start_client(&server.address, &rule).expect("the client starts");
    client.close_stdin();
    for _ in 0..10 {
        client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
    }
}

#[test]
fn a_reader_that_closes_the_pipe_ends_the_client_without_a_word() {
    let server = server();
    let mut command = command("client").expect("the client builds");
    command.args(["--server", &server.address]);
    let mut client = Program::start_unread(&mut command).expect("the client starts");
    drop(client.take_stdout().expect("nobody reads stdout"));
    client.type_in("its echo meets a closed pipe\n").expect("the client takes input");
    let finished = client.finish().expect("the client ends");
    finished.expect_code(0);
    let log = finished.log();
    assert!(log.lines().all(|line| line.contains("connected to ")), "{log}");
}

#[test]
fn head_takes_its_line_from_the_middle_of_a_flood() {
    let server = server();
    let program = binary("client").expect("the client builds").display();
    let script = format!("yes | {program} --server {} | head -1", server.address);
    let finished = run(Command::new("sh").args(["-c", &script])).expect("a shell starts");
    let log = finished.log();
    assert_eq!(finished.stdout, b"Y\n", "{log}");
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

#[test]
fn a_blocked_output_is_not_taken_for_a_dead_server() {
    let server = server();
    let rule = ["--idle", "500ms", "--retry-interval", "500ms", "--retries", "1"];
    let mut client = start_unread_client(&server.address, &rule).expect("the client starts");
    let text = b"0123456789abcdef\n".repeat(20_000);
    client.type_in(&text).expect("the client takes input");
    // Without a byte for 1.5 s the server would be dead. While the output is blocked, only our own
    // silence asks for heartbeats.
    for _ in 0..5 {
        client.wait_for("heartbeat_sent", retry(0)).expect("the client keeps itself alive");
    }
    client.read_stdout();
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    finished.expect_code(0);
    assert_eq!(finished.stdout.len(), text.len(), "the output is not whole");
    let no_time = |event: &&Event| event.f64("round_trip_ms").is_none();
    let answered = finished.events().filter(|event| event.name() == "heartbeat_answered");
    assert_ne!(answered.filter(no_time).count(), 0, "a round trip holds our own output's delay");
}

#[test]
fn an_input_that_cannot_be_read_is_an_io_error() {
    let server = server();
    let mut command = json_command("client").expect("the client builds");
    command.args(["--server", &server.address]).stdin(File::open("/").expect("a folder"));
    let finished = run(&mut command).expect("the client starts");
    let ended = finished.expect_ended(1);
    assert_eq!(ended.reason(), "failed", "{ended}");
    assert!(ended.message().contains("reading the input"), "{ended}");
}
