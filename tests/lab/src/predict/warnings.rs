//! What is doubtful about the settings, and how to change it.

use std::time::Duration;

use serde::Serialize;

use super::{detection::sign_of_life_every, kernel};
use crate::settings::{Settings, in_one_word};

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

fn forgotten(settings: &Settings, middlebox: Option<Duration>) -> Option<String> {
    const OWN: &str = ", or check it against your own with --middlebox DURATION";
    let keepalive = settings.detect.keepalive().map(kernel::keepalive_period);
    let quiet = sign_of_life_every(settings).into_iter().chain(keepalive).min()?;
    let (known, advice, own) = match middlebox {
        Some(remembers) => (vec![("the middlebox", remembers, "--middlebox")], "so", ""),
        None => (MIDDLEBOXES.to_vec(), "and others;", OWN),
    };
    let known = known.into_iter().filter(|(_, remembers, _)| quiet >= *remembers);
    let shortest = in_one_word(known.clone().map(|(_, remembers, _)| remembers).min()?);
    let forgetful: Vec<_> = known
        .map(|(name, remembers, source)| {
            format!("{name} after {} ({source}),", in_one_word(remembers))
        })
        .collect();
    let flag = if settings.detect.uses_heartbeat() { "--idle" } else { "--keepalive-idle" };
    Some(format!(
        "an idle line carries nothing for {} at a time, and middleboxes forget such a connection: \
         {} {advice} set {flag} below {shortest}{own}",
        in_one_word(quiet),
        forgetful.join(" ")
    ))
}
