//! What a parent hands down to the programs: ignored signals, standard streams that do not block,
//! are closed, or belong to a socket, and limits of files.
#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

use nix::{
    fcntl::{FcntlArg, OFlag, fcntl},
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tests::{
    binaries::{Server, binary, json_command, start_unread_client},
    event::{Event, any, retry},
    finished::{Finished, run},
    peer::{Listener, Peer},
    program::Program,
};

fn server() -> Server {
    Server::start(&["--timeout", "1h"]).expect("the server starts")
}

/// A shell that runs `prelude` and then becomes one of the programs.
fn after(prelude: &str, name: &str, arguments: &[&str]) -> Command {
    let program = binary(name).expect("the program builds");
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{prelude}; exec \"$0\" --log json \"$@\"")]);
    shell.arg(program).args(arguments);
    shell
}

#[test]
fn a_server_is_not_stopped_by_a_signal_that_its_parent_ignores() {
    for (ignored, stops) in [
        (Signal::SIGHUP, Signal::SIGTERM), // nohup
        (Signal::SIGINT, Signal::SIGHUP),  // `&` in a script
        (Signal::SIGTERM, Signal::SIGINT),
    ] {
        let prelude = format!("trap '' {}", ignored.as_str().trim_start_matches("SIG"));
        let mut command = after(&prelude, "server", &["--listen", "127.0.0.1:0"]);
        let server = Server::from_command(&mut command).expect("the server starts");
        for _ in 0..3 {
            server.program.signal(ignored).expect("the server runs");
            server.expect_answer();
        }
        server.program.signal(stops).expect("the server runs");
        server.program.finish().expect("the server ends").expect_code(0);
    }
}

#[test]
fn a_client_is_not_ended_by_a_signal_that_its_parent_ignores() {
    let server = server();
    let arguments = ["--server", &server.address, "--idle", "200ms"];
    let mut client =
        Program::start(&mut after("trap '' HUP", "client", &arguments)).expect("the client starts");
    for _ in 0..3 {
        client.wait_for("heartbeat_answered", retry(0)).expect("the heartbeat is answered");
        client.signal(Signal::SIGHUP).expect("the client runs");
    }
    client.signal(Signal::SIGINT).expect("the client runs");
    client.finish().expect("the client ends").expect_code(130);
}

/// Sets `O_NONBLOCK` on the open file, as a parent that shares it may have done.
fn non_blocking(file: impl Into<OwnedFd>) -> OwnedFd {
    let file = file.into();
    let flags = fcntl(&file, FcntlArg::F_GETFL).expect("an open file has flags");
    let flags = OFlag::from_bits_retain(flags) | OFlag::O_NONBLOCK;
    fcntl(&file, FcntlArg::F_SETFL(flags)).expect("the flags can be set");
    file
}

fn interrupt(child: &Child) {
    let pid = i32::try_from(child.id()).expect("a process id fits");
    kill(Pid::from_raw(pid), Signal::SIGINT).expect("the program runs");
}

#[test]
fn an_input_that_does_not_block_is_waited_for() {
    let server = server();
    let (ours, theirs) = UnixStream::pair().expect("a descriptor is left");
    let mut command = json_command("client").expect("the client builds");
    command.args(["--server", &server.address]).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut client = command.stdin(non_blocking(theirs)).spawn().expect("the client starts");
    drop(command); // it holds the input's other end
    let mut stdout = BufReader::new(client.stdout.take().expect("it is piped"));
    for _ in 0..3 {
        (&ours).write_all(b"hello\n").expect("the client takes input");
        let mut echo = String::new();
        stdout.read_line(&mut echo).expect("stdout can be read");
        assert_eq!(echo, "HELLO\n");
    }
    drop(ours);
    assert_eq!(client.wait().expect("the client ends").code(), Some(0));
}

