//! What a person can say to the programs, and what they say back.

use std::{
    net::{SocketAddr, TcpListener},
    process::{Output, Stdio},
};

use tests::{
    binaries::{Server, command, start_client},
    peer::Peer,
};

fn run(program: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } =
        command(program).args(arguments).stdin(Stdio::null()).output().expect("the program starts");
    (status.code(), String::from_utf8_lossy(&stderr).into_owned())
}

#[test]
fn unknown_flags_and_flags_that_contradict_are_refused() {
    for program in ["server", "client"] {
        assert_eq!(run(program, &["--frobnicate"]).0, Some(2));
        assert_eq!(run(program, &["-v", "-q"]).0, Some(2));
        assert_eq!(run(program, &["surplus"]).0, Some(2));
    }
}

#[test]
fn help_names_every_exit_code() {
    let codes = [
        ("server", ["0 stopped", "1 could not listen", "2 usage"].as_slice()),
        ("client", &["  0  ", "  1  ", "  2  ", "  3  ", "  4  ", "  5  ", "  130  "]),
    ];
    for (program, codes) in codes {
        let output = command(program).arg("--help").output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let help = String::from_utf8_lossy(&output.stdout);
        for code in codes {
            assert!(help.contains(code), "{code:?} in {help}");
        }
    }
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    let (code, message) = run("server", &["--listen", &address]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains(&format!("cannot listen on {address}: Address already in use")));
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn an_address_that_is_not_ours_is_one_clear_line() {
    // 192.0.2.0/24 is kept for documentation: RFC 5737.
    for address in ["192.0.2.1:5005", "999.999.999.999:5005", "no-such-host.invalid:5005"] {
        let (code, message) = run("server", &["--listen", address]);
        assert_eq!(code, Some(1), "{message}");
        assert!(message.contains(&format!("cannot listen on {address}: ")), "{message}");
        assert_eq!(message.lines().count(), 1, "{message}");
    }
}

#[test]
fn a_refused_connection_is_one_clear_line() {
    // Taken, so that nobody else listens there; and not listened on.
    let taken = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    taken.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let closed = taken.local_addr().unwrap().as_socket().unwrap().to_string();
    let (code, message) = run("client", &["--server", &closed]);
    assert_eq!(code, Some(1), "{message}");
    assert!(message.contains(&format!("cannot connect to {closed}: Connection refused")));
    assert_eq!(message.lines().count(), 1, "{message}");
}

#[test]
fn a_host_name_is_tried_at_each_of_its_addresses() {
    let server = Server::start(&[]);
    let port = server.address.rsplit_once(':').unwrap().1;
    let mut client = start_client(&format!("localhost:{port}"), &["-v"]);
    client.wait_for("connected to 127.0.0.1:");
    client.type_in("found\n");
    client.close_stdin();
    assert_eq!(client.finish().stdout, b"FOUND\n");
}

#[test]
fn a_quiet_server_says_where_it_listens_and_what_went_wrong() {
    let mut server = Server::start(&["-q", "--timeout", "300ms"]);
    let mut silent = Peer::connect(&server.address);
    silent.ask(b"hello\nHeartBeat", b"HELLO\nOK");
    assert_eq!(silent.read_to_end(), b"");
    let line = server.program.wait_for("conn-1");
    assert!(line.contains("evicted: silent for "), "{line}");
}

#[test]
fn a_quiet_client_says_nothing_when_all_is_well() {
    let server = Server::start(&[]);
    let mut client = start_client(&server.address, &["-q"]);
    client.type_in("hello\n");
    client.close_stdin();
    let finished = client.finish();
    finished.expect_code(0);
    assert_eq!(finished.stdout, b"HELLO\n");
    assert_eq!(finished.log, [""; 0]);
}

#[test]
fn the_log_is_plain_where_it_is_no_terminal_and_has_the_time() {
    let mut server = Server::start(&[]);
    let _peer = Peer::connect(&server.address);
    let line = server.program.wait_for("conn-1 connected from 127.0.0.1:");
    assert!(!line.contains('\x1b'), "{}", line.escape_debug());
    let shape: String =
        line.chars().take(12).map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
    assert_eq!(shape, "99:99:99.999", "{line}");
}

#[test]
fn no_byte_of_a_clients_drives_the_terminal() {
    let mut server = Server::start(&["-v"]);
    let mut peer = Peer::connect(&server.address);
    let every_byte: Vec<u8> = (0..=255).filter(|&byte| byte != b'\n').chain([b'\n']).collect();
    peer.ask(&[b"\x10", &every_byte[..]].concat(), &every_byte.to_ascii_uppercase());
    peer.ask(b"plain \x1b[2J\n", b"PLAIN \x1b[2J\n");
    let mut said = String::new();
    while !said.contains("plain") {
        said = server.program.wait_for("conn-1 text ");
        assert!(!said.chars().any(char::is_control), "{}", said.escape_debug());
    }
    assert!(said.contains(r#"text "plain \u{1b}[2J\n""#), "{said}");
}

/// `script` runs a program on a terminal of its own.
#[cfg(target_os = "linux")]
#[test]
fn colour_is_for_a_terminal_that_wants_it() {
    use std::process::Command;

    use tests::binaries::binary;

    let server = Server::start(&[]);
    let client = format!("{} --server {}", binary("client").display(), server.address);
    let said = |command: &mut Command| {
        let output = command.stdin(Stdio::null()).output().expect("it starts");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(said.contains("connected to "), "{said}");
        said
    };
    let on_a_terminal = |no_color: Option<&str>| {
        let mut script = Command::new("script");
        script.args(["-qec", &client, "/dev/null"]).env_remove("NO_COLOR");
        said(script.envs(no_color.map(|value| ("NO_COLOR", value)))).contains('\x1b')
    };
    assert!(on_a_terminal(None));
    assert!(on_a_terminal(Some("")), "an empty NO_COLOR is none");
    assert!(!on_a_terminal(Some("1")));
    assert!(!said(command("client").args(["--server", &server.address])).contains('\x1b'));
}
