//! How soon after a fault each end detects it, and by what means.
//!
//! The programs' rules count from the last byte, the kernel's from the last segment. A fault may
//! come at any moment after that. On a healthy idle line a byte comes at least once in every
//! [`longest_silence`], so a verdict that is due `d` after the last byte comes between
//! `d - longest_silence` and `d` after the fault. The time that bytes travel is left out.

use std::time::Duration;

use super::{
    fault::{Detection, Fault, Means},
    kernel,
};
use crate::{event::Role, settings::Settings};

/// The longest time between two bytes to either end on a healthy idle line. The next byte is the
/// client's heartbeat (which the server answers) or the server's probe (which the client
/// answers), unless the server evicts the client before. `None` with keepalive alone, since then
/// no byte passes.
pub fn longest_silence(settings: &Settings) -> Option<Duration> {
    sign_of_life_every(settings).map(|every| every.min(settings.timeout()))
}

/// The time between two signs of life of a healthy client on an idle line.
pub(crate) fn sign_of_life_every(settings: &Settings) -> Option<Duration> {
    let idle = settings.idle();
    let every = settings.probe().map_or(idle, |probe| probe.min(idle));
    settings.detect.uses_heartbeat().then_some(every)
}

/// What an end's own program does in a silence, counted from the last byte: when its first bytes
/// go out, and when it gives up. The client gives up after `idle + (retries + 1) ×
/// retry-interval`, the server after `timeout`. With keepalive alone the programs have no rule.
fn own_rule(settings: &Settings, role: Role) -> Option<(Option<Duration>, Detection)> {
    let (asks, by, verdict) = match role {
        Role::Client => (Some(settings.idle()), Means::Heartbeat, settings.rule().detection_time()),
        Role::Server => (settings.probe(), Means::Timeout, settings.timeout()),
    };
    settings.detect.uses_heartbeat().then(|| (asks, Detection::at(by, verdict)))
}

/// The ways in which this end may detect the fault, the soonest first. There are several if the
/// moment of the fault decides which one is first, and none if the end never detects it.
pub fn detections(settings: &Settings, role: Role, fault: Fault) -> Vec<Detection> {
    let verdict = own_rule(settings, role).map(|(_, verdict)| verdict);
    let user_timeout = settings.user_timeout();
    let in_flight = kernel::unacknowledged(user_timeout);
    match fault {
        Fault::Killed => vec![Detection::at(Means::EndOfStream, Duration::ZERO)],
        Fault::Reset => vec![Detection::at(Means::Reset, Duration::ZERO)],
        Fault::Stopped => {
            let silence = longest_silence(settings).unwrap_or_default();
            verdict
                .map(|verdict| verdict.after_fault(Duration::ZERO, silence))
                .into_iter()
                .collect()
        }
        Fault::CutIdle => cut_idle(settings, role),
        // Bytes were passing until the fault, so everything counts from the fault itself.
        Fault::CutWriting => first_of([verdict, Some(in_flight)]),
        // The user timeout counts from the first probe of the window. Without one the kernel
        // never gives up, as RFC 9293 (3.8.6.1) asks (`tcp_probe_timer`).
        Fault::NotReading => first_of([verdict, user_timeout.map(|_| in_flight)]),
    }
}

/// A cut of an idle line. Keepalive is active until this end's own program asks (bytes in flight
/// silence keepalive) or gives up.
///
/// While the line is healthy and idle, the other kernel's answers to keepalive's probes are
/// segments, one every [`kernel::keepalive_period`] after the last byte. Keepalive counts from
/// the last of them.
fn cut_idle(settings: &Settings, role: Role) -> Vec<Detection> {
    let keepalive = settings.detect.keepalive().map(|figures| {
        let period = kernel::keepalive_period(figures);
        (figures, period, kernel::keepalive_verdicts(figures))
    });
    let Some(((asks, verdict), silence)) = own_rule(settings, role).zip(longest_silence(settings))
    else {
        let alone = keepalive.map(|(_, period, dead)| dead.after_fault(Duration::ZERO, period));
        return alone.into_iter().collect();
    };
    let in_flight = asks.map(|asks| {
        let Detection { by, earliest, latest } = kernel::unacknowledged(settings.user_timeout());
        Detection { by, earliest: asks + earliest, latest: asks + latest }
    });
    let asked = first_of([Some(verdict), in_flight]).into_iter();
    let Some((figures, period, dead)) = keepalive else {
        return asked.map(|detection| detection.after_fault(Duration::ZERO, silence)).collect();
    };

    let undisturbed = asks.unwrap_or(verdict.latest).min(verdict.latest);
    let by_keepalive = (dead.earliest < undisturbed).then(|| {
        let dead = Detection { latest: dead.latest.min(undisturbed), ..dead };
        dead.after_fault(Duration::ZERO, period.min(silence))
    });
    // From this segment on, keepalive comes too late.
    let too_late = match undisturbed.saturating_sub(dead.latest) {
        from if figures.interval <= figures.idle => period * kernel::steps(from, period),
        from => from,
    };
    let by_asking = asked
        .filter(|_| too_late < silence)
        .map(|detection| detection.after_fault(too_late, silence));
    let mut detections: Vec<_> = by_keepalive.into_iter().chain(by_asking).collect();
    detections.sort_by_key(|detection| detection.earliest);
    detections
}

/// Those of the ways that may be first.
fn first_of(ways: [Option<Detection>; 2]) -> Vec<Detection> {
    let mut ways: Vec<_> = ways.into_iter().flatten().collect();
    let latest = ways.iter().map(|way| way.latest).min().unwrap_or_default();
    ways.retain(|way| way.earliest <= latest);
    for way in &mut ways {
        way.latest = way.latest.min(latest);
    }
    ways.sort_by_key(|way| way.earliest);
    ways
}
