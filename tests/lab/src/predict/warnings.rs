//! What is doubtful about the settings, and how to change it.

use std::time::Duration;

use serde::Serialize;

use super::{detection::sign_of_life_every, kernel};
use crate::{
    idle_limit::verdict::{idle_to_use, rounded_down},
    settings::{Settings, in_one_word},
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    pub kind: Kind,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    EvictsTheHealthy,
    OneSignOfLife,
    GivesUpLater,
    /// The user timeout changes when keepalive gives up.
    CountOverridden,
    /// Only retransmission's own limit holds for bytes in flight.
    NoUserTimeout,
    Middlebox,
}

/// How long middleboxes remember an idle connection, the shortest time first, and the document
/// that says so.
const MIDDLEBOXES: [(&str, Duration, &str); 5] = [
    (
        "an Azure Load Balancer",
        Duration::from_mins(4),
        "by default; Microsoft, Configure TCP idle timeout",
    ),
    ("an AWS NAT gateway or Network Load Balancer", Duration::from_secs(350), AWS),
    (
        "the Google Cloud firewall",
        Duration::from_mins(10),
        "Google, Compute Engine troubleshooting tips",
    ),
    ("a NAT that follows the standard", Duration::from_mins(124), "RFC 5382, REQ-5"),
    (
        "Linux connection tracking",
        Duration::from_hours(5 * 24),
        "by default; nf_conntrack-sysctl.rst",
    ),
];
const AWS: &str = "AWS, Troubleshoot NAT gateways; Update the TCP idle timeout";

/// Every warning about these settings. `middlebox` is how long a known middlebox on the way
/// remembers an idle connection; without it the well-known ones are checked.
pub fn warnings(settings: &Settings, middlebox: Option<Duration>) -> Vec<Warning> {
    let checks = [
        (Kind::EvictsTheHealthy, evicts_the_healthy(settings)),
        (Kind::OneSignOfLife, one_sign_of_life(settings)),
        (Kind::GivesUpLater, gives_up_later(settings)),
        (Kind::CountOverridden, count_overridden(settings)),
        (Kind::NoUserTimeout, settings.detect.warning()),
        (Kind::Middlebox, forgotten(settings, middlebox)),
    ];
    checks.into_iter().filter_map(|(kind, text)| Some(Warning { kind, text: text? })).collect()
}

/// An idle client sends its first bytes after `idle`. A probe always comes in time.
fn evicts_the_healthy(settings: &Settings) -> Option<String> {
    sign_of_life_every(settings).filter(|every| *every >= settings.timeout())?;
    let [idle, timeout] = [settings.idle(), settings.timeout()].map(in_one_word);
    let half = in_one_word(settings.timeout() / 2);
    Some(format!(
        "the server evicts healthy clients: on an idle line they are silent for {idle} (--idle), \
         and --timeout is {timeout}; set --idle to {half} or less, or let the server ask with \
         --probe"
    ))
}

/// With two signs of life in a timeout, one of them may be late. With one, it must not be later
/// than the rest of the timeout.
fn one_sign_of_life(settings: &Settings) -> Option<String> {
    let timeout = settings.timeout();
    let every =
        sign_of_life_every(settings).filter(|every| *every < timeout && *every * 2 > timeout)?;
    let flag = if settings.probe() == Some(every) { "--probe" } else { "--idle" };
    Some(format!(
        "only one sign of life fits into --timeout {}: a healthy client is evicted when it comes \
         {} late; set {flag} to {} or less, so that two fit",
        in_one_word(timeout),
        in_one_word(timeout.saturating_sub(every)),
        in_one_word(timeout / 2),
    ))
}

fn gives_up_later(settings: &Settings) -> Option<String> {
    let (client, server) = (settings.rule().detection_time(), settings.timeout());
    let later = settings.detect.uses_heartbeat() && client > server;
    later.then(|| {
        let [client, server] = [client, server].map(in_one_word);
        format!(
            "the client gives up after {client}, but the server has evicted it after {server}: \
             if the line comes back in between, the connection is gone all the same; set \
             --timeout to {client} or more, or fewer --retries"
        )
    })
}

fn count_overridden(settings: &Settings) -> Option<String> {
    let figures = settings.detect.keepalive()?;
    let limit = figures.user_timeout?;
    let by_limit = kernel::keepalive_verdict(figures);
    let by_count = figures.detection_time();
    (by_limit != by_count).then(|| {
        let [limit, by_limit, by_count] = [limit, by_limit, by_count].map(in_one_word);
        format!(
            "--user-timeout {limit} overrides --keepalive-count {}: on an idle line the kernel \
             gives up after {by_limit}, not after {by_count}; --user-timeout {by_count} would \
             keep the count",
            figures.count,
        )
    })
}

/// A middlebox must remember the line until a heartbeat that is lost has been repeated, and one
/// interval longer, in which the repetition gets through.
fn forgotten(settings: &Settings, middlebox: Option<Duration>) -> Option<String> {
    const OWN: &str = ", or check it against your own with --middlebox DURATION";
    // The server's probe does not count: it is not repeated.
    let heartbeat = settings.detect.uses_heartbeat().then(|| {
        let interval = settings.rule().interval.get();
        (settings.idle(), interval, "--idle", ["--idle", "--retry-interval"], "heartbeat")
    });
    let keepalive = settings.detect.keepalive().map(|figures| {
        let flags @ [idle, interval] = ["--keepalive-idle", "--keepalive-interval"];
        let first = if figures.interval > figures.idle { interval } else { idle };
        (kernel::keepalive_period(figures), figures.interval, first, flags, "keepalive probe")
    });
    let ways = [heartbeat, keepalive].into_iter().flatten();
    let (every, interval, first, [idle, repeats], what) =
        ways.min_by_key(|(every, interval, ..)| *every + *interval * 2)?;
    let quiet = every + interval * 2;
    let (known, own) = match middlebox {
        Some(remembers) => (vec![("the middlebox", remembers, "--middlebox")], ""),
        None => (MIDDLEBOXES.to_vec(), OWN),
    };
    let known: Vec<_> = known.into_iter().filter(|(_, remembers, _)| quiet > *remembers).collect();
    let shortest = known.iter().map(|(_, remembers, _)| *remembers).min()?;
    let forgetful: Vec<_> = known
        .iter()
        .map(|(name, remembers, source)| {
            format!("{name} after {} ({source})", in_one_word(*remembers))
        })
        .collect();
    let advice = match idle_to_use(shortest, interval) {
        Some(room) if first == idle => format!("{idle} to {}", in_one_word(room)),
        _ => format!("{idle} and {repeats} to {}", in_one_word(rounded_down(shortest / 3))),
    };
    Some(format!(
        "if a {what} is lost, an idle line carries nothing for up to {} ({first} + 2 × \
         {repeats}), and middleboxes forget such a connection: {}; set {advice} or less{own}",
        in_one_word(quiet),
        forgetful.join(", "),
    ))
}
