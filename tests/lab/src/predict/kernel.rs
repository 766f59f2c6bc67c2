//! What Linux does by itself on a silent connection: keepalive, retransmission, and
//! `TCP_USER_TIMEOUT`, which limits both. These are its rules, without waiting.
//!
//! The times are nominal. The kernel's timers never fire early, and they fire up to an eighth of
//! their delay late: the longer they run, the coarser they are (kernel/time/timer.c). Other
//! systems have other figures, but keepalive without a user timeout works the same there.

use std::time::Duration;

use common::detect::Keepalive;

use super::{
    entry::{Action, Entry},
    fault::{Detection, Means},
};

/// What keepalive does on an idle line, and when, counted from the last segment received.
///
/// The timer fires at `idle`, then at each `interval`. Without a user timeout it gives up
/// once `count` probes are unanswered. With one the count is not looked at: it gives up when
/// the silence has lasted as long as the user timeout and at least one probe was sent.
/// (`tcp_keepalive_timer` in the kernel; tcp(7) says it in words.)
pub fn keepalive(figures: Keepalive) -> impl Iterator<Item = Entry> {
    let mut probes = 0;
    let mut next = Some(figures.idle);
    std::iter::from_fn(move || {
        let at = next?;
        let gives_up = match figures.user_timeout {
            Some(limit) => at >= limit && probes > 0,
            None => probes >= figures.count,
        };
        if gives_up {
            next = None;
            return Some(Entry { at, action: Action::Detected(Means::Keepalive) });
        }
        probes += 1;
        next = Some(at + figures.interval);
        Some(Entry { at, action: Action::KeepaliveProbe(probes) })
    })
}

/// From the last segment received to keepalive's verdict on an idle line:
/// `idle + count × interval`; with a user timeout `idle + n × interval`, where n is the
/// smallest number from 1 with which that is no less than the user timeout.
pub fn keepalive_verdict(figures: Keepalive) -> Duration {
    let probes = match figures.user_timeout {
        None => figures.count,
        Some(limit) => steps(limit.saturating_sub(figures.idle), figures.interval).max(1),
    };
    figures.idle + figures.interval * probes
}

/// Keepalive's verdict on a line that has been probed before, counted from the last segment.
///
/// After a probe the timer runs for `interval`, answered or not. If that is longer than
/// `idle`, the next silence is first probed when it fires, `interval` after its last segment
/// at the latest, and everything is late by the difference.
pub fn keepalive_verdicts(figures: Keepalive) -> Detection {
    let Keepalive { idle, interval, user_timeout, .. } = figures;
    let nominal = keepalive_verdict(figures);
    let (earliest, latest) = match user_timeout {
        _ if interval <= idle => (nominal, nominal),
        None => (nominal, nominal + interval.saturating_sub(idle)),
        Some(limit) => (limit.max(idle + interval), limit.max(interval) + interval),
    };
    Detection { by: Means::Keepalive, earliest, latest }
}

/// The time between two probes of a healthy idle line, each of which is answered: the longer
/// of `idle` and `interval`, for the reason given at [`keepalive_verdicts`].
pub fn keepalive_period(figures: Keepalive) -> Duration {
    figures.idle.max(figures.interval)
}

/// How many steps cover at least this distance.
pub(crate) fn steps(distance: Duration, step: Duration) -> u32 {
    let steps = distance.as_nanos().div_ceil(step.as_nanos());
    u32::try_from(steps).unwrap_or(u32::MAX)
}

/// The first retransmission comes no later than this. RFC 6298 starts with one second; once the
/// path is measured the time is shorter (on Linux at least 0.2 s).
const FIRST_RETRANSMISSION: Duration = Duration::from_secs(1);

/// How long the kernel retransmits: `tcp_retries2` = 15 means 924.6 s
/// (ip-sysctl.rst; `tcp_model_timeout` in the kernel).
pub const RETRANSMISSION: Duration = Duration::from_millis(924_600);

/// The longest time between two retransmissions (`TCP_RTO_MAX`).
const BETWEEN_RETRANSMISSIONS: Duration = Duration::from_mins(2);

/// When the kernel asks again for a connection if nothing comes back, counted from the first time:
/// after one second, and each time after twice as long (RFC 6298, section 2). Since Linux 6.5 most
/// of these come sooner (`tcp_syn_linear_timeouts`), and none comes between the last one here and
/// the end of the client's attempt.
pub const CONNECTS_AGAIN: [Duration; 3] =
    [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(7)];

/// When the kernel gives up on bytes that the other host does not acknowledge, counted from
/// the moment they were sent.
///
/// Its limit, 924.6 s or the user timeout, counts from the first retransmission
/// (`retransmits_timed_out`). The user timeout is then kept exactly
/// (`tcp_clamp_rto_to_user_timeout`); the other limit takes effect at the next retransmission.
pub fn unacknowledged(user_timeout: Option<Duration>) -> Detection {
    let (by, earliest, most) = match user_timeout {
        Some(limit) => (Means::UserTimeout, limit, limit),
        None => (Means::Retransmission, RETRANSMISSION, RETRANSMISSION + BETWEEN_RETRANSMISSIONS),
    };
    Detection { by, earliest, latest: most + FIRST_RETRANSMISSION }
}
