//! What was seen of a run becomes events: lines of the two logs and what passed the relay, in the
//! order of cause and effect.
#![cfg(unix)]

mod queue;
mod session;

use std::time::{Duration, Instant};

use lab::{
    draw::readable,
    event::{
        Content, Event, Fate,
        Role::{self, Client, Server},
        What,
    },
    observe::{Observation, Observer, Seen},
    view::View,
};
use tests::log::Line;

/// A line of a program's log: the event's name, and further fields in JSON.
fn logs(role: Role, event: &str, fields: &str) -> Seen {
    let separator = if fields.is_empty() { "" } else { ", " };
    let line = format!(
        r#"{{"timestamp": "2026-11-25T08:07:36.510Z", "level": "INFO", "event": "{event}", "message": "a sentence"{separator}{fields}}}"#
    );
    Seen::Logged(role, Line::new(line.as_bytes()))
}

fn passes(from: Role, bytes: &[u8]) -> Seen {
    Seen::Passed(from, Content::Bytes(bytes.to_vec()))
}

/// Observations of one moment, a millisecond from one to the next.
fn moment(seen: impl IntoIterator<Item = Seen>) -> Vec<Observation> {
    let now = Instant::now();
    let observation =
        |(millis, seen)| Observation { at: now + Duration::from_millis(millis), seen };
    (0..).zip(seen).map(observation).collect()
}

/// An event in a few words.
fn in_words(event: &Event) -> String {
    match &event.what {
        What::Message { from, content, fate } => {
            let lost = if *fate == Fate::Lost { ", lost" } else { "" };
            format!("{from} sends {}{lost}", readable(*from, content, 40))
        }
        What::Mark { role, text } => format!("{role}: {text}"),
        What::Deed(text) => text.clone(),
        What::Queue { text, order } => queue::in_words(text, order),
    }
}

fn all(observer: &Observer) -> Vec<String> {
    observer.events.iter().map(in_words).collect()
}

const TOUCHED: &str = "server: touched: to the back of the queue";

