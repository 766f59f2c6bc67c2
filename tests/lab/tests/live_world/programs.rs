//! The server, its queue and the clients.

use std::time::Duration;

use lab::{
    event::Role,
    live::{
        input::{Deed, Process, What, Who},
        world::{
            client::{Next, State},
            server::ServerState,
            story::Kind,
        },
    },
};
use serde_json::json;

use crate::support::{PORT, Story};

#[test]
fn a_byte_moves_a_client_to_the_back_of_the_queue() {
    let mut story = Story::new();
    (1..=3).for_each(|conn| story.at(f64::from(conn)).connects(conn));
    assert_eq!(story.queue(), ["c1", "c2", "c3"]);
    story.at(4.0).touched("touched", 1);
    assert_eq!(story.queue(), ["c2", "c3", "c1"]);
    story.at(12.0).server(json!({ "event": "ended", "conn": 2, "reason": "silent" }));
    assert_eq!(story.queue(), ["c3", "c1"]);
}

#[test]
fn an_event_that_comes_late_is_dated_by_the_servers_own_stamp() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(5.0).server(json!({ "event": "touched", "conn": 1, "heard_us": 3_000_000 }));
    assert_eq!(story.world.queue.entries()[0].heard, Duration::from_secs(3));
}

#[test]
fn a_connection_that_the_server_has_closed_leaves_the_queue_though_nothing_was_logged() {
    let mut story = Story::new();
    (1..=2).for_each(|conn| story.at(1.0).connects(conn));
    story.at(5.0).kernel(|sample| sample.sockets.retain(|it| it.port != PORT + 1));
    assert_eq!(story.queue(), ["c2"]);
}

#[test]
fn an_answer_ends_the_silence_of_a_client_of_another_terminal() {
    let mut story = Story::new();
    story.at(1.0).joins(1, 7000);
    story.at(4.0).segment(1, Role::Client, 1, "HeartBeat");
    story.at(4.001).segment(1, Role::Server, 1, "OK");
    // The kernel's own time of that byte is a little before the heartbeat: it is rounded.
    story.at(4.1).kernel(|sample| sample.sockets[0].data_came_s = Some(3.998));
    let progress = story.world.clients[0].progress(story.now()).expect("it is connected");
    assert_eq!((progress.sent, progress.next), (0, Next::Heartbeat(1)));
}

#[test]
fn a_new_server_process_has_an_empty_queue() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.take(What::Exited { who: Who::Server });
    assert_eq!((story.queue().len(), story.world.server.state), (0, ServerState::Ended));
    story.take(What::Spawned { who: Who::Server, pid: 4712, flags: Vec::new() });
    assert_eq!(story.world.server.state, ServerState::Starting);
}

#[test]
fn the_end_of_a_program_is_told_unless_the_lab_or_its_own_log_says_why() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    let server = Deed::Kill { who: Who::Server };
    story.take(What::Begun { deed: server.clone() });
    story.take(What::Exited { who: Who::Server });
    story.take(What::Done { deed: server });
    story.client("c1", json!({ "event": "ended", "reason": "server_closed", "code": 1 }));
    let client = || Who::Client("c1".to_owned());
    story.take(What::Exited { who: client() });
    let troubles = |story: &Story| {
        let lines = story.world.story.lines().iter();
        let lines = lines.filter(|line| line.kind == Kind::Trouble);
        lines.map(|line| line.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(troubles(&story), [""; 0]);

    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.take(What::Exited { who: client() });
    story.take(What::Exited { who: Who::Server });
    let ended = ["c1 has ended without a word", "the server has ended"];
    assert_eq!(troubles(&story), ended.map(|it| format!("{it}, and the lab did not end it")));
}

#[test]
fn the_rule_counts_from_the_last_byte_and_then_from_the_last_heartbeat() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    let progress = |story: &Story, now| story.world.clients[0].progress(Duration::from_secs(now));
    let at_two = progress(&story, 2).expect("it is connected");
    let second = Duration::from_secs(1);
    assert_eq!(
        (at_two.silent, at_two.sent, at_two.next, at_two.left),
        (second, 0, Next::Heartbeat(1), 2 * second)
    );
    for retry in 0..3 {
        let event = json!({ "event": "heartbeat_sent", "retry": retry, "unanswered": retry });
        story.at(4.0 + f64::from(retry)).client("c1", event);
    }
    let at_six = progress(&story, 6).expect("it is connected");
    assert_eq!((at_six.sent, at_six.next, at_six.left), (3, Next::Verdict, second));
    story.at(6.5).client("c1", json!({ "event": "heartbeat_answered", "retry": 2 }));
    assert_eq!(progress(&story, 7).expect("it is connected").next, Next::Heartbeat(1));
}

#[test]
fn a_client_stopped_from_elsewhere_is_seen_to_be_stopped() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.kernel(|sample| sample.processes[0].stopped = true);
    assert_eq!(story.world.clients[0].state, State::Stopped);
    story.kernel(|sample| sample.processes[0].stopped = false);
    assert_eq!(story.world.clients[0].state, State::Running);
}

#[test]
fn a_client_of_another_terminal_is_found_and_named_as_not_ours() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).joins(2, 7000);
    story.joins(3, 7001);
    let others = story.world.clients.iter().filter(|client| !client.is_ours);
    assert_eq!(
        others.map(|it| (&*it.name, it.pid)).collect::<Vec<_>>(),
        [("ext", Some(7000)), ("ext2", Some(7001))]
    );
    assert_eq!(story.queue(), ["c1", "ext", "ext2"]);
}

