//! What is doubtful about the settings, and what to do about it.

use std::{fmt::Write as _, time::Duration};

use common::args;

use super::{kernel, notice::asked_every};
use crate::settings::{Settings, in_one_word};

/// Something to think about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Of what kind it is.
    pub kind: Kind,
    /// What is wrong, and what to do about it.
    pub text: String,
}

/// The kinds of warnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The server evicts clients that are well.
    EvictsTheHealthy,
    /// The server's time-out has room for a single sign of life.
    OneSignOfLife,
    /// The client still hopes when it has been evicted.
    GivesUpLater,
    /// The user time-out changes when keepalive gives up.
    CountOverridden,
    /// Nothing but retransmission's own limit holds for bytes in flight.
    NoUserTimeout,
    /// Boxes on the way may forget the connection.
    Middlebox,
}

/// How long boxes on the way remember an idle connection, the most forgetful first, and the
/// document that says so.
const MIDDLEBOXES: [(&str, Duration, &str); 5] = [
    (
        "an Azure Load Balancer",
        Duration::from_mins(4),
        "by default; Microsoft, Configure TCP idle timeout",
    ),
    (
        "an AWS NAT gateway or Network Load Balancer",
        Duration::from_secs(350),
        "AWS, Troubleshoot NAT gateways; Update the TCP idle timeout",
    ),
    (
        "the Google Cloud firewall",
        Duration::from_mins(10),
        "Google, Compute Engine troubleshooting tips",
    ),
    ("a NAT by the book", Duration::from_mins(124), "RFC 5382, REQ-5"),
    (
        "Linux connection tracking",
        Duration::from_hours(5 * 24),
        "by default; nf_conntrack-sysctl.rst",
    ),
];

/// Every warning that these settings deserve.
#[must_use]
pub fn warnings(settings: &Settings) -> Vec<Warning> {
    let checks = [
        (Kind::EvictsTheHealthy, evicts_the_healthy(settings)),
        (Kind::OneSignOfLife, one_sign_of_life(settings)),
        (Kind::GivesUpLater, gives_up_later(settings)),
        (Kind::CountOverridden, count_overridden(settings)),
        (Kind::NoUserTimeout, args::warning(settings.detect())),
        (Kind::Middlebox, middlebox(settings)),
    ];
    checks.into_iter().filter_map(|(kind, text)| Some(Warning { kind, text: text? })).collect()
}

/// A client that has nothing to say is first heard after `idle`; a probe is always in time.
fn evicts_the_healthy(settings: &Settings) -> Option<String> {
    asked_every(settings).filter(|every| *every >= settings.timeout())?;
    let [idle, timeout] = [settings.rule().idle(), settings.timeout()].map(in_one_word);
    let half = in_one_word(settings.timeout() / 2);
    Some(format!(
        "the server evicts clients that are well: they are silent for {idle} (--idle) on an idle \
         line, and --timeout is {timeout}; set --idle to {half} or less, or let the server ask \
         with --probe"
    ))
}

/// With two in a time-out, one of them may be late. With one, it must not be later than what
/// is left of the time-out.
fn one_sign_of_life(settings: &Settings) -> Option<String> {
    let timeout = settings.timeout();
    let every = asked_every(settings).filter(|every| *every < timeout && *every * 2 > timeout)?;
    let flag = if settings.probe() == Some(every) { "--probe" } else { "--idle" };
    Some(format!(
        "only one sign of life fits into --timeout {}: a client that is well is evicted \
         when that comes {} late; set {flag} to {} or less, so that there are two",
        in_one_word(timeout),
        in_one_word(timeout.saturating_sub(every)),
        in_one_word(timeout / 2),
    ))
}

fn gives_up_later(settings: &Settings) -> Option<String> {
    let (client, server) = (settings.rule().detection_time(), settings.timeout());
    let later = settings.detect().by_heartbeat() && client > server;
    later.then(|| {
        format!(
            "the client gives up after {}, but the server has evicted it after {}: when the line \
             comes back in between, it is told that it was given up; set --timeout to {} or \
             more, or fewer --retries",
            in_one_word(client),
            in_one_word(server),
            in_one_word(client),
        )
    })
}

fn count_overridden(settings: &Settings) -> Option<String> {
    let figures = settings.detect().keepalive()?;
    let limit = figures.user_timeout?;
    let by_limit = kernel::keepalive_verdict(figures);
    let by_count = figures.detection_time();
    (by_limit != by_count).then(|| {
        format!(
            "--user-timeout {} overrides --keepalive-count {}: on an idle line the kernel gives \
             up after {}, not after {}; --user-timeout {} would keep the count",
            in_one_word(limit),
            figures.count,
            in_one_word(by_limit),
            in_one_word(by_count),
            in_one_word(by_count),
        )
    })
}

fn middlebox(settings: &Settings) -> Option<String> {
    let keepalive = settings.detect().keepalive().map(kernel::keepalive_period);
    let quiet = asked_every(settings).into_iter().chain(keepalive).min()?;
    let forgetful: Vec<_> =
        MIDDLEBOXES.into_iter().filter(|(_, remembers, _)| quiet >= *remembers).collect();
    let (_, shortest, _) = forgetful.first()?;
    let mut text = format!(
        "an idle line carries nothing for {} at a time, and boxes on the way may forget it:",
        in_one_word(quiet)
    );
    for (name, remembers, source) in &forgetful {
        let _ = write!(text, " {name} after {} ({source}),", in_one_word(*remembers));
    }
    let flag = if settings.detect().by_heartbeat() { "--idle" } else { "--keepalive-idle" };
    let _ = write!(
        text,
        " and others; set {flag} below {}, or below what the boxes on the way remember",
        in_one_word(*shortest)
    );
    Some(text)
}
