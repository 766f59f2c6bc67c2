//! The messages on the wire.

use lab::{
    event::{Content, Role},
    live::{
        input::{Deed, Segment, Timer, TimerKind, What, Who},
        world::wire::{Fate, Passed, Sent},
    },
};
use serde_json::json;

use crate::support::{PORT, Story, segment, start};

fn passed(story: &Story) -> Vec<Passed> {
    story.world.wire.passed(&[PORT + 1]).into_iter().cloned().collect()
}

fn kinds(story: &Story) -> Vec<(Role, String, Fate)> {
    let kind = |passed: Passed| {
        let what = match passed.what {
            Sent::Message { content: Content::Bytes(bytes), .. } => {
                String::from_utf8(bytes).expect("text")
            }
            other => format!("{other:?}"),
        };
        (passed.from, what, passed.fate)
    };
    passed(story).into_iter().map(kind).collect()
}

#[test]
fn bytes_that_are_sent_again_are_told_from_new_ones() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.segment(1, Role::Client, 100, "HeartBeat");
    story.segment(1, Role::Client, 100, "HeartBeat");
    story.segment(1, Role::Client, 109, "HeartBeat");
    let fates: Vec<_> = kinds(&story).into_iter().map(|(.., fate)| fate).collect();
    assert_eq!(fates, [Fate::Arrived, Fate::ArrivedAgain, Fate::Arrived]);
}

#[test]
fn what_is_sent_into_a_cut_line_is_lost_and_comes_again_after_it_is_mended() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.done(Deed::Cut);
    story.at(4.0).client("c1", json!({ "event": "heartbeat_sent", "retry": 0 }));
    assert_eq!(kinds(&story), [(Role::Client, "HeartBeat".to_owned(), Fate::Lost)]);
    story.done(Deed::Mend);
    story.at(4.5).segment(1, Role::Client, 100, "HeartBeat");
    assert_eq!(kinds(&story)[1].2, Fate::ArrivedAgain);
}

#[test]
fn probes_of_the_kernel_are_told_apart_by_the_pending_timer() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.segment(1, Role::Client, 100, "HeartBeat");
    story.segment(1, Role::Client, 109, ""); // a bare acknowledgement
    story.segment(1, Role::Client, 108, "");
    let timer = Some(Timer { kind: TimerKind::WindowProbe, fires_s: 2.0 });
    story.kernel(|sample| sample.sockets[0].timer = timer);
    story.segment(1, Role::Client, 108, "");
    let kinds: Vec<_> = kinds(&story).into_iter().map(|(_, what, _)| what).collect();
    assert_eq!(kinds, ["HeartBeat", "Bare", "Keepalive", "WindowProbe"]);
}

#[test]
fn a_port_that_is_used_again_begins_with_a_clean_wire() {
    let mut story = Story::new();
    story.segment(1, Role::Client, 100, "HeartBeat");
    story.take(What::Segment(Segment { syn: true, ..segment(1, Role::Client, 7, "") }));
    assert_eq!(kinds(&story), [(Role::Client, "Opening".to_owned(), Fate::Arrived)]);
}

#[test]
fn where_no_segment_can_be_seen_the_two_logs_tell_of_the_messages() {
    let no_tap = Some("refused".to_owned());
    let mut story = Story::from(lab::live::input::Start { no_tap, ..start() });
    story.at(1.0).connects(1);
    story.done(Deed::Type { client: "c1".to_owned(), line: "hello".to_owned() });
    story.take(What::Printed { client: "c1".to_owned(), line: "HELLO".to_owned() });
    story.client("c1", json!({ "event": "heartbeat_sent", "retry": 0 }));
    story.client("c1", json!({ "event": "heartbeat_answered", "retry": 0 }));
    let told: Vec<_> = kinds(&story).into_iter().map(|(from, what, _)| (from, what)).collect();
    let expected = [
        (Role::Client, "hello\n"),
        (Role::Server, "HELLO\n"),
        (Role::Client, "HeartBeat"),
        (Role::Server, "OK"),
    ];
    assert_eq!(told, expected.map(|(from, what)| (from, what.to_owned())));
}

#[test]
fn what_is_typed_into_a_stopped_client_is_not_said_to_be_sent() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.done(Deed::Stop { who: Who::Client("c1".to_owned()) });
    story.done(Deed::Cut);
    story.done(Deed::Type { client: "c1".to_owned(), line: "hello".to_owned() });
    assert_eq!(kinds(&story), []);
}

#[test]
fn connections_that_nobody_holds_are_forgotten() {
    let mut story = Story::new();
    for conn in 1..=2000 {
        story.at(f64::from(conn)).segment(conn, Role::Client, 1, "scan");
    }
    story.at(3000.0).connects(1);
    assert_eq!(kinds(&story), []);
}
