//! What Linux does on its own on a silent connection: keepalive, retransmission, and
//! `TCP_USER_TIMEOUT`, which limits both. Its rules, in virtual time.
//!
//! The times are nominal. The kernel's timers never fire early, and up to an eighth of their
//! delay late: the longer they run, the coarser they are (kernel/time/timer.c). Other systems
//! have other figures; what holds for keepalive without a user time-out holds there, too.

use std::time::Duration;

use common::detect::Keepalive;

use super::notice::{Notice, Noticed, Window};

/// What keepalive does at a moment of a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firing {
    /// It sends the probe of this number, from 1.
    Probe(u32),
    /// It ends the connection.
    GiveUp,
}

/// What keepalive does on an idle line, and when, counted from the last segment received.
///
/// The timer fires at `idle`, then at each `interval`. Without a user time-out it gives up
/// once `count` probes are unanswered. With one the count is not looked at: it gives up when
/// the silence has lasted as long as the user time-out and at least one probe was sent.
/// (`tcp_keepalive_timer` in the kernel; tcp(7) says it in words.)
pub fn keepalive(figures: Keepalive) -> impl Iterator<Item = (Duration, Firing)> {
    let mut probes = 0;
    let mut next = Some(figures.idle);
    std::iter::from_fn(move || {
        let now = next?;
        let gives_up = match figures.user_timeout {
            Some(limit) => now >= limit && probes > 0,
            None => probes >= figures.count,
        };
        if gives_up {
            next = None;
            return Some((now, Firing::GiveUp));
        }
        probes += 1;
        next = Some(now + figures.interval);
        Some((now, Firing::Probe(probes)))
    })
}

/// From the last segment received to keepalive's verdict on an idle line:
/// `idle + count × interval`; with a user time-out `idle + n × interval`, where n is the
/// smallest number from 1 with which that is no less than the user time-out.
#[must_use]
pub fn keepalive_verdict(figures: Keepalive) -> Duration {
    let probes = match figures.user_timeout {
        None => figures.count,
        Some(limit) => steps(limit.saturating_sub(figures.idle), figures.interval).max(1),
    };
    figures.idle + figures.interval * probes
}

/// Between which moments the verdict comes on a line that has been probed before.
///
/// After a probe the timer runs for `interval`, answered or not. If that is longer than
/// `idle`, the next silence is first probed when it fires, `interval` after its last segment
/// at the latest, and everything is late by the difference.
#[must_use]
pub fn keepalive_verdicts(figures: Keepalive) -> Window {
    let Keepalive { idle, interval, user_timeout, .. } = figures;
    let nominal = keepalive_verdict(figures);
    match user_timeout {
        _ if interval <= idle => Window { earliest: nominal, latest: nominal },
        None => Window { earliest: nominal, latest: nominal + interval.saturating_sub(idle) },
        Some(limit) => {
            Window { earliest: limit.max(idle + interval), latest: limit.max(interval) + interval }
        }
    }
}

/// The time between two probes of a healthy idle line, each of which is answered: the longer
/// of `idle` and `interval`, for the reason given at [`keepalive_verdicts`].
#[must_use]
pub fn keepalive_period(figures: Keepalive) -> Duration {
    figures.idle.max(figures.interval)
}

/// How many steps it takes to go at least this far.
pub(crate) fn steps(distance: Duration, step: Duration) -> u32 {
    let steps = distance.as_nanos().div_ceil(step.as_nanos());
    u32::try_from(steps).unwrap_or(u32::MAX)
}

/// By when the first retransmission is made: RFC 6298 begins with a second, and a measured
/// path with less (Linux with a fifth of a second and more).
const FIRST_RETRANSMISSION: Duration = Duration::from_secs(1);

/// How long retransmission goes on: `tcp_retries2` = 15 stands for 924.6 s
/// (ip-sysctl.rst; `tcp_model_timeout` in the kernel).
pub const RETRANSMISSION: Duration = Duration::from_millis(924_600);

/// The longest time between two retransmissions (`TCP_RTO_MAX`).
const BETWEEN_RETRANSMISSIONS: Duration = Duration::from_mins(2);

/// When the kernel gives up on bytes that the other host does not acknowledge, counted from
/// the moment they were sent.
///
/// Its limit, 924.6 s or the user time-out, counts from the first retransmission
/// (`retransmits_timed_out`). The user time-out is then kept to the moment
/// (`tcp_clamp_rto_to_user_timeout`); the other limit shows at the next retransmission.
#[must_use]
pub fn unacknowledged(user_timeout: Option<Duration>) -> Noticed {
    let (by, earliest, most) = match user_timeout {
        Some(limit) => (Notice::UserTimeout, limit, limit),
        None => (Notice::Retransmission, RETRANSMISSION, RETRANSMISSION + BETWEEN_RETRANSMISSIONS),
    };
    Noticed { by, window: Window { earliest, latest: most + FIRST_RETRANSMISSION } }
}

/// When the kernel gives up on a peer that acknowledges and has no room left, counted from
/// the moment its window closed: with a user time-out, which counts from the first probe of
/// the window, as above; without one never, as RFC 9293 (3.8.6.1) asks (`tcp_probe_timer`).
#[must_use]
pub fn closed_window(user_timeout: Option<Duration>) -> Option<Noticed> {
    user_timeout.map(|limit| unacknowledged(Some(limit)))
}
