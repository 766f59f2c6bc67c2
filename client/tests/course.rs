//! What follows from each failure, on a clock that jumps.

use std::time::{Duration, Instant};

use client::{
    course::{Course, Decision, EndedConnection},
    servers::{Attempt, Servers, Trouble},
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);

/// The rule of the article calls a server dead after 55 seconds.
const PATIENCE: Duration = Duration::from_secs(55);

fn course(count: usize, now: Instant) -> Course {
    let servers = Servers::new(count, 10 * MINUTE, fastrand::Rng::with_seed(1), now);
    let mut course = Course::new(servers, PATIENCE);
    course.attempt();
    course
}

/// A connection whose server was proven and that lived from `began` until `last_came`.
fn lived(began: Instant, last_came: Instant) -> EndedConnection {
    EndedConnection {
        began,
        is_proven: true,
        last_came,
        text_came_back: false,
        late: Duration::ZERO,
    }
}

fn unproven(now: Instant) -> EndedConnection {
    EndedConnection { is_proven: false, ..lived(now, now) }
}

/// The pause before the next attempt.
fn pause(decision: Decision, now: Instant) -> Duration {
    match decision {
        Decision::WaitFor(Attempt { at, .. }) => at - now,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_first_attempt_that_proves_nothing_ends_the_session() {
    let now = Instant::now();
    assert_eq!(course(1, now).failed(0, Trouble::Refused, now), Decision::End);
    assert_eq!(course(1, now).ended(0, unproven(now), Trouble::Hung, now), Decision::End);
}

#[test]
fn each_server_gets_a_first_attempt() {
    let now = Instant::now();
    let mut course = course(3, now);
    assert_eq!(course.failed(0, Trouble::Refused, now), Decision::Connect(1));
    assert_eq!(course.ended(1, unproven(now), Trouble::Hung, now), Decision::Connect(2));
    assert_eq!(course.failed(2, Trouble::Unreachable, now), Decision::End);
}

#[test]
fn after_a_proof_a_failure_is_waited_out() {
    let now = Instant::now();
    let mut course = course(1, now);
    course.proven(now);
    assert!(pause(course.failed(0, Trouble::Refused, now), now) <= Duration::from_secs(1));
}

#[test]
fn a_connection_that_was_proven_before_anybody_looked_counts() {
    let now = Instant::now();
    let mut course = course(1, now);
    let decision = course.ended(0, lived(now, now), Trouble::Ended, now);
    assert!(matches!(decision, Decision::WaitFor(_)), "{decision:?}");
    assert!(course.is_proven());
}

/// What the session does when each connection is proven and then ends for this reason, so long
/// after its last byte: the longest pause, and when it gives up.
fn short_lives(trouble: Trouble, silence: Duration) -> (Duration, Duration) {
    let start = Instant::now();
    let (mut course, mut now, mut longest) = (course(1, start), start, Duration::ZERO);
    loop {
        let proven = now;
        now += silence;
        match course.ended(0, lived(proven, proven), trouble, now) {
            Decision::WaitFor(Attempt { at, .. }) => {
                longest = longest.max(at - now);
                now = at;
            }
            Decision::GiveUp => return (longest, now - start),
            other => panic!("{other:?}"),
        }
        course.attempt();
    }
}

/// A server that answers its first heartbeat and dies, or that one line kills.
#[test]
fn short_lives_without_text_let_the_pauses_grow_and_end_in_giving_up() {
    let (longest, given_up) = short_lives(Trouble::Ended, Duration::ZERO);
    assert!(longest >= Duration::from_secs(15), "the longest pause was {longest:?}");
    assert_eq!(given_up, 10 * MINUTE);
}

/// A line that hangs each server: the silence until the verdict is no life.
#[test]
fn a_silence_that_ends_in_a_verdict_is_no_life() {
    let (longest, given_up) = short_lives(Trouble::Hung, PATIENCE);
    assert!(longest >= Duration::from_secs(30), "the longest pause was {longest:?}");
    assert!(given_up < 10 * MINUTE + PATIENCE + Duration::from_secs(1), "{given_up:?}");
}

/// With keepalive alone nothing passes on an idle line, and the kernel calls the server dead.
#[test]
fn without_a_rule_a_connection_lives_until_it_ends() {
    let start = Instant::now();
    let servers = Servers::new(1, 10 * MINUTE, fastrand::Rng::with_seed(1), start);
    let (mut course, mut now) = (Course::new(servers, Duration::ZERO), start);
    for _ in 0..5 {
        course.attempt();
        let proven = now;
        now += HOUR;
        let decision = course.ended(0, lived(proven, proven), Trouble::Unreachable, now);
        assert!(pause(decision, now) <= Duration::from_secs(1));
    }
}

#[test]
fn an_attempt_is_made_before_it_gives_up_however_long_the_first_connection_stood() {
    let start = Instant::now();
    let servers = Servers::new(1, Duration::from_secs(5), fastrand::Rng::with_seed(1), start);
    let mut course = Course::new(servers, PATIENCE);
    course.attempt();
    course.proven(start);
    let end = start + Duration::from_secs(9);
    let decision = course.ended(0, lived(start, end), Trouble::Ended, end);
    assert!(matches!(decision, Decision::WaitFor(_)), "{decision:?}");
    assert_eq!(course.attempts(), 0);
}

#[test]
fn text_that_comes_back_is_a_sign_of_life_however_short_the_life() {
    let start = Instant::now();
    let (mut course, mut now) = (course(1, start), start);
    while now < start + HOUR {
        let lived = EndedConnection { text_came_back: true, ..lived(now, now) };
        let waits = pause(course.ended(0, lived, Trouble::Ended, now), now);
        assert!(waits <= Duration::from_secs(2), "{waits:?}");
        now += waits;
        course.attempt();
    }
}

#[test]
fn a_client_that_was_stopped_for_an_hour_does_not_give_up_for_that() {
    // While a connection stood.
    let start = Instant::now();
    let woken = start + HOUR;
    let mut stood = course(1, start);
    let decision = stood.ended(0, lived(start, start + MINUTE), Trouble::Ended, woken);
    assert!(pause(decision, woken) <= Duration::from_secs(1));
    stood.attempt();
    let decision = stood.failed(0, Trouble::Refused, woken);
    assert!(pause(decision, woken) <= Duration::from_secs(1), "it gave up after one attempt");

    // While it waited for the next attempt, and while it connected.
    let mut waited = course(1, start);
    waited.proven(start);
    let due = start + pause(waited.failed(0, Trouble::Refused, start), start);
    waited.attempt();
    waited.forgive_if_late(due, woken);
    assert!(pause(waited.failed(0, Trouble::Refused, woken), woken) <= Duration::from_secs(1));

    // While the server was asked for its first byte.
    let mut asked = course(1, start);
    asked.proven(start);
    let lived = EndedConnection { late: HOUR, ..unproven(start) };
    pause(asked.ended(0, lived, Trouble::Hung, woken), woken);
}

#[test]
fn a_busy_machine_is_not_taken_for_a_stop() {
    let start = Instant::now();
    let mut course = course(1, start);
    course.proven(start);
    for late in 0..1200 {
        let due = start + Duration::from_millis(late * 500);
        course.forgive_if_late(due, due + Duration::from_millis(500));
    }
    assert_eq!(course.silence(start + 10 * MINUTE), 10 * MINUTE);
}
