//! What a client with `--reconnect` logs and prints becomes events, too.

use lab::{
    event::Role::{Client, Server},
    observe::{Observer, Seen},
    view::View,
};

use super::{all, logs, moment};

const PROVEN: &str = r#""address": "127.0.0.1:5005", "answered_ms": 0.3, "again_bytes": 0"#;

fn prints(line: &str) -> Seen {
    Seen::Printed(line.as_bytes().to_vec())
}

/// An observer of a client that knows two servers.
fn observer() -> Observer {
    let mut observer = Observer::new(View::Direct, false);
    for address in ["127.0.0.1:5005", "127.0.0.1:5006"] {
        let listening = logs(Server, "listening", &format!(r#""address": "{address}""#));
        observer.take(moment([listening]));
    }
    observer
}

#[test]
fn text_that_is_sent_again_stands_after_the_first_answer_and_before_its_echo() {
    let mut observer = observer();
    observer.typed("hello\n");
    observer.take(moment([
        prints("HELLO\n"),
        logs(Client, "connected", PROVEN),
        logs(Client, "back", r#""down_s": 1.3"#),
        logs(Server, "connected", r#""conn": 2"#),
        logs(Server, "heartbeat", r#""conn": 2, "count": 1"#),
        logs(Server, "text", r#""conn": 2, "text": "hello\n", "bytes": 6"#),
    ]));
    let expected = [
        "server: connection accepted",
        "client sends HeartBeat",
        "server sends OK",
        r#"client sends "hello\n""#,
        r#"server sends "HELLO\n""#,
        "client: back after 1.3s",
    ];
    let told: Vec<_> = all(&observer).into_iter().filter(|it| !it.contains("touched")).collect();
    assert_eq!(told, expected);
    assert!(observer.back.is_some() && observer.is_answered());
}

#[test]
fn a_session_without_a_connection_tells_what_it_keeps_and_what_it_tries() {
    let mut observer = observer();
    for (event, fields) in [
        ("connection_ended", r#""reason": "server_closed""#),
        ("reconnecting", r#""server": "127.0.0.1:5005", "attempt": 1, "pause_s": 0.42"#),
        ("connecting", r#""server": "127.0.0.1:5005""#),
        ("connect_failed", r#""server": "127.0.0.1:5005""#),
        ("reconnecting", r#""server": "127.0.0.1:5006", "attempt": 2, "pause_s": 0.18"#),
    ] {
        observer.take(moment([logs(Client, event, fields)]));
    }
    observer.typed("hello\n");
    let expected = [
        "server sends (end of stream)",
        "client: ended: server closed",
        "client: tries the first server in 0.4s",
        "client: still connecting",
        "client: failed; tries the second server in 0.2s",
        r#"client: keeps "hello\n""#,
    ];
    assert_eq!(all(&observer), expected);
    assert_eq!(observer.client.as_ref().map(|words| &*words.reason), Some("server_closed"));
    assert!(observer.back.is_none() && !observer.is_answered());
}

#[test]
fn messages_to_a_server_that_hangs_arrive_and_are_not_read() {
    let mut observer = observer();
    observer.stopped = Some(Server);
    observer.typed("hello\n");
    observer.take(moment([logs(Client, "heartbeat_sent", r#""retry": 0, "unanswered": 0"#)]));
    assert_eq!(all(&observer), [r#"client sends "hello\n""#, "client sends HeartBeat"]);
}

#[test]
fn the_last_words_are_about_the_first_connection() {
    let mut observer = observer();
    observer.take(moment([logs(Client, "connection_ended", r#""reason": "unanswered""#)]));
    observer.take(moment([logs(Client, "ended", r#""reason": "complete", "code": 0"#)]));
    assert_eq!(observer.client.expect("they are told").reason, "unanswered");
}

#[test]
fn lines_are_answered_if_each_came_back_once_and_in_order() {
    for (answers, is_answered) in [
        (&["ONE\n", "TWO\n"][..], true),
        (&["ONE\n"], false),
        (&["TWO\n", "ONE\n"], false),
        (&["ONE\n", "ONE\n", "TWO\n"], false),
    ] {
        let mut observer = observer();
        observer.typed("one\n");
        observer.typed("two\n");
        observer.take(moment(answers.iter().map(|line| prints(line))));
        assert_eq!(observer.is_answered(), is_answered, "{answers:?}");
    }
}
