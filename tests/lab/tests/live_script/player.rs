//! A script that is played: what it asks for, and when it fails.

use lab::live::{
    input::{Deed, Key, Sample, Socket, Timer, TimerKind, What, Who},
    player::Next,
};

use crate::stage::Stage;

const HEARTBEAT: &str = r#"{"event":"heartbeat_sent","retry":0}"#;

#[test]
fn commands_are_carried_out_in_order() {
    let mut stage = Stage::new("say hello\nchoose c1\nkey x\nframe a.svg 80x24\ncut");
    assert_eq!(stage.next(), Next::Say("hello".to_owned()));
    assert_eq!(stage.next(), Next::Choose("c1".to_owned()));
    assert_eq!(stage.next(), Next::Press(Key::Char('x')));
    assert_eq!(stage.next(), Next::Frame { file: "a.svg".into(), size: Some((80, 24)) });
    assert_eq!(stage.does(), Deed::Cut);
    assert_eq!(stage.next(), Next::Finished);
}

#[test]
fn a_script_goes_on_once_its_deed_is_done() {
    let mut stage = Stage::new("cut\nmend");
    assert_eq!(stage.next(), Next::Do(Deed::Cut));
    assert_eq!(stage.next(), Next::Wait(None));
    stage.at(5.0).comes(What::Done { deed: Deed::Mend });
    assert_eq!(stage.next(), Next::Wait(None), "that was somebody else's deed");
    stage.comes(What::Done { deed: Deed::Cut });
    assert_eq!(stage.next(), Next::Do(Deed::Mend));
}

#[test]
fn a_deed_that_cannot_be_done_fails_the_script() {
    let mut stage = Stage::new("\ncut");
    let Next::Do(deed) = stage.next() else { panic!("it cuts") };
    stage.comes(What::Failed { deed, why: "there is no private network".to_owned() });
    assert_eq!(stage.fails(), "line 2: cut: there is no private network");
    assert_eq!(stage.fails(), "line 2: cut: there is no private network", "it stays failed");
}

#[test]
fn the_deed_of_a_pressed_key_is_waited_for() {
    let mut stage = Stage::new("key x\nexpect c1 no heartbeat 5s\nkey ?\nsay on");
    assert_eq!(stage.next(), Next::Press(Key::Char('x')));
    stage.player.asked(&Deed::Cut);
    assert_eq!(stage.next(), Next::Wait(None));
    stage.at(2.0).comes(What::Done { deed: Deed::Cut });
    stage.waits_until(7.0);
    stage.player.asked(&Deed::Mend); // by a key of the learner
    stage.waits_until(7.0);
    stage.at(7.0);
    assert_eq!(stage.next(), Next::Press(Key::Char('?')));
    assert_eq!(stage.next(), Next::Say("on".to_owned()), "this key asked for no deed");
}

#[test]
fn a_wait_counts_from_its_line() {
    let mut stage = Stage::new("cut\nwait 2s\nmend");
    stage.does();
    stage.at(1.0).waits_until(3.0);
    stage.at(2.9).waits_until(3.0);
    stage.at(3.0);
    assert_eq!(stage.next(), Next::Do(Deed::Mend));
}

#[test]
fn what_comes_within_its_window_is_as_expected() {
    let mut stage = Stage::new("cut\nexpect c1 heartbeat 3s..6.5s");
    stage.at(10.0).does();
    stage.waits_until(23.0);
    stage.at(13.0).logs("c1", HEARTBEAT);
    assert_eq!(stage.next(), Next::Finished);
}

#[test]
fn what_comes_outside_its_window_fails_and_the_failure_says_when() {
    for (at, how) in [(12.9, "too early"), (17.2, "too late")] {
        let mut stage = Stage::new("cut\n\nexpect c1 heartbeat 3s..6.5s");
        stage.at(10.0).does();
        stage.next();
        stage.at(at).logs("c1", HEARTBEAT);
        let after = at - 10.0;
        assert_eq!(
            stage.fails(),
            format!(
                "line 3: expect c1 heartbeat 3s..6.5s: {how}: c1 sent a heartbeat {after:.1}s \
                 after the last deed"
            )
        );
    }
}

