//! The examples, which use the libraries as another program does: without their command line.

use std::{env, fs, process::Command};

use tests::{
    binaries::{Server, example},
    event::any,
    finished::run,
    peer::{Full, Listener, Peer},
    program::Program,
};

/// What the feature `cli` brings.
const OF_A_COMMAND_LINE: [&str; 7] =
    ["anstream", "chrono", "clap", "ctor", "ctrlc", "tracing-appender", "tracing-subscriber"];

/// A command for an example of a package.
fn command(package: &str, name: &str) -> Command {
    Command::new(example(package, name).expect("the example builds"))
}

/// Starts an example that is told the address of its server.
fn start(package: &str, name: &str, server: &str) -> Program {
    Program::start(command(package, name).arg(server)).expect("it starts")
}

/// The lines of the program's stdout when it has ended, and all of its stderr.
#[track_caller]
fn said(program: Program, code: i32) -> (Vec<String>, String) {
    let finished = program.finish().expect("it ends");
    finished.expect_code(code);
    let stdout = String::from_utf8_lossy(&finished.stdout);
    (stdout.lines().map(str::to_owned).collect(), finished.log())
}

/// What the example `diagnose` says about a connection to a server that does this with it, once it
/// is connected.
#[track_caller]
fn diagnosed(serve: impl FnOnce(Peer)) -> String {
    let listener = Listener::bind();
    let mut program = start("common", "diagnose", &listener.address());
    let connected = program.wait_for_line("connected to ").expect("it connects");
    assert!(connected.ends_with(&listener.address()), "{connected}");
    serve(listener.accept());
    let (mut said, _) = said(program, 0);
    assert_eq!(said.len(), 1, "{said:?}");
    said.remove(0)
}

#[test]
fn no_library_has_the_crates_of_a_command_line_beneath_it() {
    for library in ["common", "server", "client"] {
        let mut tree = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        tree.args(["tree", "--package", library, "--edges", "normal", "--no-default-features"]);
        let found = tree.args(["--prefix", "none"]).output().expect("cargo starts");
        let found = String::from_utf8(found.stdout).expect("names are text");
        assert!(found.starts_with(&format!("{library} v")), "{found}");
        for unwanted in OF_A_COMMAND_LINE {
            let beneath = found.lines().any(|line| line.starts_with(&format!("{unwanted} v")));
            assert!(!beneath, "{library} has {unwanted} beneath it:\n{found}");
        }
    }
}