#[test]
fn a_client_of_another_terminal_that_has_closed_its_connection_is_gone() {
    let mut story = Story::new();
    story.at(1.0).joins(1, 7000);
    story.at(2.0).kernel(|sample| sample.sockets[0].pid = None);
    let ended = State::Ended { at: story.now(), why: "left".to_owned() };
    assert_eq!(story.world.clients[0].state, ended);
}

#[test]
fn a_foreign_clients_flags_are_its_rule() {
    let mut story = Story::new();
    story.at(1.0).kernel(|_| ());
    story.joins(1, 7000);
    assert_eq!(story.world.clients[0].settings.idle(), Duration::from_secs(3));
    let mut story = Story::new();
    story.kernel(|sample| {
        let flags = ["--server", "127.0.0.1:5005", "--verbose", "--idle=1s", "--retries", "5"];
        let flags = flags.map(str::to_owned).to_vec();
        sample.processes.push(Process {
            pid: 7000,
            program: "client".to_owned(),
            stopped: false,
            flags,
        });
    });
    story.joins(1, 7000);
    let settings = story.world.clients[0].settings;
    assert_eq!((settings.idle(), settings.retries), (Duration::from_secs(1), 5));
}

#[test]
fn the_dead_stay_with_their_reason_and_then_go() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(7.0).client("c1", json!({ "event": "ended", "reason": "unanswered", "code": 4 }));
    let ended = State::Ended { at: story.now(), why: "unanswered".to_owned() };
    assert_eq!(story.world.clients[0].state, ended);
    story.take(What::Exited { who: Who::Client("c1".to_owned()) });
    assert_eq!(story.world.clients[0].state, ended, "its last words are kept");
    story.at(30.0).touched("touched", 9);
    assert!(story.world.clients.is_empty());
}

#[test]
fn everything_begins_anew_with_other_settings() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.done(Deed::Cut);
    for (flags, timeout) in [(vec!["--timeout", "2s", "--reconnect"], 2), (vec![], 10)] {
        let flags: Vec<_> = flags.into_iter().map(str::to_owned).collect();
        let deed = Deed::Fresh { flags: flags.clone() };
        story.take(What::Begun { deed: deed.clone() });
        story.take(What::Spawned { who: Who::Server, pid: 4712, flags });
        story.take(What::Done { deed });
        assert!(story.world.clients.is_empty() && story.world.cut.is_none());
        assert_eq!(story.world.settings.timeout(), Duration::from_secs(timeout));
        assert_eq!(story.world.next_name(), "c1");
    }
}

#[test]
fn a_client_without_a_connection_can_be_stopped_and_go_on() {
    let mut story = Story::new();
    let who = Who::Client("c1".to_owned());
    story.take(What::Spawned { who: who.clone(), pid: 5001, flags: Vec::new() });
    story.done(Deed::Stop { who: who.clone() });
    assert_eq!(story.world.clients[0].state, State::Stopped);
    story.done(Deed::Continue { who });
    assert_eq!(story.world.clients[0].state, State::Connecting);
}

#[test]
fn only_a_client_that_the_lab_killed_is_said_to_be_killed() {
    let mut story = Story::new();
    (1..=2).for_each(|conn| story.at(1.0).connects(conn));
    let [c1, c2] = ["c1", "c2"].map(|name| Who::Client(name.to_owned()));
    story.take(What::Begun { deed: Deed::Kill { who: c1.clone() } });
    for who in [c1, c2] {
        story.take(What::Exited { who });
    }
    let why = |client: usize| match &story.world.clients[client].state {
        State::Ended { why, .. } => why.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!([why(0), why(1)], ["killed", "gone without a word"]);
}

#[test]
fn a_server_stopped_from_elsewhere_is_seen_to_be_stopped() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    let server = Process { pid: 4711, program: "server".to_owned(), stopped: true, flags: vec![] };
    story.kernel(|sample| sample.processes.push(server));
    assert_eq!(story.world.server.state, ServerState::Stopped);
}

#[test]
fn a_foreign_process_with_two_connections_is_two_clients() {
    let mut story = Story::new();
    story.at(1.0).joins(1, 7000);
    story.joins(2, 7000);
    for _ in 0..5 {
        story.kernel(|_| ());
    }
    let ports: Vec<_> = story.world.clients.iter().map(|client| client.ports.len()).collect();
    assert_eq!(ports, [1, 1]);
    assert_eq!(story.queue(), ["ext", "ext2"]);
}

#[test]
fn a_foreign_client_that_connects_again_is_the_same_client() {
    let mut story = Story::new();
    story.at(1.0).joins(1, 7000);
    story.at(2.0).kernel(|sample| sample.sockets.clear());
    story.server(json!({ "event": "ended", "conn": 1, "reason": "closed_by_client" }));
    assert!(story.world.clients[0].is_over());
    story.at(3.0).joins(2, 7000);
    assert_eq!(story.world.clients.len(), 1);
    assert_eq!((story.queue(), story.world.clients[0].is_over()), (vec!["ext"], false));
}

#[test]
fn another_program_than_our_client_has_no_rule() {
    let mut story = Story::new();
    story.kernel(|sample| {
        let program = "nc".to_owned();
        sample.processes.push(Process { pid: 7000, program, stopped: false, flags: vec![] });
    });
    story.at(1.0).joins(1, 7000);
    assert!(story.world.clients[0].rule().is_none());
}

#[test]
fn a_servers_flags_are_the_settings_from_its_start_on() {
    let mut story = Story::new();
    let flags = ["--timeout", "2s", "-v"].map(str::to_owned).to_vec();
    story.take(What::Spawned { who: Who::Server, pid: 4712, flags });
    assert_eq!(story.world.queue.timeout(), Duration::from_secs(2));
}
