//! What people can tell the programs on the command line, and the text that they get back.

use std::net::{SocketAddr, TcpListener};

use tests::{
    binaries::{Server, command},
    finished::{self, Finished},
    peer::Peer,
    program::Program,
};

fn run(program: &str, arguments: &[&str]) -> Finished {
    let mut command = command(program).expect("the program builds");
    finished::run(command.args(arguments)).expect("the program starts")
}

/// A server whose log is text.
fn text_server(arguments: &[&str]) -> Server {
    let mut command = command("server").expect("the server builds");
    command.args(["--listen", "127.0.0.1:0", "--log", "text"]).args(arguments);
    Server::from_command(&mut command).expect("the server starts")
}

/// A client whose log is text.
fn text_client(server: &str, arguments: &[&str]) -> Program {
    let mut command = command("client").expect("the client builds");
    command.args(["--server", server]).args(arguments);
    Program::start(&mut command).expect("the client starts")
}

/// Checks that the program ends with exit code 1 and that one line is its whole log.
#[track_caller]
fn expect_one_line(finished: &Finished, text: &str) {
    finished.expect_code(1);
    assert!(finished.log().contains(text), "no {text:?} in: {}", finished.log());
    assert_eq!(finished.lines.len(), 1, "the message is more than one line: {}", finished.log());
}

#[test]
fn unknown_flags_and_flags_that_contradict_are_refused() {
    for program in ["server", "client"] {
        run(program, &["--frobnicate"]).expect_code(2);
        run(program, &["-v", "-q"]).expect_code(2);
        run(program, &["-vv", "-q"]).expect_code(2);
        run(program, &["surplus"]).expect_code(2);
    }
}

#[test]
fn help_names_every_exit_code() {
    let codes = [
        ("server", ["0 stopped", "1 could not listen, or could not go on", "2 usage"].as_slice()),
        ("client", &["  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  ", "  130  "]),
    ];
    for (program, codes) in codes {
        let finished = run(program, &["--help"]);
        finished.expect_code(0);
        let help = String::from_utf8_lossy(&finished.stdout);
        for code in codes {
            assert!(help.contains(code), "{program}: no {code:?} in the help: {help}");
        }
    }
}

#[test]
fn a_port_in_use_is_reported_in_one_line() {
    let other = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = other.local_addr().expect("a bound listener has an address").to_string();
    let message = format!("cannot listen on {address}: Address already in use");
    expect_one_line(&run("server", &["--listen", &address]), &message);
}

#[test]
fn an_address_of_another_host_is_reported_in_one_line() {
    // 192.0.2.0/24 is reserved for documentation (RFC 5737).
    for address in ["192.0.2.1:5005", "999.999.999.999:5005", "no-such-host.invalid:5005"] {
        let finished = run("server", &["--listen", address]);
        expect_one_line(&finished, &format!("cannot listen on {address}: "));
    }
}

#[test]
fn a_refused_connection_is_reported_in_one_line() {
    // The port is bound, so nobody else can listen on it, and this socket does not listen.
    let bound = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    bound.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let closed = bound.local_addr().unwrap().as_socket().unwrap().to_string();
    let message = format!("cannot connect to {closed}: Connection refused");
    expect_one_line(&run("client", &["--server", &closed]), &message);
}

#[test]
fn each_address_of_a_host_name_is_tried() {
    let server = text_server(&[]);
    let port = server.address.rsplit_once(':').expect("the address has a port").1;
    let mut client = text_client(&format!("localhost:{port}"), &["-v"]);
    client.wait_for_line("connected to 127.0.0.1:").expect("the client connects");
    client.finish_with("found\n", b"FOUND\n");
}

#[test]
fn a_quiet_server_says_where_it_listens_and_what_went_wrong() {
    let mut server = text_server(&["-q", "--timeout", "300ms"]);
    let mut silent = Peer::connect(&server.address);
    silent.ask(b"hello\nHeartBeat", b"HELLO\nOK");
    assert_eq!(silent.read_to_end(), b"", "the silent client is evicted");
    let line = server.program.wait_for_line("conn-1").expect("the eviction is logged");
    assert!(line.contains("evicted: silent for "), "the eviction is the first line: {line}");
}

#[test]
fn a_quiet_client_says_nothing_when_all_is_well() {
    let server = text_server(&[]);
    let mut client = text_client(&server.address, &["-q"]);
    client.type_in("hello\n").expect("the client takes input");
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"HELLO\n");
    assert_eq!(finished.log(), "", "the log is empty");
}