#[test]
fn an_output_that_does_not_block_gets_everything() {
    const LENGTH: usize = 400_000;
    let (mut reader, writer) = io::pipe().expect("a descriptor is left");
    let server = server();
    let mut command = json_command("client").expect("the client builds");
    command.args(["--server", &server.address, "--idle", "200ms"]);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut client = command.stdout(non_blocking(writer)).spawn().expect("the client starts");
    drop(command); // it holds the output's writing end
    let mut stdin = client.stdin.take().expect("it is piped");
    stdin.write_all(&b"0123456\n".repeat(LENGTH / 8)).expect("the client takes input");
    // The output is full long before this: heartbeats are sent when there has been nothing else
    // to send for a while.
    let mut log = BufReader::new(client.stderr.take().expect("it is piped")).lines();
    let is_heartbeat = |line: &String| line.contains("heartbeat_sent");
    let sent = log.by_ref().map_while(Result::ok).filter(is_heartbeat).take(3).count();
    assert_eq!(sent, 3, "the client ended");
    drop(stdin);
    let mut all = Vec::new();
    reader.read_to_end(&mut all).expect("the output can be read");
    assert_eq!(all.len(), LENGTH, "the echo is not whole");
    log.for_each(drop);
    assert_eq!(client.wait().expect("the client ends").code(), Some(0));
}

