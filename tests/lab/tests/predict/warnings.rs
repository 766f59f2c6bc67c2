//! Each warning appears exactly when it should: on both sides of each boundary.

use lab::predict::warnings::{Kind, warnings};

use super::settings;

fn kinds(flags: &str) -> Vec<Kind> {
    warnings(&settings(flags), None).into_iter().map(|warning| warning.kind).collect()
}

/// Checks that the warning appears with the one figures and not with the others; that it names
/// what to change is left to the reader of the text.
#[track_caller]
fn boundary(kind: Kind, with: &str, without: &str) {
    assert!(kinds(with).contains(&kind), "{kind:?} is missing with {with}");
    assert!(!kinds(without).contains(&kind), "{kind:?} is there with {without}");
}

#[test]
fn the_programs_own_defaults_bring_no_warning() {
    assert_eq!(kinds(""), []);
}

#[test]
fn a_server_that_evicts_healthy_clients_is_warned_of() {
    boundary(Kind::EvictsTheHealthy, "--idle 60s", "--idle 59999ms");
    boundary(Kind::EvictsTheHealthy, "--timeout 25s", "--timeout 25001ms");
    boundary(Kind::EvictsTheHealthy, "--idle 2m", "--idle 2m --probe 59s");
    boundary(Kind::EvictsTheHealthy, "--idle 2m", "--idle 2m --detect keepalive");
}

#[test]
fn a_timeout_with_room_for_one_sign_of_life_is_warned_of() {
    boundary(Kind::OneSignOfLife, "--idle 30001ms", "--idle 30s");
    boundary(Kind::OneSignOfLife, "--timeout 49999ms", "--timeout 50s");
    boundary(Kind::OneSignOfLife, "--idle 50s", "--idle 50s --probe 30s");
    boundary(Kind::OneSignOfLife, "--idle 50s --probe 31s", "--idle 50s --detect keepalive");
    // Then there is not even one.
    boundary(Kind::OneSignOfLife, "--idle 59s", "--idle 60s");
}

#[test]
fn a_client_that_gives_up_after_its_eviction_is_warned_of() {
    boundary(Kind::GivesUpLater, "--timeout 54999ms", "--timeout 55s");
    boundary(Kind::GivesUpLater, "--retries 7", "--retries 6");
    boundary(Kind::GivesUpLater, "--retries 7", "--retries 7 --detect keepalive");
}

#[test]
fn a_user_timeout_that_overrides_the_count_is_warned_of() {
    let figures = "--detect both --keepalive-idle 10s --keepalive-interval 3s --keepalive-count 3";
    let with = |limit: &str| format!("{figures} --user-timeout {limit}");
    boundary(Kind::CountOverridden, &with("16s"), &with("17s"));
    boundary(Kind::CountOverridden, &with("20s"), &with("19s"));
    boundary(Kind::CountOverridden, &with("1s"), figures);
}

#[test]
fn bytes_in_flight_without_a_limit_are_warned_of() {
    let limited = "--detect keepalive --user-timeout 5s";
    boundary(Kind::NoUserTimeout, "--detect keepalive", limited);
    boundary(Kind::NoUserTimeout, "--detect keepalive", "--detect both");
    boundary(Kind::NoUserTimeout, "--detect keepalive", "--detect heartbeat");
}

#[test]
fn a_line_that_middleboxes_forget_before_a_lost_heartbeat_is_repeated_is_warned_of() {
    boundary(Kind::Middlebox, "--idle 230001ms", "--idle 230s");
    boundary(
        Kind::Middlebox,
        "--idle 200s --retry-interval 21s",
        "--idle 200s --retry-interval 20s",
    );
    // The server's probe is not repeated.
    let probe = "--timeout 1h --probe 20s --idle";
    boundary(Kind::Middlebox, &format!("{probe} 231s"), &format!("{probe} 230s"));
    boundary(Kind::Middlebox, "--idle 4m", "--idle 4m --detect both --keepalive-idle 30s");
    boundary(
        Kind::Middlebox,
        "--detect keepalive --keepalive-idle 91s",
        "--detect keepalive --keepalive-idle 90s",
    );
    // After each probe the timer runs for the interval, if that is longer.
    let interval = "--detect keepalive --keepalive-idle 1s --keepalive-interval";
    boundary(Kind::Middlebox, &format!("{interval} 81s"), &format!("{interval} 80s"));
}

#[test]
fn a_known_middlebox_takes_the_place_of_the_well_known_ones() {
    let remembers = |seconds| Some(std::time::Duration::from_secs(seconds));
    let with = |flags, seconds| warnings(&settings(flags), remembers(seconds));
    let rule = "--timeout 1h --idle 5m --retry-interval 10s";
    assert_eq!(with(rule, 320), [], "the box remembers for long enough");
    let warning = with(rule, 319).pop().expect("the box forgets too soon");
    assert_eq!(warning.kind, Kind::Middlebox);
    assert!(warning.text.ends_with("set --idle to 4m59s or less"), "{}", warning.text);
    assert_eq!(with("--timeout 1h --idle 299s --retry-interval 10s", 319), [], "as advised");
    let warning = with("--timeout 1h --idle 5m --retry-interval 10s", 20).pop().expect("too soon");
    let advice = "set --idle and --retry-interval to 6s666ms or less";
    assert!(warning.text.ends_with(advice), "{}", warning.text);
    assert_eq!(with("--timeout 1h --idle 6666ms --retry-interval 6666ms", 20), [], "as advised");
}

#[test]
fn only_the_middleboxes_that_forget_sooner_are_named() {
    let named = |idle: &str| {
        let flags = format!("--timeout 30days --idle {idle} --retry-interval 1s");
        let [warning] = &warnings(&settings(&flags), None)[..] else {
            panic!("one warning");
        };
        ["Azure", "AWS", "Google", "RFC 5382", "Linux"]
            .into_iter()
            .filter(|name| warning.text.contains(name))
            .collect::<Vec<_>>()
    };
    assert_eq!(named("348s"), ["Azure"]);
    assert_eq!(named("349s"), ["Azure", "AWS"]);
    assert_eq!(named("599s"), ["Azure", "AWS", "Google"]);
    assert_eq!(named("2h3m59s"), ["Azure", "AWS", "Google", "RFC 5382"]);
    assert_eq!(named("5days"), ["Azure", "AWS", "Google", "RFC 5382", "Linux"]);
}
