//! Whole screens, compared with the files in `screens`.

use std::{fs, path::Path, time::Duration};

use lab::{
    event::Role,
    live::{
        draw::{Characters, Look, Moment},
        ideas::IDEAS,
        input::{Deed, Key, Sight, TimerKind, What, Who},
    },
};
use ratatui::style::Modifier;
use serde_json::json;

use crate::stage::{LIVE, SHORT, Stage, start, timer};

/// Fails if the screen differs from this file. The screen is then written to the target
/// directory: look at it, and copy it if it is right.
#[track_caller]
fn compare(screen: &str, name: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live_draw/screens").join(name);
    let expected = fs::read_to_string(&file).unwrap_or_default();
    if screen != expected {
        let drawn = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::write(&drawn, screen).expect("the target directory can be written");
        panic!("the screen is not {}; see {}\n{screen}", file.display(), drawn.display());
    }
}

fn client(name: &str) -> Who {
    Who::Client(name.to_owned())
}

fn stop(name: &str) -> Deed {
    Deed::Stop { who: client(name) }
}

/// Three clients of the lab and one from another terminal. Of the lab's, c3 is stopped, and c1 has
/// sent a heartbeat into a cut line.
pub(crate) fn broken() -> Stage {
    use Role::{Client, Server};
    let mut stage = Stage::new(start(SHORT));
    stage.connect(1.0, "c1", 1);
    stage.connect(2.0, "c2", 2);
    stage.connect(3.0, "c3", 3);
    stage.server(4.0, "connected", json!({"conn": 4, "peer": "127.0.0.1:40004"}));
    stage.server(4.0, "queued", json!({"conn": 4, "heard_us": 4_000_000}));
    stage.join(4.0, 5120, 4);
    stage.keys(5.0, &[Key::Char('1')]);
    stage.heard(33.4, 3);
    stage.done(33.4, stop("c3"));
    stage.keys(34.0, &[Key::Char('s'), Key::Char('1'), Key::Char('0'), Key::Enter]);
    for at in [36.0, 39.1] {
        let [seq, ack] = if at < 37.0 { [100, 500] } else { [109, 502] };
        stage.client(at, "c1", "heartbeat_sent", json!({"retry": 0}));
        stage.segment(at, 1, Client, [seq, ack], "HeartBeat");
        stage.segment(at, 1, Server, [ack, seq + 9], "OK");
        stage.segment(at, 1, Client, [seq + 9, ack + 2], "");
        stage.heard(at, 1);
        stage.client(at, "c1", "heartbeat_answered", json!({"retry": 0}));
    }
    stage.heard(41.3, 4);
    stage.heard(41.4, 2);
    stage.done(41.9, Deed::Cut);
    stage.keys(42.0, &[Key::Escape]);
    stage.client(42.1, "c1", "heartbeat_sent", json!({"retry": 0}));
    let end = stage.socket(Client, 1).expect("it is connected");
    (end.unacked, end.timer) = (9, Some(timer(TimerKind::Retransmit, 42.5)));
    stage.kernel(42.1);
    stage
}

#[test]
fn everything_is_seen_on_80_columns_and_24_rows() {
    let mut stage = broken();
    stage.done(42.2, Deed::Mend);
    stage.heard(42.2, 2);
    compare(&stage.text(42.3, LIVE, 80, 24), "whole.txt");
}

#[test]
fn a_cut_line_and_a_lost_heartbeat_are_seen() {
    compare(&broken().text(42.3, LIVE, 80, 24), "cut.txt");
}

#[test]
fn ascii_shows_the_same() {
    let look = Look { characters: Characters::Ascii, ..LIVE };
    compare(&broken().text(42.3, look, 80, 24), "ascii.txt");
}

#[test]
fn a_large_screen_shows_every_connection_and_says_why() {
    compare(&broken().text(42.3, LIVE, 120, 40), "large.txt");
}

#[test]
fn borders_are_faint_and_titles_are_not() {
    let screen = broken().buffer(42.3, LIVE, 80, 24);
    let is_faint = |column| screen[(column, 1)].modifier.contains(Modifier::DIM);
    assert_eq!([0, 1, 3, 12, 79].map(is_faint), [true, true, false, false, true]);
}

