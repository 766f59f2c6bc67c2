//! How soon after a fault each end detects it, and by what means.
//!
//! The programs' rules count from the last byte, the kernel's from the last segment. A fault may
//! come at any moment after that. On a healthy idle line a byte comes at least once in every
//! [`longest_silence`], so a verdict that is due `d` after the last byte comes between
//! `d - longest_silence` and `d` after the fault. The time that bytes travel is left out.

use std::time::Duration;

use common::detect::Keepalive;

use super::{
    fault::{Detection, Fault, Means, Window},
    kernel,
};
use crate::{event::Role, settings::Settings};

/// The longest time between two bytes to either end on a healthy idle line. The next byte is the
/// client's heartbeat (which the server answers) or the server's probe (which the client
/// answers), unless the server evicts the client before. `None` with keepalive alone, since then
/// no byte passes.
pub fn longest_silence(settings: &Settings) -> Option<Duration> {
    sign_of_life_every(settings).map(|every| every.min(settings.timeout))
}

/// The time between two signs of life of a healthy client on an idle line.
pub(crate) fn sign_of_life_every(settings: &Settings) -> Option<Duration> {
    let idle = settings.idle();
    let every = settings.probe.map_or(idle, |probe| probe.min(idle));
    settings.detect.uses_heartbeat().then_some(every)
}

/// What an end's own program does in a silence, counted from the last byte.
#[derive(Debug, Clone, Copy)]
struct OwnRule {
    /// When its first bytes go out.
    asks: Option<Duration>,
    /// When it gives up.
    verdict: Detection,
}

/// The client gives up after `idle + (retries + 1) × retry-interval`, the server after
/// `timeout`. With keepalive alone the programs have no rule.
fn own_rule(settings: &Settings, role: Role) -> Option<OwnRule> {
    settings.detect.uses_heartbeat().then(|| match role {
        Role::Client => OwnRule {
            asks: Some(settings.idle()),
            verdict: Detection::at(Means::Heartbeat, settings.rule.detection_time()),
        },
        Role::Server => OwnRule {
            asks: settings.probe,
            verdict: Detection::at(Means::Timeout, settings.timeout),
        },
    })
}

/// The ways in which this end may detect the fault, the soonest first. There are several if the
/// moment of the fault decides which one is first, and none if the end never detects it.
pub fn detections(settings: &Settings, role: Role, fault: Fault) -> Vec<Detection> {
    let verdict = own_rule(settings, role).map(|rule| rule.verdict);
    match fault {
        Fault::Killed => vec![Detection::at(Means::EndOfStream, Duration::ZERO)],
        Fault::Reset => vec![Detection::at(Means::Reset, Duration::ZERO)],
        Fault::Stopped => {
            let silence = longest_silence(settings).unwrap_or_default();
            let after_fault = |verdict: Detection| verdict.after_fault(Duration::ZERO, silence);
            verdict.map(after_fault).into_iter().collect()
        }
        Fault::CutIdle => cut_idle(settings, role),
        // Bytes were passing until the fault, so everything counts from the fault itself.
        Fault::CutWriting => {
            first_of([verdict, Some(kernel::unacknowledged(settings.user_timeout()))])
        }
        Fault::NotReading => first_of([verdict, kernel::closed_window(settings.user_timeout())]),
    }
}

/// A cut of an idle line. Keepalive is active until this end's own program asks (bytes in flight
/// silence keepalive) or gives up.
///
/// While the line is healthy and idle, the other kernel's answers to keepalive's probes are
/// segments, one every [`kernel::keepalive_period`] after the last byte. Keepalive counts from
/// the last of them.
fn cut_idle(settings: &Settings, role: Role) -> Vec<Detection> {
    let keepalive = settings.detect.keepalive();
    let Some((OwnRule { asks, verdict }, silence)) =
        own_rule(settings, role).zip(longest_silence(settings))
    else {
        return keepalive.map(keepalive_alone).into_iter().collect();
    };
    let in_flight = asks.map(|asks| kernel::unacknowledged(settings.user_timeout()).later(asks));
    let asked = first_of([Some(verdict), in_flight]).into_iter();
    let Some(figures) = keepalive else {
        return asked.map(|detection| detection.after_fault(Duration::ZERO, silence)).collect();
    };

    let undisturbed = asks.unwrap_or(verdict.window.latest).min(verdict.window.latest);
    let period = kernel::keepalive_period(figures);
    let Window { earliest, latest } = kernel::keepalive_verdicts(figures);
    let by_keepalive = (earliest < undisturbed).then(|| {
        let window = Window { earliest, latest: latest.min(undisturbed) };
        let detection = Detection { by: Means::Keepalive, window };
        detection.after_fault(Duration::ZERO, period.min(silence))
    });
    // From this segment on, keepalive comes too late.
    let too_late = match undisturbed.saturating_sub(latest) {
        from if figures.interval <= figures.idle => period * kernel::steps(from, period),
        from => from,
    };
    let by_asking = asked
        .filter(|_| too_late < silence)
        .map(|detection| detection.after_fault(too_late, silence));
    let mut detections: Vec<_> = by_keepalive.into_iter().chain(by_asking).collect();
    detections.sort_by_key(|detection| detection.window.earliest);
    detections
}

/// A cut of an idle line on which only keepalive's probes and their answers pass.
fn keepalive_alone(figures: Keepalive) -> Detection {
    let window = kernel::keepalive_verdicts(figures);
    Detection { by: Means::Keepalive, window }
        .after_fault(Duration::ZERO, kernel::keepalive_period(figures))
}

/// Those of the ways that may be first.
fn first_of<const N: usize>(ways: [Option<Detection>; N]) -> Vec<Detection> {
    let ways = ways.into_iter().flatten();
    let Some(latest) = ways.clone().map(|way| way.window.latest).min() else { return Vec::new() };
    let mut first: Vec<_> = ways
        .filter(|way| way.window.earliest <= latest)
        .map(|way| {
            let window = Window { latest: way.window.latest.min(latest), ..way.window };
            Detection { window, ..way }
        })
        .collect();
    first.sort_by_key(|way| way.window.earliest);
    first
}
