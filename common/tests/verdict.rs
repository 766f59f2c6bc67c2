//! The question before each verdict, as a table.

use std::time::Duration;

use common::verdict::{Unread, Verdict, judge};

const HOUR: Duration = Duration::from_hours(1);

#[test]
fn a_peer_whose_bytes_are_unread_lives_however_often_it_is_judged() {
    assert_eq!(judge(Unread::Something, HOUR, true), Verdict::Heard);
}

#[test]
fn a_peer_that_has_said_nothing_is_dead_at_once() {
    assert_eq!(judge(Unread::Nothing, Duration::MAX, false), Verdict::Dead);
}

#[test]
fn in_doubt_a_verdict_waits_once_in_each_silence() {
    assert!(matches!(judge(Unread::Unknown, HOUR, false), Verdict::Wait(_)));
    assert_eq!(judge(Unread::Unknown, HOUR, true), Verdict::Dead);
}