#[test]
fn a_start_says_what_to_do() {
    compare(&Stage::new(start(SHORT)).text(0.2, LIVE, 80, 24), "start.txt");
}

#[test]
fn the_queue_of_a_stopped_server_stands_still_while_deadlines_pass() {
    let mut stage = Stage::new(start(SHORT));
    stage.connect(1.0, "c1", 1);
    stage.connect(2.0, "c2", 2);
    stage.done(3.0, Deed::Stop { who: Who::Server });
    stage.keys(3.1, &[Key::Escape]);
    let at_once = stage.text(3.2, LIVE, 80, 24);
    assert!(!at_once.contains("then evicted"), "it evicts nobody now:\n{at_once}");
    stage.connect_unaccepted(4.0, "c3", 3);
    for (retry, at) in [(0, 5.0), (1, 6.0), (2, 7.0)] {
        stage.client(at, "c2", "heartbeat_sent", json!({"retry": retry}));
        stage.segment(at, 2, Role::Client, [100 + 9 * retry, 500], "HeartBeat");
        stage.segment(at, 2, Role::Server, [500, 109 + 9 * retry], "");
    }
    let ended = json!({"reason": "unanswered", "message": "no byte for 6.0s, 3 heartbeats unanswered; \
        the peer's kernel answers, so the service is silent"});
    stage.client(7.0, "c1", "ended", ended);
    stage.take(7.0, What::Exited { who: client("c1") });
    stage.keys(7.5, &[Key::Char('2')]);
    compare(&stage.text(11.4, LIVE, 80, 24), "stopped_server.txt");
    stage.keys(11.5, &[Key::Char('3')]);
    compare(&stage.text(11.6, LIVE, 120, 40), "backlog.txt");
}

#[test]
fn an_ended_server_can_be_started_again() {
    let mut stage = broken();
    let deed = Deed::Kill { who: Who::Server };
    stage.take(43.0, What::Begun { deed: deed.clone() });
    stage.take(43.0, What::Exited { who: Who::Server });
    stage.take(43.0, What::Done { deed });
    stage.keys(43.1, &[Key::Escape]);
    let ended = json!({"reason": "server_closed", "message": "the connection was closed from the server's side"});
    stage.client(43.2, "c2", "ended", ended);
    compare(&stage.text(43.4, LIVE, 80, 24), "ended_server.txt");
}

#[test]
fn the_question_has_a_fixed_place() {
    let mut stage = broken();
    stage.done(42.3, Deed::Mend);
    stage.done(42.4, stop("c2"));
    compare(&stage.text(42.5, LIVE, 80, 24), "question.txt");
    stage.keys(42.5, &[Key::Char('s'), Key::Char('1'), Key::Char('2')]);
    compare(&stage.text(42.6, LIVE, 80, 24), "answer.txt");
}

#[test]
fn a_line_is_typed_in_the_footer() {
    let mut stage = broken();
    stage.keys(42.3, &[Key::Escape, Key::Char('t')]);
    let line: Vec<_> = "你好, \u{1b} is escaped".chars().map(Key::Char).collect();
    stage.keys(42.3, &line);
    let footer = |columns| {
        let screen = stage.text(42.3, LIVE, columns, 24);
        screen.lines().last().map(str::to_owned)
    };
    let expected = " c1 types: 你好, \\u{1b} is escaped_  Enter sends it  Esc does not";
    assert_eq!(footer(80).as_deref(), Some(expected));
}

#[test]
fn ideas_and_help_lie_over_the_panes() {
    let mut stage = broken();
    stage.keys(42.3, &[Key::Escape, Key::Char('e')]);
    let ideas = stage.text(42.3, LIVE, 80, 24);
    assert!(ideas.contains("IDEAS"), "{ideas}");
    assert!(ideas.ends_with(" ↑ ↓ choose  Enter play it  Esc close the list\n"), "{ideas}");
    assert!(ideas.contains(&format!(">{}", IDEAS[0].name)), "{ideas}");
    stage.keys(42.3, &[Key::Escape, Key::Char('?')]);
    compare(&stage.text(42.3, LIVE, 80, 24), "help.txt");
}

