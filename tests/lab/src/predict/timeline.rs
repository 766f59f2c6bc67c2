//! The timeline of a silence: an idle line that was cut right after the last byte, as each
//! side sees it.
//!
//! The programs' own rules are driven here, on a clock that jumps from one deadline to the
//! next; the kernel's lines are those of [`kernel`].

use std::time::{Duration, Instant};

use client::liveness::{HeartbeatRule, Liveness, Step};
use server::timeout_queue::TimeoutQueue;

use super::{
    kernel::{self, Firing},
    notice::{Notice, Side},
};
use crate::settings::Settings;

/// Heartbeats after which nobody reads on: a rule with more of them is taken at its word.
const MOST: u32 = 10_000;

/// Something that happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// When, after the last byte.
    pub at: Duration,
    /// What.
    pub what: What,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The last byte comes.
    LastByte,
    /// The client sends the heartbeat of this number.
    Heartbeat(u32),
    /// The server sends its probe.
    Probe,
    /// The kernel sends the keepalive probe of this number.
    KeepaliveProbe(u32),
    /// The silence is noticed, and the connection ends.
    Noticed(Notice),
}

/// What this side does in the silence, to its end.
#[must_use]
pub fn timeline(settings: &Settings, side: Side) -> Vec<Event> {
    let program = match side {
        _ if !settings.detect().by_heartbeat() => Vec::new(),
        Side::Client => client(settings.rule()),
        Side::Server => server(settings),
    };
    let mut events = vec![Event { at: Duration::ZERO, what: What::LastByte }];

    // Keepalive has the line to itself until the program does something.
    let undisturbed = program.first().map(|event| event.at);
    if let Some(figures) = settings.detect().keepalive() {
        let firings = kernel::keepalive(figures)
            .take_while(|(at, _)| undisturbed.is_none_or(|undisturbed| *at < undisturbed));
        events.extend(firings.map(|(at, firing)| Event { at, what: firing.into() }));
        if matches!(events.last(), Some(Event { what: What::Noticed(_), .. })) {
            return events;
        }
    }

    // From the program's first bytes on there are some in flight.
    let asked = program.iter().find(|event| !matches!(event.what, What::Noticed(_)));
    let gives_up = asked.map(|asked| {
        let noticed = kernel::unacknowledged(settings.user_timeout());
        Event { at: asked.at + noticed.window.earliest, what: What::Noticed(noticed.by) }
    });
    let sooner = |event: &Event| gives_up.is_none_or(|gives_up| event.at <= gives_up.at);
    let all = program.iter().all(sooner);
    events.extend(program.into_iter().take_while(sooner));
    if !all {
        events.extend(gives_up);
    }
    events
}

impl From<Firing> for What {
    fn from(firing: Firing) -> Self {
        match firing {
            Firing::Probe(number) => Self::KeepaliveProbe(number),
            Firing::GiveUp => Self::Noticed(Notice::Keepalive),
        }
    }
}

/// The client's rule.
fn client(rule: HeartbeatRule) -> Vec<Event> {
    let start = Instant::now();
    let (mut liveness, mut now) = (Liveness::new(rule, start), start);
    let mut events = Vec::new();
    loop {
        let at = now - start;
        match liveness.step(start, now) {
            Step::Wait(until) => now = until,
            Step::Heartbeat(number) => {
                events.push(Event { at, what: What::Heartbeat(number) });
                if number == MOST {
                    let at = rule.detection_time();
                    events.push(Event { at, what: What::Noticed(Notice::Heartbeat) });
                    return events;
                }
            }
            Step::Dead(_) => {
                events.push(Event { at, what: What::Noticed(Notice::Heartbeat) });
                return events;
            }
        }
    }
}

/// The server's queue, and its probe.
fn server(settings: &Settings) -> Vec<Event> {
    let start = Instant::now();
    let queue = TimeoutQueue::new(settings.timeout());
    queue.insert(1, (), start);
    let mut events: Vec<_> =
        settings.probe().map(|at| Event { at, what: What::Probe }).into_iter().collect();
    while let Some(deadline) = queue.next_deadline() {
        let evicted = queue.expire(deadline).into_iter();
        events.extend(
            evicted.map(|it| Event { at: it.silent, what: What::Noticed(Notice::TimeOut) }),
        );
    }
    events
}
