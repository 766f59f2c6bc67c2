//! More clients than the server can hold.
#![cfg(unix)]

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use tests::{
    binaries::{Server, binary, client, json_command, start_client},
    event::{any, conn},
    finished,
    peer::Peer,
};

/// Connects this many clients, each of which gets a reply.
fn connected(server: &Server, clients: usize) -> Vec<Peer> {
    let mut peers: Vec<_> = (0..clients).map(|_| Peer::connect(&server.address)).collect();
    for peer in &mut peers {
        peer.ask(b"in\n", b"IN\n");
    }
    peers
}

/// Checks that one client more is closed at once, and which limit the server names.
#[track_caller]
fn expect_refusal(server: &mut Server, limit: u64) {
    assert_eq!(Peer::connect(&server.address).read_to_end(), b"", "the client is refused");
    let refused = server.program.wait_for("refused", any).expect("the refusal is logged");
    assert_eq!(refused.u64("limit"), Some(limit), "{refused}");
    assert!(refused.message().contains("--max-connections"), "no flag is named: {refused}");
}

#[test]
fn above_the_limit_new_clients_are_refused_and_the_others_are_served() {
    let mut server = Server::start(&["--max-connections", "2"]).expect("the server starts");
    let mut clients = connected(&server, 2);
    expect_refusal(&mut server, 2);
    for peer in &mut clients {
        peer.ask(b"still in\n", b"STILL IN\n");
    }

    // One client leaves, and the next one takes its place.
    clients.remove(0);
    server.program.wait_for("ended", conn(1)).expect("the connection ends");
    connected(&server, 1);
}

#[test]
fn a_refused_client_says_that_the_server_closed() {
    let server = Server::start(&["--max-connections", "1"]).expect("the server starts");
    let _held = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    let refused = start_client(&server.address, &["--idle", "1h"]).expect("the client starts");
    refused.finish().expect("the client ends").expect_code(3);
}

#[test]
fn a_client_that_has_nothing_to_send_is_done_wherever_the_server_closes_first() {
    let roomy = Server::start(&["-q"]).expect("the server starts");
    let full = Server::start(&["-q", "--max-connections", "1"]).expect("the server starts");
    let _held = client(&full.address, &["--idle", "1h"]).expect("the client connects");
    for _ in 0..30 {
        for server in [&roomy, &full] {
            let mut client = json_command("client").expect("the client builds");
            client.args(["--server", &server.address]).stdin(Stdio::null());
            let finished = finished::run(&mut client).expect("the client starts");
            assert_eq!(finished.expect_ended(0).reason(), "complete");
        }
    }
}

#[test]
fn a_refused_client_that_has_written_sees_a_close_and_no_reset() {
    let server = Server::start(&["--max-connections", "1"]).expect("the server starts");
    let _held = client(&server.address, &["--idle", "1h"]).expect("the client connects");
    for input in [&b"hello\n"[..], &b"hello\n".repeat(20_000)] {
        for _ in 0..10 {
            let mut refused =
                start_client(&server.address, &["--idle", "1h"]).expect("the client starts");
            let _ = refused.type_in(input); // it may have ended already
            let finished = refused.finish().expect("the client ends");
            assert_eq!(finished.expect_ended(3).reason(), "server_closed", "{}", finished.log());
        }
    }
    // A client that has written before it is accepted: its bytes lie unread when it is refused.
    for _ in 0..50 {
        let mut peer = Peer::connect(&server.address);
        let _ = peer.stream().write_all(&b"hello\n".repeat(1000));
        assert_eq!(peer.read_to_end(), b"", "the client is refused");
    }
}