#[test]
fn frozen_and_replayed_moments_say_so() {
    let stage = broken();
    let header = |moment| {
        let screen = stage.text(42.3, Look { moment, ..LIVE }, 80, 24);
        screen.lines().next().map(str::to_owned)
    };
    assert!(header(Moment::Frozen).is_some_and(|it| it.ends_with("FROZEN at 00:42.3")));
    let replay = Moment::Replay { length: Duration::from_secs(90), is_paused: true };
    let expected = "REPLAY paused 00:42.3 of 01:30.0";
    assert!(header(replay).is_some_and(|it| it.ends_with(expected)));
}

#[test]
fn a_deaf_clients_flood_is_collapsed() {
    let mut stage = Stage::new(start(SHORT));
    stage.connect(1.0, "c1", 1);
    stage.done(2.0, Deed::Deafen { client: "c1".to_owned() });
    stage.keys(2.0, &[Key::Escape]);
    let line = "flood ".repeat(20);
    for number in 0..100 {
        let at = 2.0 + f64::from(number) / 100.0;
        stage.segment(at, 1, Role::Client, [120 * number, 120 * number], &line);
        stage.segment(at, 1, Role::Server, [120 * number, 120 * number + 120], &line);
    }
    let [client, server] = [Role::Client, Role::Server];
    stage.socket(client, 1).expect("it is connected").unread = 2_500_000;
    let end = stage.socket(server, 1).expect("it is connected");
    (end.unacked, end.tries, end.timer) = (65_000, 2, Some(timer(TimerKind::WindowProbe, 4.2)));
    stage.kernel(3.0);
    stage.segment(3.0, 1, server, [12_000 - 1, 12_000], "");
    compare(&stage.text(3.1, LIVE, 80, 24), "flood.txt");
}

#[test]
fn keepalive_alone_shows_the_kernels_timer() {
    let settings =
        ["--detect", "keepalive", "--keepalive-idle", "2s", "--keepalive-interval", "1s"];
    let mut stage = Stage::new(start(&[&settings[..], &["--keepalive-count", "3"]].concat()));
    stage.connect(1.0, "c1", 1);
    stage.connect(1.0, "c2", 2);
    let end = stage.socket(Role::Client, 1).expect("it is connected");
    (end.tries, end.timer) = (1, Some(timer(TimerKind::Keepalive, 4.0)));
    let end = stage.socket(Role::Client, 2).expect("it is connected");
    (end.unacked, end.timer) = (6, Some(timer(TimerKind::Retransmit, 3.9)));
    stage.kernel(3.0);
    compare(&stage.text(3.4, LIVE, 80, 24), "keepalive.txt");
}

#[test]
fn what_the_lab_cannot_see_any_more_is_told() {
    let mut stage = Stage::new(start(SHORT));
    stage.connect(1.0, "c1", 1);
    let why = || "no buffer space".to_owned();
    stage.take(2.0, What::Blind { sight: Sight::Kernel, why: why() });
    stage.take(2.0, What::Blind { sight: Sight::Wire, why: why() });
    let blind = stage.text(2.1, LIVE, 80, 24);
    for said in ["these figures are old: no buffer", "as the two logs tell it: no buffer"] {
        assert!(blind.contains(said), "no {said:?} in:\n{blind}");
    }
    stage.kernel(3.0);
    let seen = stage.text(3.1, LIVE, 80, 24);
    assert!(!seen.contains("figures are old"), "{seen}");
}

#[test]
fn many_clients_leave_the_front_the_back_and_the_chosen_one() {
    let mut start = start(SHORT);
    start.no_tap = Some("Operation not permitted".to_owned());
    start.no_diag = Some("Operation not permitted".to_owned());
    start.no_network = Some("unshare: Operation not permitted".to_owned());
    let mut stage = Stage::new(start);
    for number in 1..=20 {
        stage.connect(f64::from(number) / 10.0, &format!("c{number}"), number);
    }
    stage.take(2.5, What::Key { key: Key::Char('9') });
    stage.keys(2.5, &[Key::Down, Key::Down]);
    stage.take(2.5, What::Key { key: Key::Char('r') });
    stage.done(2.6, Deed::Type { client: "c11".to_owned(), line: "hello".to_owned() });
    compare(&stage.text(2.7, LIVE, 80, 24), "many.txt");
}
