//! The table of the log's events, `docs/log.md`: it names every event that the programs log, and
//! every field.
#![cfg(unix)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;
use tests::{
    binaries::{Server, client, client_of_peer, start_client},
    event::{any, conn, retry},
    finished::Finished,
    peer::Peer,
};

type Names = BTreeSet<String>;

/// The names of the table: each event of a program with its fields.
fn table(program: &str) -> BTreeMap<String, Names> {
    let text = fs::read_to_string(workspace().join("docs/log.md")).expect("docs/log.md is there");
    let evidence = text.split("The evidence is").nth(1).expect("it lists the evidence");
    let evidence = quoted(evidence.split("which is one of").next().expect("a beginning"));
    let mut events = BTreeMap::new();
    for section in text.split("\n## ") {
        let Some((title, body)) = section.split_once('\n') else { continue };
        if title != program && title != "Both" {
            continue;
        }
        let reasons = body.split("`reason` is one of").nth(1).map(quoted).unwrap_or_default();
        for row in body.lines().filter(|line| line.starts_with("| `")) {
            let cells: Vec<_> = row.split('|').collect();
            let mut fields = quoted(cells[3]);
            if cells[3].contains("the evidence") {
                fields.extend(evidence.clone());
            }
            if cells[3].contains("one number per reason") {
                fields.extend(reasons.clone());
            }
            events.insert(cells[1].trim_matches([' ', '`']).to_owned(), fields);
        }
    }
    assert!(events.len() > 5, "the table of {program} is not understood: {events:?}");
    events
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The names in backticks.
fn quoted(text: &str) -> Names {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The names of the events in the sources of a package.
fn events_in(folder: &Path) -> Names {
    let mut events = Names::new();
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            events.extend(events_in(&path));
            continue;
        }
        let source = fs::read_to_string(&path).expect("a source is text");
        let code = source.lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: Vec<_> = code.collect();
        for after in code.join("\n").split("event = \"").skip(1) {
            events.extend(after.split('"').next().map(str::to_owned));
        }
    }
    events
}

#[test]
fn the_table_lists_exactly_the_events_in_the_sources() {
    for (title, package) in [("Server", "server"), ("Client", "client")] {
        let listed: Names = table(title).into_keys().collect();
        let mut logged = events_in(&workspace().join(package).join("src"));
        logged.extend(events_in(&workspace().join("common/src")));
        let missing: Vec<_> = logged.difference(&listed).collect();
        assert!(
            missing.is_empty(),
            "docs/log.md does not list these of the {package}: {missing:?}"
        );
        let surplus: Vec<_> = listed.difference(&logged).collect();
        assert!(surplus.is_empty(), "the {package} never logs these of docs/log.md: {surplus:?}");
    }
}

/// Checks that each event of a log is in the table with all its fields.
#[track_caller]
fn expect_listed(program: &str, finished: &Finished) {
    let table = table(program);
    assert!(finished.events().count() > 0, "no event in: {}", finished.log());
    for event in finished.events() {
        let listed = table.get(event.name()).unwrap_or_else(|| panic!("not listed: {event}"));
        for field in event.fields() {
            let every_event_has = ["timestamp", "level", "event", "message"].contains(&field);
            assert!(every_event_has || listed.contains(field), "`{field}` is not listed: {event}");
        }
    }
}

#[test]
fn every_field_of_the_servers_events_is_in_the_table() {
    let arguments = ["-vv", "--detect", "both", "--timeout", "4s", "--probe", "2s"];
    let arguments = [&arguments[..], &["--max-connections", "2"]].concat();
    let mut server = Server::start(&arguments).expect("the server starts");
    let mut silent = Peer::connect(&server.address);
    silent.ask(b"hello\nHeartBeat", b"HELLO\nOK");
    let mut resetting = Peer::connect(&server.address);
    resetting.ask(b"hello\n", b"HELLO\n");
    assert_eq!(Peer::connect(&server.address).read_to_end(), b"", "the third client is refused");
    resetting.reset();
    server.program.wait_for("ended", conn(2)).expect("the connection ends");
    silent.expect(b"HeartBeat");
    server.program.wait_for("ended", conn(1)).expect("the silent client is evicted");
    expect_listed("Server", &server.stop().expect("the server ends"));
}

#[test]
fn every_field_of_the_clients_events_is_in_the_table() {
    let server = Server::start(&["--probe", "300ms"]).expect("the server starts");
    let rule = ["--idle", "600ms", "--retry-interval", "200ms", "--retries", "1", "-v"];
    let arguments = [&rule[..], &["--detect", "both"]].concat();
    let mut silent = client(&server.address, &arguments).expect("the client connects");
    silent.wait_for("probe_answered", any).expect("the client answers the probe");
    silent.type_in("hello\n").expect("the client takes input");
    server.program.pause().expect("the server can be stopped");
    silent.wait_for("heartbeat_sent", retry(1)).expect("the second heartbeat is sent");
    let finished = silent.finish().expect("the client ends");
    finished.expect_code(4);
    expect_listed("Client", &finished);
    server.program.signal(Signal::SIGKILL).expect("the server is there");

    let (mut reset, mut peer) = client_of_peer(&["--idle", "1h"]).expect("the client connects");
    reset.type_in("hello\n").expect("the client takes input");
    peer.expect(b"hello\n");
    peer.reset();
    expect_listed("Client", &reset.finish().expect("the client ends"));

    #[cfg(target_os = "linux")]
    expect_listed_search();

    let failed = start_client("127.0.0.1:0", &["-v"]).expect("the client starts");
    let finished = failed.finish().expect("the client ends");
    finished.expect_code(1);
    expect_listed("Client", &finished);
}

/// A client that is interrupted while it searches for its server.
#[cfg(target_os = "linux")]
fn expect_listed_search() {
    let full = tests::peer::Full::bind();
    let mut searching = start_client(&full.address(), &["-v"]).expect("the client starts");
    searching.wait_for("connecting", any).expect("the client says that it is connecting");
    searching.signal(Signal::SIGINT).expect("the client runs");
    expect_listed("Client", &searching.finish().expect("the client ends"));
}
