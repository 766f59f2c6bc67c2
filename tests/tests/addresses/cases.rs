//! Finding the other end, by names and addresses of all kinds.

use std::{
    fs,
    net::TcpListener,
    process::Command,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tests::{
    binaries::{Server, json_command, start_client},
    cases::Case,
    event::any,
    finished::run,
    peer::Peer,
    proc::thread_names,
    program::{Program, stop_signals},
    wait_until,
};

use crate::surroundings::{
    DEAD, DEAD_IPV6, dead_name_server, hosts, network_with_dead_addresses, shell,
};

/// Far more than a busy machine needs, and less than what is left of a search (9 s) when the client
/// says that it goes on.
const SOON: Duration = Duration::from_secs(8);

pub(crate) const CASES: [Case; 18] = [
    ("a_link_local_address_is_found_through_its_interface", link_local),
    ("loopback_may_be_named_as_the_interface", || pair("[::1%lo]")),
    ("an_interface_that_does_not_exist_is_named", no_interface),
    ("a_link_local_address_to_listen_on_needs_its_interface", listening_without_an_interface),
    ("a_server_listens_on_every_address_of_a_name", every_address),
    ("an_address_that_is_not_there_is_a_warning", not_there),
    ("ipv6_that_is_off_is_a_warning", ipv6_off),
    ("an_address_in_use_ends_the_start", in_use),
    ("the_wildcards_of_both_families_do_not_collide", wildcards),
    ("a_lone_ipv6_wildcard_takes_ipv4_clients_too", dual_stack),
    ("a_server_on_several_addresses_sleeps_and_starts_no_thread_for_them", no_more_threads),
    ("a_dead_address_does_not_hold_up_the_next_one", dead_address),
    ("a_long_search_is_reported_and_ends_at_once_when_interrupted", interrupted_search),
    ("a_search_as_process_1_ends_when_it_is_told_to", interrupted_as_process_1),
    ("a_look_up_that_takes_long_ends_at_once_when_interrupted", interrupted_look_up),
    ("a_name_server_that_never_answers_is_an_error", silent_name_server),
    ("a_client_does_not_connect_to_itself", connected_to_itself),
    ("an_address_that_did_not_answer_is_tried_last_the_next_time", hung_address),
];

fn listen(address: &str) -> Server {
    let mut command = json_command("server").expect("the server builds");
    Server::from_command(command.args(["--listen", address])).expect("the server starts")
}

fn port(server: &Server) -> &str {
    server.address.rsplit_once(':').expect("an address has a port").1
}

fn client(server: &str) -> Program {
    start_client(server, &["--idle", "1h"]).expect("the client starts")
}

/// Runs a program that cannot do what it is told, and returns its reason.
#[track_caller]
fn failure(program: &str, arguments: &[&str]) -> String {
    let mut command = json_command(program).expect("the program builds");
    failed(Program::start(command.args(arguments)).expect("the program starts"))
}

/// Waits until the program fails, and returns why.
#[track_caller]
fn failed(program: Program) -> String {
    let finished = program.finish().expect("the program ends");
    finished.expect_code(1);
    finished.expect_event("failed").message().to_owned()
}

/// A server listens on this host, and a client finds it there.
fn pair(host: &str) {
    let server = listen(&format!("{host}:0"));
    client(&format!("{host}:{}", port(&server))).finish_with("found\n", b"FOUND\n");
}

fn link_local() {
    network_with_dead_addresses();
    let shown = run(Command::new("ip").args(["-o", "link", "show", "v0"])).expect("ip starts");
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    let (index, _) = shown.split_once(':').expect("the line begins with the number");
    let by_number = format!("[fe80::1%{index}]");
    for host in ["[fe80::1%v0]", &by_number] {
        pair(host);
    }
}

fn no_interface() {
    for (program, flag) in [("server", "--listen"), ("client", "--server")] {
        let log = failure(program, &[flag, "[fe80::1%no-such-if0]:5005"]);
        assert!(log.contains("there is no network interface 'no-such-if0' here"), "{log}");
    }
}

fn listening_without_an_interface() {
    network_with_dead_addresses();
    let log = failure("server", &["--listen", "[fe80::1]:5005"]);
    assert!(log.contains("needs its network interface, as in [fe80::1%eth0]:5005"), "{log}");
}

fn every_address() {
    hosts(&["::1 both", "127.0.0.1 both", "127.0.0.1 both"]);
    let mut server = listen("both:0");
    let port = port(&server).to_owned();
    let other = server.program.wait_for("listening", any).expect("it listens on both addresses");
    let other = other.str("address").expect("the event has the address").to_owned();
    assert!(other.ends_with(&format!(":{port}")), "{other} has another port than {port}");
    let addresses = [format!("127.0.0.1:{port}"), format!("[::1]:{port}")];
    let mut peers: Vec<_> = addresses.iter().map(|address| Peer::connect(address)).collect();
    for peer in &mut peers {
        peer.ask(b"in\n", b"IN\n");
    }
    let finished = server.stop().expect("the server ends");
    finished.expect_code(0);
    let stopped = finished.expect_event("stopped");
    assert_eq!(stopped.u64("served"), Some(2), "{stopped}");
    let listening = finished.events().filter(|event| event.name() == "listening").count();
    assert_eq!(listening, 2, "one event for each address: {}", finished.log());
}

/// Checks that a server on the name `both` listens on loopback alone and says that it does not
/// listen on `missing`.
#[track_caller]
fn expect_warning(missing: &str) {
    let server = listen("both:5005");
    assert_eq!(server.address, "127.0.0.1:5005");
    server.expect_answer();
    let finished = server.stop().expect("the server ends");
    let warning = finished.expect_event("not_listening");
    assert_eq!(warning.str("address"), Some(missing), "{warning}");
    assert!(warning.message().contains("this machine has no such address"), "{warning}");
}

fn not_there() {
    // 192.0.2.0/24 is reserved for documentation (RFC 5737).
    hosts(&["192.0.2.1 both", "127.0.0.1 both"]);
    expect_warning("192.0.2.1:5005");
}

fn ipv6_off() {
    shell("echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6");
    hosts(&["::1 both", "127.0.0.1 both"]);
    expect_warning("[::1]:5005");
}

fn in_use() {
    hosts(&["::1 both", "127.0.0.1 both"]);
    let other = TcpListener::bind("127.0.0.1:5005").expect("the port is free");
    let log = failure("server", &["--listen", "both:5005"]);
    assert!(log.contains("cannot listen on both:5005"), "{log}");
    assert!(log.contains("127.0.0.1:5005") && log.contains("Address already in use"), "{log}");
    drop(other);
    listen("both:5005").expect_answer();
}

fn wildcards() {
    hosts(&["0.0.0.0 any", ":: any"]);
    let server = listen("any:5005");
    for address in ["127.0.0.1:5005", "[::1]:5005"] {
        Peer::connect(address).ask(b"in\n", b"IN\n");
    }
    let finished = server.stop().expect("the server ends");
    assert!(finished.event("not_listening").is_none(), "{}", finished.log());
}

fn dual_stack() {
    let server = listen("[::]:5005");
    for address in ["127.0.0.1:5005", "[::1]:5005"] {
        Peer::connect(address).ask(b"in\n", b"IN\n");
    }
    server.stop().expect("the server ends").expect_code(0);
}

fn no_more_threads() {
    hosts(&["::1 both", "127.0.0.1 both"]);
    let threads = |server: &Server| {
        let mut names = thread_names(server.program.pid()).expect("the server runs");
        names.sort();
        names
    };
    let (one, both) = (listen("127.0.0.1:0"), listen("both:0"));
    for server in [&one, &both] {
        // The answer shows that the server has started all its threads. Then it is idle again.
        server.expect_answer();
        wait_until(|| Ok(!threads(server).iter().any(|name| name.starts_with("conn-"))))
            .expect("the client is gone");
    }
    // A new thread sets its own name, so it may be seen without it at first.
    let _ = wait_until(|| Ok(threads(&both) == threads(&one)));
    assert_eq!(threads(&both), threads(&one));
    let main = format!("/proc/{0}/task/{0}/wchan", both.program.pid());
    wait_until(|| Ok(fs::read_to_string(&main)?.contains("poll"))).expect("main waits in poll(2)");
}

fn dead_address() {
    network_with_dead_addresses();
    // A resolver puts global IPv6 addresses before IPv4 (RFC 6724).
    hosts(&[&format!("{DEAD_IPV6} some"), "127.0.0.1 some"]);
    let _server = listen("127.0.0.1:5005");
    let start = Instant::now();
    let mut client = client("some:5005");
    let connected = client.wait_for("connected", any).expect("the client connects");
    assert_eq!(connected.str("address"), Some("127.0.0.1:5005"), "{connected}");
    assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    client.finish_with("found\n", b"FOUND\n");
}

/// Waits until a client says that it looks for the name `dead` of [`hosts_with_dead`].
#[track_caller]
fn wait_for_search(client: &mut Program) {
    let word = client.wait_for("connecting", any).expect("the client says what it does");
    let message = word.message();
    assert!(message.contains("still connecting to dead:5005"), "{word}");
    let trying = word.str("trying").expect("the addresses are named");
    for address in DEAD {
        assert!(trying.contains(&format!("{address}:5005")), "{word}");
    }
}

/// Makes a name `dead`, whose addresses do not answer.
fn hosts_with_dead() {
    network_with_dead_addresses();
    hosts(&DEAD.map(|address| format!("{address} dead")).each_ref().map(String::as_str));
}

fn interrupted_search() {
    hosts_with_dead();
    for &signal in stop_signals() {
        let mut client = client("dead:5005");
        wait_for_search(&mut client);
        let start = Instant::now();
        client.signal(signal).expect("the client runs");
        client.finish().expect("the client ends").expect_interrupted();
        assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    }
    let mut client = client("dead:5005");
    wait_for_search(&mut client);
    let start = Instant::now();
    let log = failed(client);
    assert!(start.elapsed() < 2 * SOON, "two addresses took {:?}", start.elapsed());
    for address in DEAD {
        assert!(log.contains(&format!("{address}:5005 (connection timed out)")), "{log}");
    }
}

fn interrupted_as_process_1() {
    hosts_with_dead();
    let like_ours = json_command("client").expect("the client builds");
    let mut command = Command::new("unshare");
    command.args(["--pid", "--fork", "--kill-child", "--"]).arg(like_ours.get_program());
    command.args(like_ours.get_args()).args(["--server", "dead:5005"]);
    let mut client = Program::start(&mut command).expect("unshare starts");
    wait_for_search(&mut client);
    let children = format!("/proc/{0}/task/{0}/children", client.pid());
    let child = fs::read_to_string(children).expect("unshare has a child");
    let child = Pid::from_raw(child.trim().parse().expect("it has one child"));
    kill(child, Signal::SIGTERM).expect("the client runs");
    client.finish().expect("the client ends").expect_interrupted();
}

fn interrupted_look_up() {
    dead_name_server();
    for &signal in stop_signals() {
        let mut client = client("some.name.example:5005");
        let word = client.wait_for("connecting", any).expect("the client says what it does");
        assert!(word.message().contains("looking its name up"), "{word}");
        let start = Instant::now();
        client.signal(signal).expect("the client runs");
        client.finish().expect("the client ends").expect_interrupted();
        assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    }
}

fn silent_name_server() {
    dead_name_server();
    let start = Instant::now();
    let log = failure("client", &["--server", "some.name.example:5005"]);
    let expected = "cannot connect to some.name.example:5005: no name server has answered";
    assert!(log.contains(expected), "{log}");
    assert!(start.elapsed() < 3 * SOON, "the resolver's own limit was waited for");
}

fn connected_to_itself() {
    // The kernel has but one port to give to the client's end.
    shell("echo 40000 40000 > /proc/sys/net/ipv4/ip_local_port_range");
    let log = failure("client", &["--server", "127.0.0.1:40000"]);
    assert!(log.contains("Connection refused"), "{log}");
}

/// A name has two addresses, and a server at each. The first one hangs in the middle of a session.
fn hung_address() {
    hosts(&["127.0.0.1 twins", "127.0.0.2 twins"]);
    let first = listen("127.0.0.1:0");
    let _second = listen(&format!("127.0.0.2:{}", port(&first)));
    let rule = ["--idle", "300ms", "--retry-interval", "2s", "--retries", "0"];
    let arguments = [&rule[..], &["--reconnect"]].concat();
    let mut client =
        start_client(&format!("twins:{}", port(&first)), &arguments).expect("it starts");
    let connected = client.wait_for("connected", any).expect("a server answers");
    assert_eq!(connected.str("address"), Some(&*first.address), "{connected}");
    first.program.pause().expect("the server can be stopped");
    for _ in 0..2 {
        client.wait_for("connection_ended", any).expect("the first one hangs");
    }
    let connected = client.wait_for("connected", any).expect("the other one answers");
    assert!(connected.str("address").is_some_and(|it| it.starts_with("127.0.0.2:")), "{connected}");
    client.finish_with("found\n", b"FOUND\n");
}
