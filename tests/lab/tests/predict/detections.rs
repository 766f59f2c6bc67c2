//! How soon each end detects each fault, compared with figures computed by hand and with a
//! simulation of one fault at a time.

use std::time::Duration;

use lab::{
    event::Role::{self, Client, Server},
    predict::{
        detection::{detections, longest_silence},
        entry::Action,
        fault::{
            Detection, FAULTS,
            Fault::{self, CutIdle, CutWriting, Killed, NotReading, Reset, Stopped},
            Means,
        },
        kernel::{keepalive, unacknowledged},
        timeline::timeline,
    },
    settings::Settings,
};
use proptest::prelude::*;

use super::{any_settings, settings};

/// In short, in seconds: `30-55 Heartbeat`.
fn short(flags: &str, role: Role, fault: Fault) -> String {
    let ways = detections(&settings(flags), role, fault).into_iter().map(|detection| {
        let Detection { by, earliest, latest } = detection;
        match (earliest.as_secs_f64(), latest.as_secs_f64()) {
            (earliest, latest) if earliest < latest => format!("{earliest}-{latest} {by:?}"),
            (_, latest) => format!("{latest} {by:?}"),
        }
    });
    ways.collect::<Vec<_>>().join(", ")
}

/// Checks rows of (fault, the client's detections, the server's detections).
fn check(flags: &str, rows: &[(Fault, &str, &str)]) {
    for &(fault, client, server) in rows {
        assert_eq!(short(flags, Client, fault), client, "{fault:?}, the client, {flags}");
        assert_eq!(short(flags, Server, fault), server, "{fault:?}, the server, {flags}");
    }
}

#[test]
fn by_default_the_heartbeat_detects_every_fault() {
    check(
        "",
        &[
            (Killed, "0 EndOfStream", "0 EndOfStream"),
            (Reset, "0 Reset", "0 Reset"),
            (Stopped, "30-55 Heartbeat", "35-60 Timeout"),
            (CutIdle, "30-55 Heartbeat", "35-60 Timeout"),
            (CutWriting, "55 Heartbeat", "60 Timeout"),
            (NotReading, "55 Heartbeat", "60 Timeout"),
        ],
    );
}

#[test]
fn keepalive_alone_detects_a_cut_but_no_hung_service() {
    check(
        "--detect keepalive",
        &[
            (Killed, "0 EndOfStream", "0 EndOfStream"),
            (Reset, "0 Reset", "0 Reset"),
            (Stopped, "", ""),
            (CutIdle, "675-7875 Keepalive", "675-7875 Keepalive"),
            (CutWriting, "924.6-1045.6 Retransmission", "924.6-1045.6 Retransmission"),
            (NotReading, "", ""),
        ],
    );
    check(
        "--detect keepalive --user-timeout 7700s",
        &[
            (Stopped, "", ""),
            (CutIdle, "525-7725 Keepalive", "525-7725 Keepalive"),
            (CutWriting, "7700-7701 UserTimeout", "7700-7701 UserTimeout"),
            (NotReading, "7700-7701 UserTimeout", "7700-7701 UserTimeout"),
        ],
    );
}

#[test]
fn a_probe_shortens_the_silence_for_both_ends() {
    check("--probe 10s", &[(Stopped, "45-55 Heartbeat", "50-60 Timeout")]);
    check("--probe 30s", &[(Stopped, "30-55 Heartbeat", "35-60 Timeout")]);
}

#[test]
fn a_healthy_client_that_is_evicted_is_silent_no_longer_than_the_timeout() {
    check("--idle 90s", &[(CutIdle, "60-120 Heartbeat", "0-60 Timeout")]);
}

#[test]
fn with_both_the_sooner_one_detects() {
    // Keepalive's verdict 16 s after a segment, and one segment every 10 s of the 25.
    let figures = "--detect both --keepalive-idle 10s --keepalive-interval 2s --keepalive-count 3 --retries 0";
    check(
        figures,
        &[
            (Stopped, "5-30 Heartbeat", "35-60 Timeout"),
            // Keepalive detects a cut in the first 10 s. Later its verdict would come at 26 s.
            (CutIdle, "5-20 Heartbeat, 6-16 Keepalive", "6-16 Keepalive"),
            (CutWriting, "30 Heartbeat", "60 Timeout"),
        ],
    );
    // The server has nothing in flight: keepalive has the whole timeout, from a last byte that
    // came up to 25 s before the fault.
    let figures = "--detect both --keepalive-idle 30s --keepalive-interval 2s --keepalive-count 3";
    check(figures, &[(CutIdle, "30-55 Heartbeat", "11-36 Keepalive")]);
    let figures = "--detect both --idle 9s --retry-interval 30s --keepalive-idle 2s \
                   --keepalive-interval 1s --keepalive-count 2 --user-timeout 1h";
    check(figures, &[(CutWriting, "189 Heartbeat", "60 Timeout")]);
    let figures = "--detect both --keepalive-idle 1h --user-timeout 30s";
    check(
        figures,
        &[
            (CutIdle, "30-55 Heartbeat, 30-55 UserTimeout", "35-60 Timeout"),
            (CutWriting, "30-31 UserTimeout", "30-31 UserTimeout"),
            (NotReading, "30-31 UserTimeout", "30-31 UserTimeout"),
        ],
    );
}

