//! When a client with `--reconnect` is back after a fault of its server.
//!
//! The client detects the fault, pauses, connects, and waits until the service answers. The pauses
//! are those of [`client::servers`]. Each has a random part, so only an earliest and a latest
//! moment can be told. The way to and fro is left out: two round trips, one to connect and one for
//! the first answer.
//!
//! The connection has lived for so long that no earlier failure counts
//! ([`STABLE`](client::servers::STABLE)), or there was none.

use std::{ops::RangeInclusive, time::Duration};

use client::{
    budget::Budget,
    ending::{Ending, Unanswered},
    liveness::Silence,
    servers::{OTHER_SERVER, Trouble},
};
use common::{
    diagnosis::{Finding, Lost},
    kernel::{Evidence, GaveUp},
};
use serde::Serialize;

use super::{
    detection::detections,
    fault::{Detection, Fault, Means, Window},
    kernel,
};
use crate::{event::Role, settings::Settings};

/// When a client with `--reconnect` is back after a fault.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Back {
    pub fault: Fault,
    #[serde(skip)]
    pub(super) what: &'static str,
    /// If it knows this server alone, which is healthy again when the client first tries. `None`
    /// if the client never detects the fault.
    pub one_server: Option<Window>,
    /// If it knows a second server, which is healthy, while the fault of the first one lasts.
    pub two_servers: Option<Window>,
    /// However long the fault of the only server lasts, the client is back so soon after its end, in
    /// seconds. `None` if there is nothing to wait for.
    pub longest_wait_s: Option<f64>,
}

impl Back {
    pub(super) fn new(settings: &Settings, fault: Fault, what: &'static str) -> Self {
        let one_server = same_server(settings, fault, Duration::ZERO, FailedAttempt::REFUSED);
        let two_servers = second_server(settings, fault);
        let longest_wait = one_server.and_then(|_| longest_wait(fault));
        let longest_wait_s = longest_wait.map(|wait| wait.as_secs_f64());
        Self { fault, what, one_server, two_servers, longest_wait_s }
    }
}

/// How an attempt fails while the fault lasts.
#[derive(Debug, Clone, Copy)]
pub struct FailedAttempt {
    /// Why it fails.
    trouble: Trouble,
    /// How long that takes.
    lasts: Duration,
    /// When the kernel asks again for the connection, counted from the attempt's start. If the
    /// fault is over by then, the attempt succeeds.
    asks_again: &'static [Duration],
}

impl FailedAttempt {
    /// The host refuses the connection.
    pub const REFUSED: Self =
        Self { trouble: Trouble::Refused, lasts: Duration::ZERO, asks_again: &[] };

    /// Nothing comes back.
    pub const SILENT: Self = Self {
        trouble: Trouble::Unreachable,
        lasts: Budget::WHOLE,
        asks_again: &kernel::CONNECTS_AGAIN,
    };

    /// When those of the attempts succeed that find a healthy server, if the attempt begins within
    /// `tried` and the server is healthy from `healthy` on.
    fn succeeds(self, tried: Window, healthy: Duration) -> Option<Window> {
        let mut latest = (tried.latest >= healthy).then_some(tried.latest);
        let mut before = Duration::ZERO;
        for &asks in self.asks_again {
            // Attempts that began between these moments ask next when the server is healthy.
            let (from, to) = (healthy.saturating_sub(asks), healthy.saturating_sub(before));
            if tried.earliest < to && tried.latest >= from {
                latest = latest.max(Some(tried.latest.min(to) + asks));
            }
            before = asks;
        }
        latest.map(|latest| Window { earliest: tried.earliest.max(healthy), latest })
    }

    /// When the others fail.
    fn fails(self, tried: Window, healthy: Duration) -> Option<Window> {
        let last = self.asks_again.last().copied().unwrap_or_default();
        let too_early = healthy.saturating_sub(last);
        let latest = tried.latest.min(too_early) + self.lasts;
        (tried.earliest < too_early)
            .then(|| Window { earliest: tried.earliest + self.lasts, latest })
    }
}

