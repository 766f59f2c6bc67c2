//! More clients than there is room for.
#![cfg(unix)]

use tests::{
    binaries::{Server, binary, client, start_client},
    peer::Peer,
};

#[test]
fn over_the_limit_newcomers_are_closed_and_the_held_go_on() {
    let mut server = Server::start(&["--max-connections", "2"]);
    let mut held = [Peer::connect(&server.address), Peer::connect(&server.address)];
    for peer in &mut held {
        peer.ask(b"in\n", b"IN\n");
    }
    assert_eq!(Peer::connect(&server.address).read_to_end(), b"");
    let line = server.program.wait_for("the limit of ");
    assert!(
        line.contains("limit of 2 connections") && line.contains("--max-connections"),
        "{line}"
    );
    for peer in &mut held {
        peer.ask(b"still in\n", b"STILL IN\n");
    }

    // One goes, and there is room again.
    let [leaver, _held] = held;
    drop(leaver);
    server.program.wait_for("conn-1 closed by the client");
    Peer::connect(&server.address).ask(b"in\n", b"IN\n");
}

#[test]
fn a_client_over_the_limit_is_told_that_the_server_closed() {
    let server = Server::start(&["--max-connections", "1"]);
    let _held = client(&server.address, &["--idle", "1h"]);
    start_client(&server.address, &["--idle", "1h"]).finish().expect_code(3);
}

/// A server that may open only so much, by the shell's `ulimit`.
fn limited(limit: &str, arguments: &str) -> Server {
    let server = binary("server").display();
    let script = format!("ulimit {limit} && exec {server} --listen 127.0.0.1:0 {arguments}");
    Server::from_command(std::process::Command::new("sh").args(["-c", &script]))
}

#[test]
fn the_limit_is_lowered_to_what_the_process_can_hold() {
    let mut server = limited("-n 30", "-q");
    let room = 30 - 16;
    let mut held: Vec<_> = (0..room).map(|_| Peer::connect(&server.address)).collect();
    for peer in &mut held {
        peer.ask(b"in\n", b"IN\n");
    }
    assert_eq!(Peer::connect(&server.address).read_to_end(), b"");
    server.program.wait_for(&format!("limit of {room} connections"));
}

#[test]
fn a_server_without_room_for_anybody_says_so() {
    let server = binary("server").display();
    let script = format!("ulimit -n 16 && exec {server} --listen 127.0.0.1:0");
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("no room for a single connection"), "{message}");
}

#[cfg(target_os = "linux")]
mod descriptors {
    use std::net::TcpStream;

    use tests::process::size;

    use super::*;

    /// Lets a running server open no more than a few descriptors more than it has.
    fn starve(server: &Server) {
        let pid = server.program.pid();
        let open = size(pid).expect("it runs").descriptors;
        let status = std::process::Command::new("prlimit")
            .args([format!("--pid={pid}"), format!("--nofile={}", open + 5)])
            .status()
            .expect("util-linux is installed");
        assert!(status.success());
    }

    /// Clients that wait in the backlog: connecting takes nothing of the server's.
    fn crowd(server: &Server) -> Vec<TcpStream> {
        let connect = |_| TcpStream::connect(&server.address).expect("the backlog has room");
        (0..30).map(connect).collect()
    }

    #[test]
    fn without_descriptors_it_waits_and_serves_again_when_there_are_some() {
        let mut server = Server::start(&[]);
        let mut first = Peer::connect(&server.address);
        first.ask(b"first\n", b"FIRST\n");
        starve(&server);
        let crowd = crowd(&server);
        server.program.wait_for("cannot accept: Too many open files");
        first.ask(b"still served\n", b"STILL SERVED\n");

        drop(crowd);
        Peer::connect(&server.address).ask(b"served again\n", b"SERVED AGAIN\n");
        server.stop().expect_code(0);
    }

    #[test]
    fn without_descriptors_it_still_stops() {
        let mut server = Server::start(&[]);
        starve(&server);
        let _crowd = crowd(&server);
        server.program.wait_for("cannot accept: Too many open files");
        server.stop().expect_code(0);
    }
}

#[cfg(target_os = "linux")]
mod threads {
    use std::{
        fs,
        net::TcpStream,
        os::unix::fs::{MetadataExt as _, PermissionsExt as _},
        process::Command,
    };

    use tests::process::size;

    use super::*;

    /// A command as a user whose number of threads can be limited, which root's cannot.
    fn as_a_user(program: &str) -> Command {
        if fs::metadata("/proc/self").expect("proc(5)").uid() != 0 {
            return Command::new(program);
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", program]);
        command
    }

    /// Limits the threads of a running server's user, as far as this server starts any, and
    /// returns the limit that there was: a number, or `unlimited`.
    fn limit(server: &Server, threads: &str) -> String {
        let pid = format!("--pid={}", server.program.pid());
        let before = as_a_user("prlimit")
            .args([&pid, "--nproc", "--output=SOFT", "--noheadings", "--raw"])
            .output()
            .expect("util-linux is installed");
        let status = as_a_user("prlimit")
            .args([pid, format!("--nproc={threads}:")])
            .status()
            .expect("util-linux is installed");
        assert!(before.status.success() && status.success());
        String::from_utf8(before.stdout).expect("it is a word").trim().to_owned()
    }

    #[test]
    fn without_threads_the_held_go_on_and_it_serves_again_when_there_are_some() {
        // Any user can reach it there.
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let program = folder.path().join("server");
        // By a process of its own: a file that this one has open to write cannot be run.
        let copied = Command::new("cp").arg(binary("server")).arg(&program).status();
        assert!(copied.is_ok_and(|status| status.success()));
        let mut server = Server::from_command(
            as_a_user(program.to_str().expect("it is text")).args(["--listen", "127.0.0.1:0"]),
        );
        let mut first = Peer::connect(&server.address);
        first.ask(b"first\n", b"FIRST\n");
        server.program.wait_for("conn-1 connected from ");

        let few = size(server.program.pid()).unwrap().threads + 5;
        let before = limit(&server, &few.to_string());
        let mut crowd = Vec::new();
        let line = loop {
            crowd.push(TcpStream::connect(&server.address).expect("the backlog has room"));
            let line = server.program.wait_for("");
            if line.contains("cannot start a thread") {
                break line;
            }
        };
        assert!(line.contains("trying again in 500ms"), "{line}");
        first.ask(b"still served\n", b"STILL SERVED\n");

        limit(&server, &before);
        Peer::connect(&server.address).ask(b"served again\n", b"SERVED AGAIN\n");
        server.stop().expect_code(0);
    }
}