#[test]
fn each_example_has_fewer_than_forty_lines() {
    for package in ["common", "server", "client"] {
        let folder = format!("{}/../{package}/examples", env!("CARGO_MANIFEST_DIR"));
        let entries: Vec<_> = fs::read_dir(folder).expect("it has examples").collect();
        assert!(!entries.is_empty(), "{package} has no example");
        for entry in entries {
            let path = entry.expect("a folder can be listed").path();
            let lines = fs::read_to_string(&path).expect("an example is text").lines().count();
            assert!(lines < 40, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn each_example_says_how_it_is_used_and_which_address_it_cannot_use() {
    let listener = Listener::bind();
    for (package, name, unusable) in [
        ("server", "timeout_queue", &*listener.address()),
        ("client", "liveness", "127.0.0.1:1"),
        ("common", "diagnose", "127.0.0.1:1"),
    ] {
        let expect = |arguments: &[&str], code, says: &str| {
            let ended = run(command(package, name).args(arguments)).expect("it starts");
            ended.expect_code(code);
            assert!(ended.log().starts_with(says), "{name} {arguments:?}: {}", ended.log());
            assert_eq!((ended.lines.len(), &ended.stdout[..]), (1, &b""[..]), "{}", ended.log());
        };
        for arguments in [&[][..], &["--help"], &["localhost"]] {
            expect(arguments, 2, &format!("usage: {name} "));
        }
        for address in [unusable, "127.0.0.1:http", "[::1:5005"] {
            expect(&[address], 1, &format!("{address}: "));
        }
    }
}

#[test]
fn an_example_does_not_wait_for_ever_for_a_server_that_accepts_nobody() {
    let full = Full::bind();
    for program in [("client", "liveness"), ("common", "diagnose")]
        .map(|(package, name)| start(package, name, &full.address()))
    {
        let (stdout, why) = said(program, 1);
        assert!(stdout.is_empty() && why.starts_with(&full.address()), "{stdout:?} {why}");
    }
}

#[test]
fn the_timeout_queue_evicts_its_clients_in_the_order_in_which_they_fell_silent() {
    let mut server = Server::from_command(command("server", "timeout_queue").arg("127.0.0.1:0"))
        .expect("it listens");
    let (mut first, mut second) = (Peer::connect(&server.address), Peer::connect(&server.address));
    for peer in [&mut second, &mut first] {
        peer.ask(b"still here", b"still here"); // its place in the queue is settled by now
    }
    for (number, mut peer) in [(2, second), (1, first)] {
        let evicted = server.program.wait_for_line("was silent for ").expect("it evicts a client");
        assert!(evicted.starts_with(&format!("client {number} was")), "{evicted}");
        assert!(peer.read_to_end().is_empty());
    }
}

#[test]
#[cfg(unix)] // which has a limit of descriptors
fn the_timeout_queue_serves_again_after_an_accept_that_failed() {
    let example = example("server", "timeout_queue").expect("the example builds");
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 10; exec \"$0\" 127.0.0.1:0"]).arg(example);
    let server = Server::from_command(&mut limited).expect("it listens");
    let _too_many: Vec<_> = (0..10).map(|_| Peer::connect(&server.address)).collect();
    Peer::connect(&server.address).ask(b"my turn", b"my turn");
}

#[test]
fn the_liveness_rule_asks_and_gives_up_on_a_server_that_does_not_answer() {
    let listener = Listener::bind();
    let program = start("client", "liveness", &listener.address());
    let mut peer = listener.prove();
    assert!(peer.read_to_end().ends_with(b"HeartBeatHeartBeatHeartBeat"));
    let (said, why) = said(program, 1);
    assert!(why.starts_with(&format!("{}: dead: no byte for ", listener.address())), "{why}");
    assert_eq!(said.iter().filter(|line| line.starts_with("heartbeat 1, ")).count(), 2, "{said:?}");
    for (line, number) in said[said.len() - 3..].iter().zip(1..) {
        assert!(line.starts_with(&format!("heartbeat {number}, ")), "{said:?}");
    }
}

#[test]
fn the_liveness_rule_tells_a_close_from_a_silence() {
    let listener = Listener::bind();
    let program = start("client", "liveness", &listener.address());
    let peer = listener.accept();
    peer.finish_sending();
    assert_eq!(said(program, 1).1, format!("{}: closed by the server", listener.address()));
}

#[test]
fn the_liveness_rule_keeps_a_connection_to_our_server() {
    let mut server = Server::start(&["--timeout", "4s"]).expect("the server starts");
    let _program = start("client", "liveness", &server.address);
    for _ in 0..5 {
        // They are a second apart, so the last one comes after more than the timeout.
        server.program.wait_for("heartbeat", any).expect("the client lives");
    }
}

#[test]
#[cfg(target_os = "linux")] // elsewhere the kernel gives no evidence
fn diagnose_says_that_the_kernel_of_a_hung_service_acknowledges() {
    let mut hung = None;
    let state = diagnosed(|peer| hung = Some(peer));
    let begin = "0 bytes came; the other end of this TCP connection still acknowledges (last ";
    assert!(state.starts_with(begin), "{state}");
}

#[test]
#[cfg(target_os = "linux")]
fn diagnose_ends_although_the_service_speaks_all_the_time() {
    let state = diagnosed(|peer| drop(peer.flood(b"welcome\n")));
    let (count, rest) = state.split_once(" bytes came; ").expect("bytes came");
    assert_ne!(count, "0");
    assert!(rest.starts_with("the other end of this TCP connection "), "{state}");
}

#[test]
fn diagnose_tells_a_reset_from_an_end_of_stream() {
    let ended = diagnosed(|mut peer| peer.send(b"goodbye\n"));
    assert_eq!(ended, "the connection was closed from the other side");
    let reset = diagnosed(Peer::reset);
    assert!(reset.starts_with("the connection was reset: the other end was killed"), "{reset}");
}
