//! From what was seen of a run to what happened in it: lines of the two logs and what passed
//! a relay, in the order of cause and effect.

use std::time::{Duration, Instant};

use lab::{
    event::{Content, Event, Fate, Side, What},
    note::{Note, Seen},
    readable::readable,
    story::{Story, Wire},
};

use Side::{Client, Server};

fn says(side: Side, text: &str) -> Seen {
    Seen::Said(side, format!("08:07:36.510  INFO {text}"))
}

fn passes(from: Side, bytes: &[u8]) -> Seen {
    Seen::Passed(from, Content::Bytes(bytes.to_vec()))
}

/// Notes of one moment, a millisecond from one to the next.
fn moment(seen: impl IntoIterator<Item = Seen>) -> Vec<Note> {
    let now = Instant::now();
    let note = |(millis, seen)| Note { at: now + Duration::from_millis(millis), seen };
    (0..).zip(seen).map(note).collect()
}

/// An event in a few words.
fn told(event: &Event) -> String {
    match &event.what {
        What::Message { from, content, fate } => {
            let lost = if *fate == Fate::Lost { ", lost" } else { "" };
            format!("{from} sends {}{lost}", readable(*from, content, 40))
        }
        What::Mark { side, text } => format!("{side}: {text}"),
        What::Between(text) => text.clone(),
    }
}

fn all(story: &Story) -> Vec<String> {
    story.events.iter().map(told).collect()
}

const TOUCHED: &str = "server: touched: to the back of the queue";

#[test]
fn cause_stands_before_effect_in_whatever_order_they_were_seen() {
    let mut story = Story::new(Wire::Relayed);
    story.take(moment([
        passes(Client, b"HeartBeat"),
        passes(Server, b"OK"),
        says(Server, "conn-1 heartbeat"),
        says(Client, "heartbeat 1 answered in 0.23ms"),
        says(Client, "heartbeat 1 sent"),
    ]));
    let expected =
        ["client: idle: heartbeat 1", "client sends HeartBeat", TOUCHED, "server sends OK"];
    assert_eq!(all(&story), expected);
    assert!(story.events.is_sorted_by_key(|event| event.at));
    assert_eq!(story.heartbeats, 1);
}

#[test]
fn a_probe_stands_before_the_heartbeat_that_answers_it() {
    let mut story = Story::new(Wire::Relayed);
    story.take(moment([
        passes(Server, b"HeartBeat"),
        passes(Client, b"HeartBeat"),
        says(Client, "the server's probe answered with a heartbeat"),
        says(Server, "conn-1 probe sent"),
        says(Server, "conn-1 heartbeat"),
        passes(Server, b"OK"),
    ]));
    let expected = [
        "server: silent: asked for a sign of life",
        "server sends HeartBeat",
        "client: the server's probe answered with a heartbeat",
        "client sends HeartBeat",
        TOUCHED,
        "server sends OK",
    ];
    assert_eq!(all(&story), expected);
}

#[test]
fn whoever_ends_first_ends_first() {
    let end = |side| Seen::Passed(side, Content::EndOfStream);
    let client = |story: &mut Story, seen: [Seen; 5]| story.take(moment(seen));
    let (mut evicted, mut gone) = (Story::new(Wire::Relayed), Story::new(Wire::Relayed));
    client(
        &mut evicted,
        [
            end(Server),
            end(Client),
            says(Client, "the server closed the connection"),
            Seen::Ended(Client),
            says(Server, "conn-1 evicted: silent for 3.0s"),
        ],
    );
    let expected = [
        "server: evicted: silent for 3.0s",
        "server sends (end of stream)",
        "client: the server closed the connection",
        "client sends (end of stream)",
    ];
    assert_eq!(all(&evicted), expected);
    client(
        &mut gone,
        [
            end(Client),
            end(Server),
            says(Server, "conn-1 closed by the client"),
            says(Client, "1 line sent, 1 answered"),
            Seen::Ended(Client),
        ],
    );
    let expected = [
        "client: 1 line sent, 1 answered",
        "client sends (end of stream)",
        "server: closed by the client",
        "server sends (end of stream)",
    ];
    assert_eq!(all(&gone), expected);
}

#[test]
fn where_no_relay_sees_the_bytes_the_logs_tell_of_them() {
    let mut story = Story::new(Wire::Direct);
    story.typed("hello\n");
    story.take(moment([says(Server, "conn-1 text \"hello\\n\"")]));
    story.take(moment([
        says(Client, "heartbeat 1 sent"),
        says(Server, "conn-1 heartbeat (2 in one read)"),
        says(Client, "heartbeat 2 answered in 0.23ms"),
    ]));
    let expected = [
        r#"client sends "hello\n""#,
        TOUCHED,
        r#"server sends "HELLO\n""#,
        "client: idle: heartbeat 1",
        "client sends HeartBeat HeartBeat",
        TOUCHED,
        "server sends OK",
    ];
    assert_eq!(all(&story), expected);
}

#[test]
fn what_is_sent_into_a_cut_is_lost() {
    let mut story = Story::new(Wire::Direct);
    story.between("network cut");
    story.set_cut(true);
    story.typed("are you there?\n");
    story.take(moment([says(Client, "heartbeat 1 sent")]));
    story.take(moment([says(Client, "heartbeat 2 sent (1 unanswered: 9 bytes unacknowledged)")]));
    story.take(moment([says(Client, "heartbeat 3 could not be sent: the window is full")]));
    story.take(moment([says(Server, "conn-1 probe sent")]));
    story.take(moment([says(Client, "no byte for 2.5s"), Seen::Ended(Client)]));
    story.take(moment([says(Server, "conn-1 evicted: silent for 3.0s")]));
    let expected = [
        "network cut",
        r#"client sends "are you there?\n", lost"#,
        "client: idle: heartbeat 1",
        "client sends HeartBeat, lost",
        "client: retry 1: heartbeat 2 (1 unanswered: 9 bytes unacknowledged)",
        "client sends HeartBeat, lost",
        "client: heartbeat 3 could not be sent: the window is full",
        "server: silent: asked for a sign of life",
        "server sends HeartBeat, lost",
        "client: no byte for 2.5s",
        "client sends (end of stream), lost",
        "server: evicted: silent for 3.0s",
        "server sends (end of stream), lost",
    ];
    assert_eq!(all(&story), expected);
    assert_eq!(story.client.map(|words| words.text).as_deref(), Some("no byte for 2.5s"));
    assert_eq!(story.server.map(|words| words.text).as_deref(), Some("evicted: silent for 3.0s"));
}

#[test]
fn a_client_that_was_killed_has_no_last_words() {
    let mut story = Story::new(Wire::Relayed);
    story.take(moment([says(Client, "connected to 127.0.0.1:5005")]));
    story.set_killed(Client);
    story.take(moment([Seen::Ended(Client), says(Server, "conn-1 closed by the client")]));
    assert_eq!(
        all(&story),
        ["client: connected to 127.0.0.1:5005", "server: closed by the client"]
    );
    assert_eq!((story.client, story.server.is_some()), (None, true));
}

#[test]
fn only_the_end_of_the_connection_is_a_last_word() {
    let mut story = Story::new(Wire::Relayed);
    story.take(moment([
        says(Server, "listening on 127.0.0.1:5005"),
        says(Server, "conn-1 connected from 127.0.0.1:46518"),
        says(Client, "connected to 127.0.0.1:5005"),
        says(Server, "conn-1 keepalive idle 1s, interval 1s, count 3"),
        says(Server, "stopped; 1 connection served"),
    ]));
    assert_eq!(story.connected, 2);
    assert_eq!((story.client, story.server), (None, None));
}
