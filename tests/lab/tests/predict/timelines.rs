//! Timelines, compared with figures computed by hand and with the programs' rules.

use std::time::Duration;

use lab::{
    event::Role,
    predict::{
        entry::{Action, Entry},
        fault::Means,
        kernel::{keepalive, keepalive_verdict},
        timeline::timeline,
    },
};
use proptest::prelude::*;

use super::{any_settings, keepalives, settings};

/// A timeline in short: `25:h1` is the first heartbeat at 25 s, `k` a keepalive probe, `p` the
/// server's probe, and a name the means of the verdict.
fn short(flags: &str, role: Role) -> String {
    let entries = timeline(&settings(flags), role);
    let words = entries.into_iter().map(|Entry { at, action }| {
        let action = match action {
            Action::LastByte => "last".to_owned(),
            Action::Heartbeat(number) => format!("h{number}"),
            Action::Probe => "p".to_owned(),
            Action::KeepaliveProbe(number) => format!("k{number}"),
            Action::Detected(means) => format!("{means:?}"),
        };
        format!("{}:{action}", at.as_secs_f64())
    });
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_clients_timeline_by_default() {
    assert_eq!(short("", Role::Client), "0:last 25:h1 30:h2 35:h3 40:h4 45:h5 50:h6 55:Heartbeat");
    assert_eq!(short("--retries 0", Role::Client), "0:last 25:h1 30:Heartbeat");
    assert_eq!(
        short("--idle 1500ms --retry-interval 500ms --retries 2", Role::Client),
        "0:last 1.5:h1 2:h2 2.5:h3 3:Heartbeat"
    );
}

#[test]
fn the_servers_timeline_by_default_and_with_a_probe() {
    assert_eq!(short("", Role::Server), "0:last 60:Timeout");
    assert_eq!(short("--probe 20s", Role::Server), "0:last 20:p 60:Timeout");
    assert_eq!(short("--timeout 3s --probe 1s", Role::Server), "0:last 1:p 3:Timeout");
}

#[test]
fn keepalives_timeline_by_default() {
    // 7200 + 9 × 75 = 7875
    let expected = "0:last 7200:k1 7275:k2 7350:k3 7425:k4 7500:k5 7575:k6 7650:k7 7725:k8 \
                    7800:k9 7875:Keepalive";
    for role in [Role::Client, Role::Server] {
        assert_eq!(short("--detect keepalive", role), expected);
    }
}

const FIGURES: &str = "--keepalive-idle 10s --keepalive-interval 2s --keepalive-count 3";

#[test]
fn a_user_timeout_takes_the_place_of_the_count() {
    let keepalive = |user_timeout: &str| {
        short(&format!("--detect keepalive {FIGURES} {user_timeout}"), Role::Client)
    };
    assert_eq!(keepalive(""), "0:last 10:k1 12:k2 14:k3 16:Keepalive");
    // At least one probe is sent, however short the user timeout.
    assert_eq!(keepalive("--user-timeout 1s"), "0:last 10:k1 12:Keepalive");
    assert_eq!(keepalive("--user-timeout 10s"), "0:last 10:k1 12:Keepalive");
    assert_eq!(keepalive("--user-timeout 12s"), "0:last 10:k1 12:Keepalive");
    assert_eq!(keepalive("--user-timeout 13s"), "0:last 10:k1 12:k2 14:Keepalive");
    assert_eq!(keepalive("--user-timeout 17s"), "0:last 10:k1 12:k2 14:k3 16:k4 18:Keepalive");
}

#[test]
fn bytes_in_flight_silence_keepalive() {
    let both = |flags: &str, role| short(&format!("--detect both {FIGURES} {flags}"), role);
    // Keepalive gives up before the first heartbeat.
    assert_eq!(both("", Role::Client), "0:last 10:k1 12:k2 14:k3 16:Keepalive");
    // The heartbeat goes out at the moment of keepalive's verdict, or before.
    let rest = "21:Heartbeat";
    let figures = "--idle 16s --retries 0";
    assert_eq!(both(figures, Role::Client), format!("0:last 10:k1 12:k2 14:k3 16:h1 {rest}"));
    let figures = "--idle 11s --retries 1";
    assert_eq!(both(figures, Role::Client), format!("0:last 10:k1 11:h1 16:h2 {rest}"));
    // The server has nothing in flight until it probes.
    assert_eq!(both("--timeout 15s", Role::Server), "0:last 10:k1 12:k2 14:k3 15:Timeout");
    assert_eq!(both("--probe 11s", Role::Server), "0:last 10:k1 11:p 60:Timeout");
}

#[test]
fn bytes_in_flight_are_given_up_by_the_user_timeout_or_by_retransmission() {
    let flags = "--detect both --idle 2s --retry-interval 30s --user-timeout 4s";
    assert_eq!(short(flags, Role::Client), "0:last 2:h1 6:UserTimeout");
    // At the same moment the program is first: the kernel's limit counts from a retransmission.
    let flags = "--detect both --idle 2s --retry-interval 4s --retries 0 --user-timeout 4s";
    assert_eq!(short(flags, Role::Client), "0:last 2:h1 6:Heartbeat");
    let flags = "--detect both --probe 20s --user-timeout 30s";
    assert_eq!(short(flags, Role::Server), "0:last 20:p 50:UserTimeout");
    let flags = "--idle 10s --retry-interval 10m";
    assert_eq!(short(flags, Role::Client), "0:last 10:h1 610:h2 934.6:Retransmission");
    let flags = "--timeout 1h --probe 1m";
    assert_eq!(short(flags, Role::Server), "0:last 60:p 984.6:Retransmission");
}

#[test]
fn a_rule_of_very_many_heartbeats_is_predicted_too() {
    let entries =
        timeline(&settings("--idle 1ms --retry-interval 1ns --retries 4294967295"), Role::Client);
    let dead = Duration::from_millis(1) + Duration::from_nanos(1 << 32);
    assert_eq!(
        entries.last(),
        Some(&Entry { at: dead, action: Action::Detected(Means::Heartbeat) })
    );
    assert!(entries.len() < 20_000);
}

proptest! {
    #[test]
    fn a_timeline_is_in_order_and_has_its_only_verdict_at_its_end(settings in any_settings()) {
        for role in [Role::Client, Role::Server] {
            let entries = timeline(&settings, role);
            prop_assert!(entries.is_sorted_by_key(|entry| entry.at), "{:?}", entries);
            prop_assert_eq!(entries[0], Entry { at: Duration::ZERO, action: Action::LastByte });
            let ends = entries.iter().map(|entry| matches!(entry.action, Action::Detected(_)));
            let ends: Vec<_> = ends.collect();
            prop_assert_eq!(ends.iter().position(|end| *end), Some(entries.len() - 1));
        }
    }

    #[test]
    fn the_programs_own_verdicts_come_when_their_formulas_say(settings in any_settings()) {
        let rule = settings.rule();
        for (role, means, formula) in [
            (Role::Client, Means::Heartbeat, rule.detection_time()),
            (Role::Server, Means::Timeout, settings.timeout()),
        ] {
            let end = *timeline(&settings, role).last().unwrap();
            if end.action == Action::Detected(means) {
                prop_assert_eq!(end.at, formula);
            } else {
                // The kernel was sooner.
                prop_assert!(!settings.detect.uses_heartbeat() || end.at <= formula);
            }
        }
    }

    #[test]
    fn keepalives_formula_gives_the_end_of_its_rule(figures in keepalives()) {
        let entries: Vec<_> = keepalive(figures).collect();
        let (last, probes) = entries.split_last().unwrap();
        let dead = Action::Detected(Means::Keepalive);
        prop_assert_eq!(*last, Entry { at: keepalive_verdict(figures), action: dead });
        for (number, probe) in (1..).zip(probes) {
            let at = figures.idle + (number - 1) * figures.interval;
            prop_assert_eq!(*probe, Entry { at, action: Action::KeepaliveProbe(number) });
        }
        if figures.user_timeout.is_none() {
            prop_assert_eq!(last.at, figures.detection_time());
        }
    }
}
