//! Timelines, worked out by hand, and against the rules.

use std::time::Duration;

use lab::predict::{
    kernel::{Firing, keepalive, keepalive_verdict},
    notice::{Notice, Side},
    timeline::{Event, What, timeline},
};
use proptest::prelude::*;

use super::{any_settings, keepalives, settings};

/// A timeline in short: `25:h1` is the first heartbeat at 25 s, `k` a keepalive probe, `p` the
/// server's, and a name the end.
fn short(flags: &str, side: Side) -> String {
    let events = timeline(&settings(flags), side);
    let words = events.into_iter().map(|Event { at, what }| {
        let what = match what {
            What::LastByte => "last".to_owned(),
            What::Heartbeat(number) => format!("h{number}"),
            What::Probe => "p".to_owned(),
            What::KeepaliveProbe(number) => format!("k{number}"),
            What::Noticed(notice) => format!("{notice:?}"),
        };
        format!("{}:{what}", at.as_secs_f64())
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_clients_timeline_by_default() {
    assert_eq!(short("", Side::Client), "0:last 25:h1 30:h2 35:h3 40:h4 45:h5 50:h6 55:Heartbeat");
    assert_eq!(short("--retries 0", Side::Client), "0:last 25:h1 30:Heartbeat");
    assert_eq!(
        short("--idle 1500ms --retry-interval 500ms --retries 2", Side::Client),
        "0:last 1.5:h1 2:h2 2.5:h3 3:Heartbeat"
    );
}

#[test]
fn the_servers_timeline_by_default_and_with_a_probe() {
    assert_eq!(short("", Side::Server), "0:last 60:TimeOut");
    assert_eq!(short("--probe 20s", Side::Server), "0:last 20:p 60:TimeOut");
    assert_eq!(short("--timeout 3s --probe 1s", Side::Server), "0:last 1:p 3:TimeOut");
}

#[test]
fn keepalives_timeline_by_default() {
    // 7200 + 9 × 75 = 7875
    let expected = "0:last 7200:k1 7275:k2 7350:k3 7425:k4 7500:k5 7575:k6 7650:k7 7725:k8 \
                    7800:k9 7875:Keepalive";
    for side in [Side::Client, Side::Server] {
        assert_eq!(short("--detect keepalive", side), expected);
    }
}

const FIGURES: &str = "--keepalive-idle 10s --keepalive-interval 2s --keepalive-count 3";

#[test]
fn a_user_timeout_takes_the_place_of_the_count() {
    let keepalive = |user_timeout: &str| {
        short(&format!("--detect keepalive {FIGURES} {user_timeout}"), Side::Client)
    };
    assert_eq!(keepalive(""), "0:last 10:k1 12:k2 14:k3 16:Keepalive");
    // At least one probe is sent, however short the user time-out.
    assert_eq!(keepalive("--user-timeout 1s"), "0:last 10:k1 12:Keepalive");
    assert_eq!(keepalive("--user-timeout 10s"), "0:last 10:k1 12:Keepalive");
    assert_eq!(keepalive("--user-timeout 12s"), "0:last 10:k1 12:Keepalive");
    assert_eq!(keepalive("--user-timeout 13s"), "0:last 10:k1 12:k2 14:Keepalive");
    assert_eq!(keepalive("--user-timeout 17s"), "0:last 10:k1 12:k2 14:k3 16:k4 18:Keepalive");
}

#[test]
fn what_is_in_flight_silences_keepalive() {
    let both = |flags: &str, side| short(&format!("--detect both {FIGURES} {flags}"), side);
    // Keepalive is done before the first heartbeat.
    assert_eq!(both("", Side::Client), "0:last 10:k1 12:k2 14:k3 16:Keepalive");
    // The heartbeat goes out at the moment of keepalive's verdict, or before.
    let rest = "21:Heartbeat";
    let figures = "--idle 16s --retries 0";
    assert_eq!(both(figures, Side::Client), format!("0:last 10:k1 12:k2 14:k3 16:h1 {rest}"));
    let figures = "--idle 11s --retries 1";
    assert_eq!(both(figures, Side::Client), format!("0:last 10:k1 11:h1 16:h2 {rest}"));
    // The server has nothing in flight until it probes.
    assert_eq!(both("--timeout 15s", Side::Server), "0:last 10:k1 12:k2 14:k3 15:TimeOut");
    assert_eq!(both("--probe 11s", Side::Server), "0:last 10:k1 11:p 60:TimeOut");
}

#[test]
fn what_is_in_flight_is_given_up_by_the_user_timeout_or_by_retransmission() {
    let flags = "--detect both --idle 2s --retry-interval 30s --user-timeout 4s";
    assert_eq!(short(flags, Side::Client), "0:last 2:h1 6:UserTimeout");
    // At the same moment the program is first: the kernel's limit counts from a retransmission.
    let flags = "--detect both --idle 2s --retry-interval 4s --retries 0 --user-timeout 4s";
    assert_eq!(short(flags, Side::Client), "0:last 2:h1 6:Heartbeat");
    let flags = "--detect both --probe 20s --user-timeout 30s";
    assert_eq!(short(flags, Side::Server), "0:last 20:p 50:UserTimeout");
    let flags = "--idle 10s --retry-interval 10m";
    assert_eq!(short(flags, Side::Client), "0:last 10:h1 610:h2 934.6:Retransmission");
    let flags = "--timeout 1h --probe 1m";
    assert_eq!(short(flags, Side::Server), "0:last 60:p 984.6:Retransmission");
}

#[test]
fn a_rule_of_very_many_heartbeats_is_predicted_too() {
    let events =
        timeline(&settings("--idle 1ms --retry-interval 1ns --retries 4294967295"), Side::Client);
    let dead = Duration::from_millis(1) + Duration::from_nanos(1 << 32);
    assert_eq!(events.last(), Some(&Event { at: dead, what: What::Noticed(Notice::Heartbeat) }));
    assert!(events.len() < 20_000);
}

proptest! {
    #[test]
    fn a_timeline_is_in_order_and_ends_with_its_only_end(settings in any_settings()) {
        for side in [Side::Client, Side::Server] {
            let events = timeline(&settings, side);
            prop_assert!(events.is_sorted_by_key(|event| event.at), "{:?}", events);
            prop_assert_eq!(events[0], Event { at: Duration::ZERO, what: What::LastByte });
            let ends = events.iter().map(|event| matches!(event.what, What::Noticed(_)));
            let ends: Vec<_> = ends.collect();
            prop_assert_eq!(ends.iter().position(|end| *end), Some(events.len() - 1));
        }
    }

    #[test]
    fn the_programs_own_ends_come_when_their_formulas_say(settings in any_settings()) {
        let rule = settings.rule();
        for (side, notice, formula) in [
            (Side::Client, Notice::Heartbeat, rule.detection_time()),
            (Side::Server, Notice::TimeOut, settings.timeout()),
        ] {
            let end = *timeline(&settings, side).last().unwrap();
            if end.what == What::Noticed(notice) {
                prop_assert_eq!(end.at, formula);
            } else {
                // The kernel was sooner.
                prop_assert!(!settings.detect().by_heartbeat() || end.at <= formula);
            }
        }
    }

    #[test]
    fn keepalives_formula_is_the_end_of_its_rule(figures in keepalives()) {
        let firings: Vec<_> = keepalive(figures).collect();
        let (last, probes) = firings.split_last().unwrap();
        prop_assert_eq!(*last, (keepalive_verdict(figures), Firing::GiveUp));
        for (number, probe) in (1..).zip(probes) {
            let at = figures.idle + (number - 1) * figures.interval;
            prop_assert_eq!(*probe, (at, Firing::Probe(number)));
        }
        if figures.user_timeout.is_none() {
            prop_assert_eq!(last.0, figures.detection_time());
        }
    }
}
