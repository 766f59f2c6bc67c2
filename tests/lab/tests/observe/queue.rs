//! The moves of the server's queue become events with the order after each move.

use lab::{
    event::{Entry, Role, State},
    observe::{Observer, Seen},
    view::View,
};

use super::{all, logs, moment};

/// A move of the queue: `c1 HeartBeat: 2- 1*`, where `*` marks who was moved, and `-` who is
/// stopped.
pub(super) fn in_words(text: &str, order: &[Entry]) -> String {
    let entry = |Entry { conn, state }: &Entry| match state {
        State::Moved => format!(" {conn}*"),
        State::Waiting => format!(" {conn}"),
        State::Stopped => format!(" {conn}-"),
    };
    format!("{text}:{}", order.iter().map(entry).collect::<String>())
}

fn server(event: &str, fields: &str) -> Seen {
    logs(Role::Server, event, fields)
}

#[test]
fn each_move_of_the_queue_is_told_with_what_was_read_and_the_order_after_it() {
    let mut observer = Observer::new(View::Queue, true);
    observer.take(moment([
        server("queued", r#""conn": 1, "heard_us": 0"#),
        server("connected", r#""conn": 1"#),
        server("queued", r#""conn": 2, "heard_us": 10"#),
        server("queued", r#""conn": 3, "heard_us": 20"#),
        server("touched", r#""conn": 2, "heard_us": 30"#),
        server("text", r#""conn": 2, "text": "\"hello\\n\"""#),
        server("touched", r#""conn": 1, "heard_us": 40"#),
        server("heartbeat", r#""conn": 1, "count": 1"#),
    ]));
    observer.stopped = Some(Role::Client);
    observer.take(moment([
        server("touched", r#""conn": 3, "heard_us": 50"#),
        server("heartbeat", r#""conn": 3, "count": 1"#),
        server("ended", r#""conn": 2, "reason": "silent""#),
    ]));
    let expected = [
        "c1 connects: 1*",
        "c2 connects: 1 2*",
        "c3 connects: 1 2 3*",
        r#"c2 "hello\n": 1 3 2*"#,
        "c1 HeartBeat: 3 2 1*",
        "c3 HeartBeat: 2- 1 3*",
        "c2 evicted: silent: 1 3",
    ];
    assert_eq!(all(&observer), expected);
    assert_eq!((observer.heartbeats, observer.connected), (2, 1));
    assert_eq!(observer.server.expect("it has ended").reason, "silent");
}

#[test]
fn a_touch_is_told_with_its_own_order_where_another_connection_comes_between() {
    let mut observer = Observer::new(View::Queue, true);
    observer.take(moment([
        server("queued", r#""conn": 1, "heard_us": 0"#),
        server("queued", r#""conn": 2, "heard_us": 10"#),
        server("touched", r#""conn": 1, "heard_us": 20"#),
        server("touched", r#""conn": 2, "heard_us": 30"#),
        server("heartbeat", r#""conn": 1, "count": 1"#),
        server("heartbeat", r#""conn": 2, "count": 1"#),
    ]));
    let told = all(&observer);
    assert_eq!(told[2..], ["c1 is heard: 2 1*", "c2 is heard: 1 2*"]);
}

#[test]
fn only_the_end_of_the_client_that_was_broken_is_the_servers_verdict() {
    let mut observer = Observer::new(View::Queue, true);
    observer.take(moment([
        server("queued", r#""conn": 1, "heard_us": 0"#),
        server("queued", r#""conn": 2, "heard_us": 10"#),
        server("ended", r#""conn": 1, "reason": "silent""#),
    ]));
    assert_eq!(observer.server, None);
    observer.take(moment([server("ended", r#""conn": 2, "reason": "closed_by_client""#)]));
    let last = all(&observer).pop();
    assert_eq!(last.as_deref(), Some("c2 ended: closed by client:"));
    assert!(observer.server.is_some());
}

#[test]
fn beside_the_queue_no_mark_leaves_open_which_client_it_is_about() {
    let mut observer = Observer::new(View::Queue, true);
    observer.take(moment([
        logs(Role::Client, "heartbeat_sent", r#""retry": 1, "unanswered": 1"#),
        logs(Role::Client, "heartbeat_unsent", r#""retry": 2, "why": "the window is full""#),
        logs(Role::Client, "probe_answered", ""),
        server("queued", r#""conn": 1, "heard_us": 0"#),
        logs(Role::Client, "ended", r#""reason": "unanswered", "code": 4"#),
        Seen::Exited(Role::Client),
    ]));
    assert_eq!(all(&observer), ["c1 connects: 1*"]);
    assert_eq!(observer.client.expect("it has ended").reason, "unanswered");
}