#[test]
fn a_cause_stands_before_its_effect_in_whatever_order_they_were_seen() {
    let mut observer = Observer::new(View::Relayed, true);
    observer.take(moment([
        passes(Client, b"HeartBeat"),
        passes(Server, b"OK"),
        logs(Server, "heartbeat", r#""conn": 1, "count": 1"#),
        logs(Client, "heartbeat_answered", r#""retry": 1, "round_trip_ms": 0.23"#),
        logs(Client, "heartbeat_sent", r#""retry": 1, "unanswered": 1"#),
    ]));
    let expected =
        ["client: retry 1 (1 unanswered)", "client sends HeartBeat", TOUCHED, "server sends OK"];
    assert_eq!(all(&observer), expected);
    assert!(observer.events.is_sorted_by_key(|event| event.at));
    assert_eq!(observer.heartbeats, 1);
}

#[test]
fn a_line_of_text_touches_the_queue_before_it_is_answered() {
    let mut observer = Observer::new(View::Relayed, true);
    observer.take(moment([
        passes(Client, b"hello\n"),
        passes(Server, b"HELLO\n"),
        logs(Server, "text", r#""conn": 1, "bytes": 6"#),
    ]));
    let expected = [r#"client sends "hello\n""#, TOUCHED, r#"server sends "HELLO\n""#];
    assert_eq!(all(&observer), expected);
}

#[test]
fn a_probe_stands_before_the_heartbeat_that_answers_it() {
    let mut observer = Observer::new(View::Relayed, true);
    observer.take(moment([
        passes(Server, b"HeartBeat"),
        passes(Client, b"HeartBeat"),
        logs(Client, "probe_answered", ""),
        logs(Server, "probe_sent", r#""conn": 1"#),
        logs(Server, "heartbeat", r#""conn": 1, "count": 1"#),
        passes(Server, b"OK"),
    ]));
    let expected = [
        "server: silent: asked for a sign of life",
        "server sends HeartBeat",
        "client: probe answered",
        "client sends HeartBeat",
        TOUCHED,
        "server sends OK",
    ];
    assert_eq!(all(&observer), expected);
}

#[test]
fn the_end_that_comes_first_stands_first() {
    let end = |role| Seen::Passed(role, Content::EndOfStream);
    let mut evicted = Observer::new(View::Relayed, true);
    evicted.take(moment([
        end(Server),
        end(Client),
        logs(Client, "ended", r#""reason": "server_closed", "code": 3"#),
        Seen::Exited(Client),
        logs(Server, "ended", r#""conn": 1, "reason": "silent", "silent_s": 3.0"#),
    ]));
    let expected = [
        "server: ended: silent",
        "server sends (end of stream)",
        "client: ended: server closed",
        "client sends (end of stream)",
    ];
    assert_eq!(all(&evicted), expected);
    let mut gone = Observer::new(View::Relayed, true);
    gone.take(moment([
        end(Client),
        end(Server),
        logs(Server, "ended", r#""conn": 1, "reason": "closed_by_client""#),
        logs(Client, "ended", r#""reason": "complete", "code": 0"#),
        Seen::Exited(Client),
    ]));
    let expected = [
        "client: ended: complete",
        "client sends (end of stream)",
        "server: ended: closed by client",
        "server sends (end of stream)",
    ];
    assert_eq!(all(&gone), expected);
}

#[test]
fn without_a_relay_the_logs_tell_of_the_messages() {
    let mut observer = Observer::new(View::Direct, true);
    observer.typed("hello\n");
    observer.take(moment([logs(Server, "text", r#""conn": 1, "text": "hello\n", "bytes": 6"#)]));
    observer.take(moment([
        logs(Client, "heartbeat_sent", r#""retry": 0, "unanswered": 0"#),
        logs(Server, "heartbeat", r#""conn": 1, "count": 2"#),
        logs(Client, "heartbeat_answered", r#""retry": 0, "round_trip_ms": 0.23"#),
    ]));
    let expected = [
        r#"client sends "hello\n""#,
        TOUCHED,
        r#"server sends "HELLO\n""#,
        "client sends HeartBeat HeartBeat",
        "server sends OK",
    ];
    assert_eq!(all(&observer), expected);
}

#[test]
fn messages_into_a_cut_line_are_lost() {
    let mut observer = Observer::new(View::Direct, true);
    observer.deed("network cut");
    observer.is_cut = true;
    observer.typed("are you there?\n");
    for line in [
        logs(Client, "heartbeat_sent", r#""retry": 0, "unanswered": 0"#),
        logs(Client, "heartbeat_sent", r#""retry": 1, "unanswered": 1, "finding": "undecided""#),
        logs(Client, "heartbeat_unsent", r#""retry": 2, "why": "the window is full""#),
        logs(Server, "probe_sent", r#""conn": 1"#),
        logs(Client, "ended", r#""reason": "unanswered", "finding": "host_silent", "code": 4"#),
        Seen::Exited(Client),
        logs(Server, "ended", r#""conn": 1, "reason": "silent""#),
    ] {
        observer.take(moment([line]));
    }
    let expected = [
        "network cut",
        r#"client sends "are you there?\n", lost"#,
        "client sends HeartBeat, lost",
        "client: retry 1 (1 unanswered)",
        "client sends HeartBeat, lost",
        "client: heartbeat not sent: the window is full",
        "server: silent: asked for a sign of life",
        "server sends HeartBeat, lost",
        "client: ended: unanswered (its end of stream is lost)",
        "server: ended: silent (its end of stream is lost)",
    ];
    assert_eq!(all(&observer), expected);
    let client = observer.client.expect("the client's last words");
    assert_eq!((&*client.reason, client.finding.as_deref()), ("unanswered", Some("host_silent")));
    assert_eq!(client.text, "a sentence");
    assert_eq!(observer.server.expect("the server's last words").reason, "silent");
}

#[test]
fn with_keepalive_alone_no_queue_is_touched() {
    let mut observer = Observer::new(View::Relayed, false);
    observer.take(moment([
        logs(Server, "connected", r#""conn": 1, "peer": "127.0.0.1:46518""#),
        passes(Client, b"hello\n"),
        logs(Server, "text", r#""conn": 1, "text": "hello\n", "bytes": 6"#),
    ]));
    let expected = [r#"client sends "hello\n""#, "server: connection accepted"];
    let mut events = all(&observer);
    events.sort();
    assert_eq!(events, expected);
}

#[test]
fn only_the_first_read_is_told_to_touch_the_queue() {
    let mut observer = Observer::new(View::Relayed, true);
    for _ in 0..3 {
        observer.take(moment([logs(Server, "heartbeat", r#""conn": 1, "count": 1"#)]));
    }
    assert_eq!(all(&observer), [TOUCHED]);
    assert_eq!(observer.heartbeats, 3);
}

#[test]
fn a_client_that_was_killed_has_no_last_words() {
    let mut observer = Observer::new(View::Relayed, true);
    observer.take(moment([logs(Client, "connected", r#""address": "127.0.0.1:5005""#)]));
    observer.killed = Some(Client);
    let closed = logs(Server, "ended", r#""conn": 1, "reason": "closed_by_client""#);
    observer.take(moment([Seen::Exited(Client), closed]));
    assert_eq!(all(&observer), ["server: ended: closed by client"]);
    assert_eq!((observer.client, observer.server.is_some()), (None, true));
}

#[test]
fn a_client_that_exits_without_a_last_line_has_failed() {
    let mut observer = Observer::new(View::Relayed, true);
    observer.take(moment([Seen::Logged(Client, Line::new(b"not JSON")), Seen::Exited(Client)]));
    let words = observer.client.expect("last words");
    assert_eq!((&*words.reason, &*words.text), ("failed", "not JSON"));
}

#[test]
fn only_the_end_of_the_connection_brings_last_words() {
    let mut observer = Observer::new(View::Relayed, true);
    observer.take(moment([
        logs(Server, "listening", r#""address": "127.0.0.1:5005", "pid": 17"#),
        logs(Server, "connected", r#""conn": 1, "peer": "127.0.0.1:46518""#),
        logs(Client, "connected", r#""address": "127.0.0.1:5005", "pid": 18"#),
        logs(Server, "keepalive", r#""conn": 1, "idle_s": 1.0, "interval_s": 1.0, "count": 3"#),
        logs(Server, "stopped", r#""served": 1, "evicted": 0"#),
    ]));
    assert_eq!(observer.addresses, ["127.0.0.1:5005"]);
    assert_eq!(observer.connected, 2);
    assert_eq!((observer.client, observer.server), (None, None));
}
