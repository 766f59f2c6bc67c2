//! The question before each verdict, as a table.

use std::time::Duration;

use common::verdict::{Suspect, Unread, Verdict};

const MINUTE: Duration = Duration::from_mins(1);

fn suspect(unread: Unread) -> Suspect {
    Suspect { patience: MINUTE, unread, took: None, waited: false }
}

#[test]
fn a_peer_whose_bytes_are_unread_lives_however_often_it_is_judged() {
    let suspect = Suspect { waited: true, ..suspect(Unread::Something) };
    assert_eq!(suspect.judge(), Verdict::Alive(Duration::ZERO));
}

#[test]
fn a_peer_that_has_said_nothing_is_dead_at_once() {
    assert_eq!(suspect(Unread::Nothing).judge(), Verdict::Dead);
}

#[test]
fn a_peer_that_takes_what_we_send_lives_and_one_that_stopped_taking_it_is_dead() {
    for unread in [Unread::Nothing, Unread::Unknown] {
        let took = |ago| Suspect { took: Some(ago), waited: true, ..suspect(unread) }.judge();
        let just_within = Duration::from_millis(59_999);
        assert_eq!(took(Duration::ZERO), Verdict::Alive(Duration::ZERO));
        assert_eq!(took(just_within), Verdict::Alive(just_within));
        assert_eq!(took(MINUTE), Verdict::Dead);
    }
}

#[test]
fn in_doubt_a_verdict_waits_once_in_each_silence() {
    let suspect = suspect(Unread::Unknown);
    assert!(matches!(suspect.judge(), Verdict::Wait(_)));
    assert_eq!(Suspect { waited: true, ..suspect }.judge(), Verdict::Dead);
}