#[test]
fn a_log_that_does_not_block_gets_every_line() {
    const LINES: usize = 2000;
    let (reader, writer) = io::pipe().expect("a descriptor is left");
    let mut command = json_command("server").expect("the server builds");
    command.args(["--listen", "127.0.0.1:0", "-v"]).stderr(non_blocking(writer));
    let mut server = command.spawn().expect("the server starts");
    drop(command); // it holds the log's writing end
    let mut log = BufReader::new(reader).lines().map(|line| line.expect("the log is text"));
    let listening = log.next().and_then(|line| Event::parse(&line)).expect("the server listens");
    let mut peer = Peer::connect(listening.str("address").expect("it says where"));
    for _ in 0..LINES {
        peer.ask(b"hello\n", b"HELLO\n"); // more log than a pipe holds
    }
    let first_texts = log.by_ref().filter(|line| line.contains(r#""event":"text""#)).take(LINES);
    assert_eq!(first_texts.count(), LINES, "lines of the log are missing");
    interrupt(&server);
    log.for_each(|line| assert!(!line.contains("lines_lost"), "{line}"));
    assert_eq!(server.wait().expect("the server ends").code(), Some(0));
}

/// Runs a client, whose redirections are these, on one line of input.
fn redirected(server: &Server, redirections: &str) -> Finished {
    let program = binary("client").expect("the client builds").display();
    let script =
        format!("echo hello | {program} --log json --server {} {redirections}", server.address);
    run(Command::new("sh").args(["-c", &script])).expect("a shell starts")
}

#[test]
fn an_output_that_cannot_be_written_to_is_an_error_that_says_so() {
    let server = server();
    for redirections in [">&-", "1</dev/null", ">&- </dev/null", ">&- --stay"] {
        let finished = redirected(&server, redirections);
        finished.expect_code(1);
        assert!(finished.log().contains("stdout"), "{redirections}: {}", finished.log());
    }
    for redirections in [">/dev/null", "1<>/dev/null", ">>/dev/null"] {
        redirected(&server, redirections).expect_code(0);
    }
}

#[test]
fn a_client_that_stays_ends_soon_after_the_reader_of_its_output_has_gone() {
    let server = server();
    let mut command = json_command("client").expect("the client builds");
    command.args(["--server", &server.address, "--stay"]);
    let mut client = Program::start_unread(&mut command).expect("the client starts");
    client.close_stdin();
    drop(client.take_stdout().expect("nobody reads it"));
    let finished = client.finish().expect("the client ends");
    finished.expect_code(0);
    assert!(finished.event("ended").is_none(), "it ends without a word: {}", finished.log());
}

#[test]
fn a_client_that_is_blocked_writing_ends_soon_after_the_reader_of_its_output_has_gone() {
    let rule = ["--idle", "300ms", "--retry-interval", "100ms", "--retries", "100000"];
    let listener = Listener::bind();
    let mut client = start_unread_client(&listener.address(), &rule).expect("the client starts");
    let _peer = listener.accept();
    let flood = client.flood(&[b'\n'; 8192]).expect("the client takes input");
    client.wait_for("heartbeat_unsent", any).expect("a heartbeat cannot be sent");
    drop(client.take_stdout().expect("nobody reads it"));
    client.finish().expect("the client ends").expect_code(0);
    flood.join().expect("the flood ends");
}

#[test]
fn an_output_that_is_a_socket_counts_as_gone_when_it_is_reset() {
    for arguments in [&["--stay", "--idle", "1h"][..], &["--idle", "1h"]] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound");
        let theirs = TcpStream::connect(address).expect("it listens");
        let (reader, _) = listener.accept().expect("a client connects");
        let server = server();
        let mut command = json_command("client").expect("the client builds");
        command.args(["--server", &server.address]).args(arguments);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut client = command.stdout(OwnedFd::from(theirs)).spawn().expect("it starts");
        drop(command); // it holds the socket
        let mut log = BufReader::new(client.stderr.take().expect("it is piped")).lines();
        let connected = log.next().expect("a line").expect("text");
        assert!(connected.contains("connected"), "{connected}");
        let socket = socket2::SockRef::from(&reader);
        socket.set_linger(Some(Duration::ZERO)).expect("a stream takes SO_LINGER");
        drop(reader);
        let _ = client.stdin.as_mut().expect("it is piped").write_all(b"hello\n");
        assert_eq!(client.wait().expect("the client ends").code(), Some(0), "{arguments:?}");
    }
}

#[test]
fn a_line_that_came_back_is_answered_though_the_output_has_no_room_for_it() {
    let finished = redirected(&server(), ">/dev/full");
    let ended = finished.expect_ended(1);
    assert_eq!(ended.reason(), "failed", "{ended}");
    assert_eq!(ended.u64("unanswered_lines"), Some(0), "{ended}");
    let summary = finished.expect_event("summary");
    assert_eq!(summary.u64("lines_answered"), Some(1), "{summary}");
}

#[test]
fn an_output_file_at_its_size_limit_is_an_error_like_a_full_disk() {
    let server = server();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (input, output) = (folder.path().join("input"), folder.path().join("output"));
    fs::write(&input, b"0123456\n".repeat(10_000)).expect("the folder takes a file");
    let program = binary("client").expect("the client builds").display();
    let script = format!(
        "ulimit -f 8; exec {program} --log json --server {} <{} >{}",
        server.address,
        input.display(),
        output.display()
    );
    let finished = run(Command::new("sh").args(["-c", &script])).expect("a shell starts");
    let ended = finished.expect_ended(1);
    assert!(ended.message().contains("File too large"), "{ended}");
    let written = fs::read(&output).expect("the output is there");
    assert!(written.len() >= 4096 && written.starts_with(b"0123456\n"), "it holds what fits");
}

#[test]
fn a_log_file_at_its_size_limit_stops_neither_the_server_nor_the_client() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let log = folder.path().join("log");
    let prelude = format!("ulimit -f 1; exec 2>{}", log.display());
    let mut command = after(&prelude, "server", &["--listen", "127.0.0.1:0", "-v"]);
    let mut server = command.stdout(Stdio::null()).spawn().expect("the server starts");
    let first_line = || {
        let text = fs::read_to_string(&log).unwrap_or_default();
        text.lines().next().and_then(Event::parse).filter(|_| text.contains('\n'))
    };
    let mut listening = None;
    tests::wait_until(|| {
        listening = first_line();
        Ok(listening.is_some())
    })
    .expect("the server listens");
    let listening = listening.expect("it was waited for");
    let address = listening.str("address").expect("it says where");
    let mut peer = Peer::connect(address);
    for _ in 0..100 {
        peer.ask(b"a line that is logged\n", b"A LINE THAT IS LOGGED\n");
    }
    let written = fs::metadata(&log).expect("the log is there").len();
    assert!((512..=1024).contains(&written), "the log has reached its limit: {written}");

    let prelude = format!("ulimit -f 1; exec 2>>{}", log.display());
    let arguments = ["--server", address];
    let mut command = after(&prelude, "client", &arguments);
    let finished = run(command.stdin(Stdio::null())).expect("a shell starts");
    finished.expect_code(0);
    interrupt(&server);
    assert_eq!(server.wait().expect("the server ends").code(), Some(0));
}
