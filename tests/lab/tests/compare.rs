//! When a measurement counts as predicted: at the bounds of the tolerance, and by the reasons of
//! the log.
#![cfg(unix)]

use std::time::Duration;

use lab::{
    compare::{Back, Comparison},
    event::Role,
    observe::{LastWords, Observer},
    predict::fault::{Detection, Means, Window},
    view::View,
};

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn detection(by: Means, earliest: u64, latest: u64) -> Detection {
    Detection { by, earliest: millis(earliest), latest: millis(latest) }
}

/// Compares the predictions with an end for this reason, so long after the fault.
fn compare(predicted: &[Detection], reason: &str, after: u64) -> Comparison {
    let words = LastWords {
        at: millis(1000 + after),
        reason: reason.to_owned(),
        finding: None,
        text: String::new(),
    };
    Comparison::new(Role::Client, predicted.to_vec(), Some(&words), millis(1000), millis(20_000))
}

#[test]
fn the_tolerance_is_a_fifth_of_the_nearer_bound() {
    let predicted = [detection(Means::Heartbeat, 2000, 4000)];
    for (after, as_predicted, verdict) in [
        (1599, false, "-0.40s: NOT AS PREDICTED"),
        (1600, true, "-0.40s: as predicted"),
        (2000, true, "within: as predicted"),
        (4000, true, "within: as predicted"),
        (4040, true, "+0.04s: as predicted"),
        (4800, true, "+0.80s: as predicted"),
        (4801, false, "+0.80s: NOT AS PREDICTED"),
    ] {
        let comparison = compare(&predicted, "unanswered", after);
        assert_eq!(comparison.as_predicted, as_predicted, "{after} ms after the fault");
        assert_eq!(comparison.verdict(), verdict, "{after} ms after the fault");
    }
}

#[test]
fn the_tolerance_is_never_less_than_300_ms() {
    let at_once = [detection(Means::EndOfStream, 0, 0)];
    for (after, as_predicted) in [(0, true), (300, true), (301, false)] {
        let comparison = compare(&at_once, "server_closed", after);
        assert_eq!(comparison.as_predicted, as_predicted, "{after} ms after the fault");
    }
}

#[test]
fn other_means_do_not_count_as_predicted() {
    let heartbeat = detection(Means::Heartbeat, 2000, 4000);
    let comparison = compare(&[heartbeat], "gave_up", 3000);
    assert!(!comparison.as_predicted, "the kernel gave up, not the heartbeat");
    assert_eq!(comparison.deviation_s, None);
    assert_eq!(comparison.verdict(), "NOT AS PREDICTED");
    let keepalive = detection(Means::Keepalive, 2000, 4000);
    assert!(compare(&[heartbeat, keepalive], "gave_up", 3000).as_predicted);
}

#[test]
fn no_detection_is_as_predicted_if_none_was_due() {
    let silent = |predicted: &[Detection], watched| {
        Comparison::new(Role::Client, predicted.to_vec(), None, millis(0), millis(watched))
    };
    let heartbeat = detection(Means::Heartbeat, 2000, 4000);
    assert!(silent(&[], 8000).as_predicted, "never was predicted");
    assert!(!compare(&[], "unanswered", 3000).as_predicted, "never was predicted");
    assert!(silent(&[heartbeat], 1999).as_predicted, "it was not yet due");
    assert!(!silent(&[heartbeat], 2000).as_predicted, "it was due");
}

#[test]
fn each_reason_of_the_log_has_its_means() {
    let keepalive = [detection(Means::Keepalive, 0, 0)];
    for (reason, predicted, means) in [
        ("server_closed", &[][..], Some(Means::EndOfStream)),
        ("closed_by_client", &[], Some(Means::EndOfStream)),
        ("unanswered", &[], Some(Means::Heartbeat)),
        ("silent", &[], Some(Means::Timeout)),
        ("not_reading", &[], Some(Means::Timeout)),
        ("host_silent", &[], Some(Means::Timeout)),
        ("reset", &[], Some(Means::Reset)),
        ("gave_up", &[], None), // the log does not tell which timeout of the kernel it was
        ("gave_up", &keepalive, Some(Means::Keepalive)),
        ("failed", &keepalive, None),
    ] {
        assert_eq!(Means::of_reason(reason, predicted), means, "{reason}");
    }
}

/// Compares the prediction with a client that was back so long after the fault.
fn back(predicted: Option<(u64, u64)>, after: Option<u64>) -> Back {
    let mut observer = Observer::new(View::Direct, true);
    observer.back = after.map(|after| millis(1000 + after));
    let window = |(earliest, latest)| Window { earliest: millis(earliest), latest: millis(latest) };
    Back::new(predicted.map(window), &observer, millis(1000), millis(8000))
}

#[test]
fn the_client_is_back_as_predicted_within_the_same_tolerance() {
    let predicted = Some((2000, 4000));
    for (after, as_predicted, verdict) in [
        (Some(1599), false, "-0.40s: NOT AS PREDICTED"),
        (Some(1600), true, "-0.40s: as predicted"),
        (Some(3000), true, "within: as predicted"),
        (Some(4800), true, "+0.80s: as predicted"),
        (Some(4801), false, "+0.80s: NOT AS PREDICTED"),
        (None, false, "NOT AS PREDICTED"),
    ] {
        let back = back(predicted, after);
        assert_eq!(back.as_predicted, as_predicted, "{after:?}");
        assert_eq!(back.verdict(), verdict, "{after:?}");
    }
    assert!(back(Some((9000, 9500)), None).as_predicted, "it was not yet due");
    assert!(back(None, None).as_predicted);
    assert!(!back(None, Some(3000)).as_predicted, "it was never to be away");
}

#[test]
fn a_client_that_is_back_and_owes_an_echo_is_not_as_predicted() {
    let mut observer = Observer::new(View::Direct, true);
    observer.back = Some(millis(3000));
    observer.typed("hello\n");
    let window = Window { earliest: millis(2000), latest: millis(4000) };
    let back = Back::new(Some(window), &observer, millis(0), millis(8000));
    assert!(!back.answered && !back.as_predicted);
    assert_eq!(back.measured(millis(8000)), "3.00s, and the echo is wrong or lacks a line");
}