/// When the client is back at its only server, which is healthy from the moment `healthy` on.
/// `None` if the client never detects the fault.
pub fn same_server(
    settings: &Settings,
    fault: Fault,
    healthy: Duration,
    meets: FailedAttempt,
) -> Option<Window> {
    let ways = detections(settings, Role::Client, fault).into_iter();
    ways.filter_map(|way| tried_until(healthy, way.window(), trouble(fault, way), meets))
        .reduce(either)
}

/// When the client is back if it knows a second server, which is healthy, while the fault of the
/// first one lasts. `None` if the client never detects the fault.
pub fn second_server(settings: &Settings, fault: Fault) -> Option<Window> {
    let at_once = Duration::ZERO..=OTHER_SERVER;
    let back = |way: Detection| match trouble(fault, way) {
        // The first server is tried once more, because it may just have been restarted. After a
        // reset it is healthy.
        ended @ Trouble::Ended => {
            let tried = after(way.window(), &ended.pause(1));
            if fault == Fault::Reset { tried } else { after(tried, &at_once) }
        }
        _ => after(way.window(), &at_once),
    };
    detections(settings, Role::Client, fault).into_iter().map(back).reduce(either)
}

/// When an attempt succeeds, if the client detects the fault within `detected` and takes it for
/// `first`.
fn tried_until(
    healthy: Duration,
    detected: Window,
    first: Trouble,
    meets: FailedAttempt,
) -> Option<Window> {
    let (mut trouble, mut back) = (first, None);
    let mut failed = Some(detected);
    for failures in 1.. {
        let Some(window) = failed else { break };
        let tried = after(window, &trouble.pause(failures));
        back = [back, meets.succeeds(tried, healthy)].into_iter().flatten().reduce(either);
        failed = meets.fails(tried, healthy);
        trouble = meets.trouble;
    }
    back
}

fn after(window: Window, pause: &RangeInclusive<Duration>) -> Window {
    let (earliest, latest) = (window.earliest + *pause.start(), window.latest + *pause.end());
    Window { earliest, latest }
}

/// The time in which one of the two happens.
fn either(one: Window, other: Window) -> Window {
    let earliest = one.earliest.min(other.earliest);
    Window { earliest, latest: one.latest.max(other.latest) }
}

/// From the end of a long fault to the client's return, at the longest.
fn longest_wait(fault: Fault) -> Option<Duration> {
    let longest = |trouble: Trouble| *trouble.pause(u32::MAX).end();
    match fault {
        Fault::Reset => None, // the server has no fault
        Fault::Killed => Some(longest(Trouble::Refused)),
        Fault::Stopped | Fault::NotReading => Some(longest(Trouble::Hung)),
        // An attempt that began in the cut may fail after it.
        Fault::CutIdle | Fault::CutWriting => Some(Budget::WHOLE + longest(Trouble::Unreachable)),
    }
}

/// What the client takes the fault for when it has detected it in this way: its own judgement, of
/// what its kernel knows then.
fn trouble(fault: Fault, way: Detection) -> Trouble {
    let acknowledged = Evidence {
        in_flight: 0,
        unsent: 0,
        window: 65535,
        last_ack: Duration::ZERO,
        retransmissions: 0,
        unanswered_probes: 0,
    };
    let evidence = match fault {
        Fault::Killed | Fault::Reset | Fault::Stopped => acknowledged,
        Fault::CutIdle | Fault::CutWriting => {
            Evidence { in_flight: 1, retransmissions: u8::MAX, ..acknowledged }
        }
        Fault::NotReading => Evidence { unsent: 1, window: 0, ..acknowledged },
    };
    let lost = |verdict| Ending::Lost(Lost { verdict, evidence: Some(evidence) });
    let ending = match way.by {
        Means::EndOfStream => Ending::ServerClosed,
        Means::Reset => lost(GaveUp::Reset),
        Means::Keepalive | Means::UserTimeout | Means::Retransmission => lost(GaveUp::TimedOut),
        Means::Heartbeat | Means::Timeout => Ending::Unanswered(Unanswered {
            silence: Silence { lasted: way.latest, heartbeats: 1, late: Duration::ZERO },
            unsent: 0,
            not_sent: None,
            never_heard: false,
            finding: Some(Finding::new(evidence, Duration::MAX)),
        }),
    };
    ending.trouble().expect("the end of a connection does not end the session")
}
