//! Peers that misbehave, and surroundings that do. One bad connection costs the others
//! nothing, and nothing is left of it.
#![cfg(target_os = "linux")]

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::TcpStream,
    process::Command,
    thread,
    time::Duration,
};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, binary, client, command},
    peer::Peer,
    program::Program,
    wait_until,
};

/// Sends all of `request` and returns all that comes back, while sending.
fn exchange(server: &Server, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(&server.address).expect("the server accepts");
    thread::scope(|scope| {
        let mut sender = stream.try_clone().expect("a descriptor is left");
        scope.spawn(move || {
            sender.write_all(request).expect("the server reads");
            sender.shutdown(std::net::Shutdown::Write).expect("the connection stands");
        });
        let mut replies = Vec::new();
        stream.read_to_end(&mut replies).expect("the server answers");
        replies
    })
}

fn still_serves(server: &Server) {
    Peer::connect(&server.address).ask(b"still there?\n", b"STILL THERE?\n");
}

/// Threads and descriptors of a process.
fn size(pid: u32) -> (usize, usize) {
    let entries = |folder| fs::read_dir(format!("/proc/{pid}/{folder}")).expect("it runs").count();
    (entries("task"), entries("fd"))
}

#[test]
fn a_line_without_an_end_is_echoed_in_constant_memory() {
    let server = Server::start(&["-q"]);
    let request = vec![b'x'; 64 * 1024 * 1024];
    let replies = exchange(&server, &request);
    assert_eq!(replies.len(), request.len());
    assert!(replies.iter().all(|&byte| byte == b'X'));
    let status = fs::read_to_string(format!("/proc/{}/status", server.program.pid())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.split_whitespace().next().unwrap().parse().unwrap();
    assert!(peak < 32 * 1024, "{peak} KiB");
}

#[test]
fn a_million_heartbeats_at_once_have_a_million_answers() {
    let mut server = Server::start(&[]);
    let replies = exchange(&server, &b"HeartBeat".repeat(1_000_000));
    assert!(replies == b"OK".repeat(1_000_000), "{} bytes", replies.len());
    server.program.wait_for("conn-1 closed by the client");
    assert!(server.stop().expect_code(0).contains("1000000 heartbeats"));
}

#[test]
fn half_a_heartbeat_and_silence_is_a_silence() {
    let mut server = Server::start(&["--timeout", "500ms"]);
    let mut peer = Peer::connect(&server.address);
    peer.send(b"Heart");
    assert_eq!(peer.read_to_end(), b"");
    server.program.wait_for("conn-1 evicted: silent for ");
}

#[test]
fn a_reset_in_the_middle_of_a_line_ends_its_connection_alone() {
    let mut server = Server::start(&[]);
    let mut other = Peer::connect(&server.address);
    server.program.wait_for("conn-1 connected from ");
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"half a", b"HALF A");
    peer.reset();
    server.program.wait_for("conn-2 lost: the host no longer knows this connection");
    other.ask(b"unharmed\n", b"UNHARMED\n");
}

#[test]
fn after_a_storm_of_connects_and_resets_the_server_is_as_small_as_before() {
    let server = Server::start(&["-q"]);
    let pid = server.program.pid();
    still_serves(&server);
    let before = size(pid);
    for _ in 0..10_000 {
        Peer::connect(&server.address).reset();
    }
    // Their threads end by themselves; nobody says so with -q.
    still_serves(&server);
    wait_until("it is as small as before", || size(pid) <= before);
    server.stop().expect_code(0);
}

#[test]
fn the_server_stops_at_any_moment_under_load() {
    for round in 0..20_u64 {
        let server = Server::start(&["-q"]);
        let flood = |address: &str| {
            let mut stream = TcpStream::connect(address).expect("the server accepts");
            let mut replies = stream.try_clone().expect("a descriptor is left");
            let sink = thread::spawn(move || io::copy(&mut replies, &mut io::sink()));
            thread::spawn(move || {
                while stream.write_all(b"busy\nHeartBeat").is_ok() {}
                let _ = sink.join();
            })
        };
        let floods: Vec<_> = (0..8).map(|_| flood(&server.address)).collect();
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
    for (script, output) in [
        (format!("{client} <&-"), ""),
        (format!("echo hello | {client} 2>&-"), "HELLO\n"),
        (format!("echo hello | {client} 2>&1 >/dev/null | true; echo over"), "over\n"),
    ] {
        let ran = Command::new("sh").args(["-c", &script]).output().expect("a shell");
        assert!(ran.status.success(), "{script}: {ran:?}");
        assert_eq!(String::from_utf8_lossy(&ran.stdout), output, "{script}");
    }
}

#[test]
fn a_server_whose_logs_reader_is_gone_goes_on() {
    let script = format!("exec {} --listen 127.0.0.1:0", binary("server").display());
    let mut child = Command::new("sh")
        .args(["-c", &script])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("a shell");
    let mut log = io::BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    io::BufRead::read_line(&mut log, &mut line).expect("it says where it listens");
    let address = line.trim().rsplit_once(' ').expect("an address").1.to_owned();
    drop(log);
    for _ in 0..20 {
        Peer::connect(&address).ask(b"still there?\nHeartBeat", b"STILL THERE?\nOK");
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("it fits"));
    nix::sys::signal::kill(pid, Signal::SIGTERM).expect("it runs");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_server_whose_logs_reader_pauses_goes_on_and_stops() {
    let mut command = command("server");
    command.args(["--listen", "127.0.0.1:0", "-v"]);
    let mut child = command.stderr(std::process::Stdio::piped()).spawn().expect("it starts");
    let mut log = io::BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    io::BufRead::read_line(&mut log, &mut line).expect("it says where it listens");
    let address = line.trim().rsplit_once(' ').expect("an address").1.to_owned();
    // From now on nobody reads: far more is logged than a pipe holds.
    let mut peer = Peer::connect(&address);
    for _ in 0..20_000 {
        peer.ask(b"a line to be logged, and another\n", b"A LINE TO BE LOGGED, AND ANOTHER\n");
    }
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("it fits"));
    nix::sys::signal::kill(pid, Signal::SIGTERM).expect("it runs");
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_client_that_was_stopped_lives_on_if_the_server_kept_it() {
    let server = Server::start(&["--timeout", "1h"]);
    let mut client: Program = client(&server.address, &["--idle", "300ms", "--retries", "3"]);
    client.wait_for("heartbeat 1 answered in ");
    client.signal(Signal::SIGSTOP);
    thread::sleep(Duration::from_secs(1)); // several heartbeats are missed
    client.signal(Signal::SIGCONT);
    client.wait_for("heartbeat 1 answered in ");
    client.finish_with("hello\n", b"HELLO\n");
}