#[test]
fn the_summary_and_the_last_line_are_sentences() {
    let server = text_server(&[]);
    let mut client = text_client(&server.address, &["--idle", "200ms"]);
    client.wait_for_line("heartbeat answered in ").expect("a heartbeat is answered");
    client.type_in("hello\n").expect("the client takes input");
    client.close_stdin();
    let finished = client.finish().expect("the client ends");
    let log = finished.log();
    for text in ["1 line sent, 1 answered", "round trip min ", "done: everything was "] {
        assert!(log.contains(text), "no {text:?} in: {log}");
    }
}

#[test]
fn lines_that_were_not_answered_are_named_in_the_last_line() {
    let listener = tests::peer::Listener::bind();
    let mut client = text_client(&listener.address(), &["--idle", "1h"]);
    let mut peer = listener.accept();
    client.type_in("one\ntwo\nthree\n").expect("the client takes input");
    peer.expect(b"one\ntwo\nthree\n");
    peer.send(b"ONE\n");
    peer.finish_sending();
    let finished = client.finish().expect("the client ends");
    finished.expect_code(3);
    let log = finished.log();
    assert!(log.contains("the connection was closed from the server's side"), "{log}");
    assert!(log.ends_with("2 lines were sent and not answered"), "{log}");
}

#[test]
fn where_it_is_no_terminal_the_log_has_date_and_time_and_no_colour() {
    let mut server = text_server(&[]);
    let _peer = Peer::connect(&server.address);
    let connected = server.program.wait_for_line("conn-1 connected from 127.0.0.1:");
    let line = connected.expect("the connection is logged");
    assert!(!line.contains('\x1b'), "the line has colour: {}", line.escape_debug());
    let digit = |c: char| if c.is_ascii_digit() { '9' } else { c };
    let shape: String = line.chars().take(23).map(digit).collect();
    assert_eq!(shape, "9999-99-99T99:99:99.999", "the line has no date and time: {line}");
}

#[test]
fn no_byte_of_a_client_drives_the_terminal() {
    let mut server = text_server(&["-v"]);
    let mut peer = Peer::connect(&server.address);
    let every_byte: Vec<u8> = (0..=255).filter(|&byte| byte != b'\n').chain([b'\n']).collect();
    peer.ask(&[b"\x10", &every_byte[..]].concat(), &every_byte.to_ascii_uppercase());
    peer.ask(b"plain \x1b[2J\n", b"PLAIN \x1b[2J\n");
    let mut line = String::new();
    while !line.contains("plain") {
        line = server.program.wait_for_line("conn-1 text ").expect("the text is logged");
        assert!(!line.chars().any(char::is_control), "not escaped: {}", line.escape_debug());
    }
    assert!(line.contains(r#"text "plain \u{1b}[2J\n""#), "{line}");
}

/// `script` runs a program on a terminal of its own.
#[cfg(target_os = "linux")]
#[test]
fn colour_is_for_a_terminal_that_wants_it() {
    use std::process::Command;

    use tests::{binaries::binary, tools::are_installed};

    if !are_installed(&["script"]) {
        return;
    }
    let server = text_server(&[]);
    let program = binary("client").expect("the client builds").display();
    let client = format!("{program} --server {}", server.address);
    let output = |command: &mut Command| {
        let finished = finished::run(command).expect("the client starts");
        let output = format!("{}{}", String::from_utf8_lossy(&finished.stdout), finished.log());
        assert!(output.contains("connected to "), "the client did not connect: {output}");
        output
    };
    let has_colour = |variables: &[(&str, &str)]| {
        let mut script = Command::new("script");
        script.args(["-qec", &client, "/dev/null"]).env_remove("NO_COLOR").env("TERM", "xterm");
        output(script.envs(variables.iter().copied())).contains('\x1b')
    };
    assert!(has_colour(&[]), "a terminal gets colour");
    assert!(has_colour(&[("NO_COLOR", "")]), "an empty NO_COLOR does not count");
    assert!(!has_colour(&[("NO_COLOR", "1")]), "NO_COLOR is obeyed");
    assert!(!has_colour(&[("TERM", "dumb")]), "a dumb terminal stays plain");
    assert!(!has_colour(&[("TERM", "dumb"), ("CI", "true")]), "a dumb terminal stays plain");
    let mut command = command("client").expect("the client builds");
    let piped = output(command.args(["--server", &server.address]));
    assert!(!piped.contains('\x1b'), "a pipe gets no colour");
}