#[test]
fn an_interval_longer_than_the_idle_time_makes_keepalive_late() {
    // Fresh 1 + 2 × 3 s, and 3 + 2 × 3 s where the last segment answered a probe.
    let figures = "--detect keepalive --keepalive-idle 1s --keepalive-interval 3s \
                   --keepalive-count 2";
    assert_eq!(short(figures, Client, CutIdle), "4-9 Keepalive");
}

/// Simulates a cut at `fault` after the last byte: by what means it is detected, and in which
/// window after the last byte.
fn cut_at(settings: &Settings, role: Role, fault: Duration) -> Detection {
    let watched = settings.detect.uses_heartbeat();
    let (asks, verdict) = match role {
        Client => (Some(settings.idle()), (Means::Heartbeat, settings.rule().detection_time())),
        Server => (settings.probe(), (Means::Timeout, settings.timeout())),
    };
    let mut ends = Vec::new();
    if watched {
        let (by, at) = verdict;
        ends.push(Detection::at(by, at));
        if let Some(asks) = asks {
            let Detection { by, earliest, latest } = unacknowledged(settings.user_timeout());
            ends.push(Detection { by, earliest: asks + earliest, latest: asks + latest });
        }
    }
    if let Some(figures) = settings.detect.keepalive() {
        // The last answer to a keepalive probe before the fault.
        let mut heard = Duration::ZERO;
        while heard + figures.idle <= fault {
            heard += figures.idle;
        }
        let undisturbed = asks.filter(|_| watched).unwrap_or(Duration::MAX);
        let dead = keepalive(figures)
            .take_while(|entry| heard + entry.at < undisturbed)
            .find(|entry| matches!(entry.action, Action::Detected(_)));
        if let Some(dead) = dead {
            ends.push(Detection::at(Means::Keepalive, heard + dead.at));
        }
    }
    ends.into_iter().min_by_key(|end| end.latest).expect("an end detects it")
}

fn contains(way: Detection, moment: Duration) -> bool {
    (way.earliest..=way.latest).contains(&moment)
}

proptest! {
    #[test]
    fn every_cut_of_an_idle_line_is_detected_as_predicted(
        settings in any_settings(), share in 0.0..1.0_f64,
    ) {
        let figures = settings.detect.keepalive();
        prop_assume!(figures.is_none_or(|figures| figures.interval <= figures.idle));
        let silence = longest_silence(&settings).or(figures.map(|figures| figures.idle)).unwrap();
        let fault = silence.mul_f64(share);
        for role in [Client, Server] {
            let end = cut_at(&settings, role, fault);
            let predicted = detections(&settings, role, CutIdle);
            let after = end.latest.saturating_sub(fault);
            prop_assert!(
                predicted.iter().any(|way| way.by == end.by && contains(*way, after)),
                "{:?} after {:?}, not in {:?}", end.by, after, predicted
            );
        }
    }

    #[test]
    fn a_cut_right_after_the_last_byte_ends_as_its_timeline_does(settings in any_settings()) {
        for role in [Client, Server] {
            let end = *timeline(&settings, role).last().unwrap();
            let found = detections(&settings, role, CutIdle).into_iter().any(|detection| {
                Action::Detected(detection.by) == end.action && contains(detection, end.at)
            });
            prop_assert!(found, "{:?}", end);
        }
    }

    #[test]
    fn every_window_ends_no_sooner_than_it_begins(settings in any_settings()) {
        for role in [Client, Server] {
            for (fault, _) in FAULTS {
                let ways = detections(&settings, role, fault);
                prop_assert!(ways.is_sorted_by_key(|detection| detection.earliest));
                for way in ways {
                    prop_assert!(way.earliest <= way.latest, "{:?} {:?}", fault, way);
                }
            }
        }
    }
}