#[test]
fn what_never_comes_fails_and_the_failure_says_what_came_instead() {
    let mut stage = Stage::new("cut\nexpect c1 ended reset 3s..6.5s");
    stage.at(10.0).does();
    stage.at(14.0).logs("c1", HEARTBEAT);
    stage.at(16.0).logs("c1", r#"{"event":"ended","reason":"unanswered"}"#);
    stage.logs("c2", HEARTBEAT).waits_until(23.0);
    assert_eq!(
        stage.at(23.0).fails(),
        "line 2: expect c1 ended reset 3s..6.5s: it did not come within 13.0s; what c1 did since \
         the last deed: sent a heartbeat after 4.0s, ended (unanswered) after 6.0s"
    );
    let mut stage = Stage::new("cut\nuntil c1 back 5s");
    stage.at(10.0).does();
    stage.at(11.0).waits_until(16.0);
    assert!(
        stage.at(16.0).fails().ends_with("within 5.0s; what c1 did since the last deed: nothing")
    );
}

#[test]
fn what_must_not_come_fails_only_within_its_time() {
    let script = "cut\nexpect c1 no heartbeat 5s";
    let mut stage = Stage::new(script);
    stage.at(10.0).does();
    stage.waits_until(15.0);
    stage.at(15.1).logs("c1", HEARTBEAT);
    assert_eq!(stage.next(), Next::Finished);
    let mut stage = Stage::new(script);
    stage.at(10.0).does();
    stage.at(14.9).logs("c1", HEARTBEAT);
    assert_eq!(
        stage.fails(),
        "line 2: expect c1 no heartbeat 5s: c1 sent a heartbeat 4.9s after the last deed"
    );
}

#[test]
fn what_came_before_the_deed_does_not_count() {
    let mut stage = Stage::new("cut\nexpect c1 heartbeat 0s..2s");
    stage.logs("c1", HEARTBEAT).does();
    stage.waits_until(4.0);
}

#[test]
fn what_comes_while_a_deed_is_done_counts_as_at_once() {
    let mut stage = Stage::new("kill server\nexpect c1 ended server_closed 0s..0s");
    let Next::Do(deed) = stage.at(1.0).next() else { panic!("it kills") };
    stage.logs("c1", r#"{"event":"ended","reason":"server_closed"}"#);
    stage.at(1.5).comes(What::Done { deed });
    assert_eq!(stage.next(), Next::Finished);
}

#[test]
fn each_line_takes_something_of_its_own() {
    let mut stage = Stage::new("cut\nexpect c1 heartbeat 0s..9s\nexpect c1 heartbeat 2s..9s");
    stage.does();
    stage.at(1.0).logs("c1", HEARTBEAT).waits_until(18.0);
    stage.at(2.0).logs("c1", HEARTBEAT);
    assert_eq!(stage.next(), Next::Finished);
}

#[test]
fn lines_are_answered_in_any_order() {
    let mut stage = Stage::new("cut\nexpect c1 ended 0s..9s\nexpect c1 heartbeat 0s..9s");
    stage.does();
    stage.logs("c1", HEARTBEAT).logs("c1", r#"{"event":"ended","reason":"reset"}"#);
    assert_eq!(stage.next(), Next::Finished);
}

#[test]
fn each_event_answers_its_word() {
    let server = |event: &str, rest: &str| format!(r#"{{"event":"{event}","conn":7{rest}}}"#);
    let reason = |reason: &str| format!(r#","reason":"{reason}""#);
    for (what, who, event) in [
        ("connected", "c1", r#"{"event":"connected"}"#.to_owned()),
        ("answered", "c1", r#"{"event":"heartbeat_answered"}"#.to_owned()),
        ("back", "c1", r#"{"event":"back"}"#.to_owned()),
        (
            "disconnected unanswered",
            "c1",
            r#"{"event":"connection_ended","reason":"unanswered"}"#.to_owned(),
        ),
        ("touched", "server", server("touched", r#","heard_us":5"#)),
        ("probed", "server", server("probe_sent", "")),
        ("evicted", "server", server("ended", &reason("silent"))),
        ("evicted host_silent", "server", server("ended", &reason("host_silent"))),
        ("server_ended", "server", server("ended", &reason("silent"))),
        ("server_ended reset", "server", server("ended", &reason("reset"))),
    ] {
        let mut stage = Stage::new(&format!("mend\nuntil c1 {what} 5s"));
        stage.accepts_c1().does();
        stage.waits_until(5.0);
        stage.logs(who, &event);
        assert_eq!(stage.next(), Next::Finished, "{what}");
    }
    let mut stage = Stage::new("mend\nuntil c1 evicted 5s");
    stage.accepts_c1().does();
    stage.logs("server", &server("ended", &reason("reset"))).waits_until(5.0);
}

#[test]
fn what_is_not_logged_has_a_word_too() {
    let c1 = || Who::Client("c1".to_owned());
    let mut stage = Stage::new(
        "mend\nuntil c1 accepted 5s\nuntil c1 timer retransmit 5s\nuntil c1 printed HELLO 5s\n\
         until c1 exited 5s\nuntil server listening 5s",
    );
    stage.does();
    stage.waits_until(5.0);
    stage.accepts_c1().waits_until(5.0);
    let timer = Timer { kind: TimerKind::Retransmit, fires_s: 1.0 };
    let socket = Socket { timer: Some(timer), ..socket() };
    stage.comes(What::Kernel(Sample { sockets: vec![socket], processes: Vec::new() }));
    stage.waits_until(5.0);
    stage
        .comes(What::Printed { client: "c1".to_owned(), line: "HELL".to_owned() })
        .waits_until(5.0);
    stage.comes(What::Printed { client: "c1".to_owned(), line: "HELLO".to_owned() });
    stage.waits_until(5.0);
    stage.comes(What::Exited { who: c1() }).waits_until(5.0);
    stage.logs("server", r#"{"event":"listening"}"#);
    assert_eq!(stage.next(), Next::Finished);
}

fn socket() -> Socket {
    Socket { pid: Some(100), ..Socket::new(lab::event::Role::Client, 40_000) }
}