/// A shell that limits the number of its descriptors and then becomes the server.
fn limited(descriptors: u32, arguments: &str) -> Command {
    let server = binary("server").expect("the server builds").display();
    let script =
        format!("ulimit -n {descriptors} && exec {server} --listen 127.0.0.1:0 {arguments}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &script]);
    shell
}

#[test]
fn the_limit_is_lowered_to_what_the_process_can_hold() {
    let mut command = limited(30, "-q --log json");
    let mut server = Server::from_command(&mut command).expect("the server starts");
    let _clients = connected(&server, 30 - 16);
    expect_refusal(&mut server, 30 - 16);
}

#[test]
fn a_server_that_can_hold_no_connection_says_so() {
    let finished = finished::run(&mut limited(16, "")).expect("a shell starts");
    finished.expect_code(1);
    let log = finished.log();
    assert!(log.contains("no room for a single connection"), "{log}");
}

#[cfg(target_os = "linux")]
mod resources {
    use std::net::TcpStream;

    use tests::{
        event::Event,
        proc::size,
        program::Program,
        tools::are_installed,
        user::{as_user, copy_for_everyone},
    };

    use super::*;

    #[test]
    fn the_limit_is_lowered_to_what_fits_into_the_address_space() {
        let server = binary("server").expect("the server builds").display();
        let script =
            format!("ulimit -v 700000 && exec {server} -q --log json --listen 127.0.0.1:0");
        let mut server = Program::start(Command::new("sh").args(["-c", &script]));
        let server = server.as_mut().expect("the server starts");
        let limited = server.wait_for("limited", any).expect("the limit is lowered");
        let room = limited.u64("room").expect("it says to what");
        let listening = server.wait_for("listening", any).expect("the server listens");
        let address = listening.str("address").expect("it says where");
        let mut clients: Vec<_> = (0..room).map(|_| Peer::connect(address)).collect();
        for peer in &mut clients {
            peer.ask(b"in\n", b"IN\n");
        }
        assert_eq!(Peer::connect(address).read_to_end(), b"", "the client is refused");
    }

    /// Limits a running server to a few descriptors more than it has.
    fn starve(server: &Server) {
        let pid = server.program.pid();
        let open = size(pid).expect("the server runs").descriptors;
        let arguments = [format!("--pid={pid}"), format!("--nofile={}", open + 5)];
        let limited = finished::run(Command::new("prlimit").args(arguments));
        limited.expect("prlimit starts").expect_code(0);
    }

    /// Clients that wait in the backlog, for which the server needs no descriptor.
    fn crowd(server: &Server) -> Vec<TcpStream> {
        let connect = |_| TcpStream::connect(&server.address).expect("the backlog has room");
        (0..30).map(connect).collect()
    }

    /// Waits until the server has no descriptor for the next client.
    #[track_caller]
    fn wait_for_starvation(server: &mut Server) {
        let failed = server.program.wait_for("accept_failed", any).expect("accept fails");
        let error = failed.str("error").unwrap_or_default();
        assert!(error.contains("Too many open files"), "{failed}");
    }

    #[test]
    fn a_server_without_descriptors_waits_and_serves_again_when_it_has_some() {
        if !are_installed(&["prlimit"]) {
            return;
        }
        let mut server = Server::start(&[]).expect("the server starts");
        let mut first = Peer::connect(&server.address);
        first.ask(b"first\n", b"FIRST\n");
        starve(&server);
        let crowd = crowd(&server);
        wait_for_starvation(&mut server);
        first.ask(b"still served\n", b"STILL SERVED\n");

        drop(crowd);
        server.expect_answer();
        server.stop().expect("the server ends").expect_code(0);
    }

    #[test]
    fn a_server_without_descriptors_can_be_stopped() {
        if !are_installed(&["prlimit"]) {
            return;
        }
        let mut server = Server::start(&[]).expect("the server starts");
        starve(&server);
        let _crowd = crowd(&server);
        wait_for_starvation(&mut server);
        server.stop().expect("the server ends").expect_code(0);
    }

    /// A user whose number of threads can be limited.
    const NOBODY: u32 = 65_534;

    /// Limits the threads that a running server and its user may have, and returns the limit
    /// that there was: a number, or `unlimited`.
    fn limit_threads(server: &Server, threads: &str) -> String {
        let prlimit = |arguments: &[&str]| {
            let pid = format!("--pid={}", server.program.pid());
            let mut prlimit = as_user(NOBODY, "prlimit").expect("proc(5) is mounted");
            let finished = finished::run(prlimit.arg(pid).args(arguments));
            let finished = finished.expect("prlimit starts");
            finished.expect_code(0);
            String::from_utf8_lossy(&finished.stdout).trim().to_owned()
        };
        let before = prlimit(&["--nproc", "--output=SOFT", "--noheadings", "--raw"]);
        prlimit(&[&format!("--nproc={threads}:")]);
        before
    }

    #[test]
    fn a_server_without_threads_waits_and_serves_again_when_it_has_some() {
        if !are_installed(&["prlimit", "setpriv"]) {
            return;
        }
        let (_folder, program) = copy_for_everyone("server").expect("the server builds");
        let program = program.to_str().expect("the path is UTF-8");
        let mut command = as_user(NOBODY, program).expect("proc(5) is mounted");
        let like_ours = json_command("server").expect("the server builds");
        command.args(like_ours.get_args()).args(["--listen", "127.0.0.1:0", "-vv"]);
        let mut server = Server::from_command(&mut command).expect("the server starts");
        let mut first = Peer::connect(&server.address);
        first.ask(b"first\n", b"FIRST\n");
        server.program.wait_for("connected", conn(1)).expect("the server accepts");

        let threads = size(server.program.pid()).expect("the server runs").threads;
        let before = limit_threads(&server, &(threads + 5).to_string());
        let mut crowd = Vec::new();
        let failed = loop {
            crowd.push(TcpStream::connect(&server.address).expect("the backlog has room"));
            let outcome = |event: &Event| ["connected", "thread_failed"].contains(&event.name());
            let event = server.program.wait_for_any(outcome).expect("each client has one");
            if event.name() == "thread_failed" {
                break event;
            }
        };
        assert_eq!(failed.f64("pause_s"), Some(0.5), "{failed}");
        first.ask(b"still served\n", b"STILL SERVED\n");

        limit_threads(&server, &before);
        server.expect_answer();
        let finished = server.stop().expect("the server ends");
        finished.expect_code(0);
        let conns = |name: &'static str| {
            let named = finished.events().filter(move |event| event.name() == name);
            named.filter_map(|event| event.u64("conn"))
        };
        let mut gone: Vec<_> = conns("ended").chain(conns("left")).collect();
        gone.sort_unstable();
        assert_eq!(gone, conns("queued").collect::<Vec<_>>(), "an entry never left the queue");
    }
}
