//! What the pane WHY says, and the files that it names.

use std::{path::Path, time::Duration};

use lab::{
    event::Role,
    live::{
        draw::why::why,
        input::{Deed, Key, TimerKind, What, Who},
    },
};
use serde_json::json;

use crate::stage::{LIVE, SHORT, Stage, start, timer};

/// Says why at `now`, and checks that the files are there.
#[track_caller]
fn told(stage: &Stage, now: f64) -> String {
    let why = why(&stage.world, Duration::from_secs_f64(now));
    for file in why.files {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
        assert!(path.exists(), "there is no {file}");
    }
    why.text
}

fn one() -> Stage {
    let mut stage = Stage::new(start(SHORT));
    stage.connect(1.0, "c1", 1);
    stage
}

#[track_caller]
fn says(stage: &Stage, now: f64, words: &[&str]) {
    let text = told(stage, now);
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text:?}");
    }
}

#[test]
fn without_a_client_nothing_is_watched() {
    says(&Stage::new(start(SHORT)), 1.0, &["no client"]);
}

#[test]
fn of_a_client_that_is_well_the_next_times_are_told() {
    says(&one(), 2.0, &["c1 is well: a byte came 1.0s ago", "in 2.0s", "evicts it in 9.0s"]);
}

#[test]
fn unanswered_heartbeats_are_counted_up_to_the_verdict() {
    let mut stage = one();
    stage.client(4.0, "c1", "heartbeat_sent", json!({"retry": 0}));
    says(&stage, 4.5, &["sent 1 heartbeat into a silence of 3.5s", "its rule gives up in 2.5s"]);
}

#[test]
fn the_verdict_of_a_rule_without_end_is_far_away() {
    let mut stage = Stage::new(start(&["--retries", "4294967295"]));
    stage.connect(1.0, "c1", 1);
    stage.done(2.0, Deed::Cut);
    says(&stage, 2.0, &["its rule gives up in 49710d"]);
}

#[test]
fn a_stopped_server_has_a_kernel_that_goes_on() {
    let mut stage = one();
    stage.done(2.0, Deed::Stop { who: Who::Server });
    says(&stage, 3.0, &["its kernel goes on", "keepalive notices nothing", "gives up in 4.0s"]);
    stage.connect_unaccepted(3.0, "c2", 2);
    stage.keys(3.0, &[Key::Char('2')]);
    says(&stage, 3.0, &["accept(2)", "in no queue"]);
    stage.done(3.0, Deed::Cut);
    stage.keys(3.0, &[Key::Escape, Key::Char('1')]);
    says(&stage, 3.0, &["the line is cut", "nothing at all comes back"]);
}

#[test]
fn an_end_whose_process_is_not_found_was_accepted_all_the_same() {
    let mut stage = one();
    stage.socket(Role::Server, 1).expect("it is connected").pid = None;
    stage.kernel(1.5);
    says(&stage, 2.0, &["c1 is well"]);
    let screen = stage.text(2.0, LIVE, 80, 24);
    assert!(!screen.contains("not accepted") && !screen.contains("never heard"), "{screen}");
}

#[test]
fn a_stopped_client_is_evicted() {
    let mut stage = one();
    stage.done(2.0, Deed::Stop { who: Who::Client("c1".to_owned()) });
    says(&stage, 4.0, &["c1 is stopped and sends no heartbeat", "evicts it in 7.0s"]);
    says(&stage, 12.0, &["Its time in the server's queue is over"]);
}

#[test]
fn bytes_in_flight_silence_keepalive() {
    let mut stage = one();
    stage.done(2.0, Deed::Cut);
    says(&stage, 3.0, &["nobody tells c1 or the server", "its rule gives up in 4.0s"]);
    let end = stage.socket(Role::Client, 1).expect("it is connected");
    (end.unacked, end.timer) = (9, Some(timer(TimerKind::Retransmit, 3.4)));
    stage.kernel(3.0);
    says(&stage, 3.0, &["9 B of c1 wait", "sends them again in 0.4s", "keepalive is silent"]);
    stage.server(11.0, "ended", json!({"conn": 1, "reason": "silent"}));
    says(&stage, 11.0, &["The server holds no connection of c1 now"]);
}

#[test]
fn a_deaf_client_closes_its_window() {
    let mut stage = one();
    stage.done(2.0, Deed::Deafen { client: "c1".to_owned() });
    says(&stage, 2.0, &["Its window is still open"]);
    let end = stage.socket(Role::Server, 1).expect("it is connected");
    (end.unacked, end.timer) = (700, Some(timer(TimerKind::WindowProbe, 3.4)));
    stage.socket(Role::Client, 1).expect("it is connected").unread = 65_000;
    stage.kernel(3.0);
    says(&stage, 3.0, &["65 kB wait at its end", "still has 700 B", "window probes"]);
}

#[test]
fn a_lost_connection_and_an_ended_server_are_told() {
    let mut stage = one();
    stage.client(2.0, "c1", "connection_ended", json!({"reason": "reset"}));
    says(&stage, 2.0, &["connects again"]);
    let mut stage = one();
    stage.take(2.0, What::Exited { who: Who::Server });
    says(&stage, 2.0, &["The server has ended", "its rule gives up in 5.0s"]);
}

#[test]
fn with_keepalive_alone_no_program_takes_part() {
    let mut stage = Stage::new(start(&["--detect", "keepalive"]));
    stage.connect(1.0, "c1", 1);
    says(&stage, 2.0, &["keepalive alone", "no program takes part"]);
}

#[test]
fn each_end_is_told_in_its_own_words() {
    let ends = [
        ("killed", "was killed"),
        ("unanswered", "no byte came for 6s, and 3 heartbeats went unanswered"),
        ("server_closed", "the end of the server's stream"),
        ("reset", "A reset came"),
        ("gave_up", "The kernel gave"),
        ("silent", "The server evicted c1, from which it had heard nothing"),
        ("not_reading", "The server evicted c1, which had taken nothing"),
        ("host_silent", "Its kernel did not answer either"),
        ("closed_by_client", "ended from its side"),
        ("complete", "everything that it had sent was answered"),
        ("wrong_reply", "its last word is: wrong reply"),
    ];
    for (reason, words) in ends {
        let mut stage = one();
        stage.client(2.0, "c1", "ended", json!({"reason": reason}));
        says(&stage, 2.0, &[words]);
    }
}
