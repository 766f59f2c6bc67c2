//! The timeline of a silence: an idle line is cut right after the last byte, and each end sees
//! only the silence.
//!
//! The programs' own rules are called here with a clock that jumps from one deadline to the
//! next. The kernel's entries come from [`kernel`].

use std::time::{Duration, Instant};

use client::liveness::{HeartbeatRule, Liveness, Step};
use server::timeout_queue::TimeoutQueue;

use super::{
    entry::{Action, Entry},
    fault::Means,
    kernel,
};
use crate::{event::Role, settings::Settings};

/// A longer timeline would not be read: of a rule with more heartbeats than this, only the
/// formula gives the verdict.
const MOST: u32 = 10_000;

/// What this end does in the silence, up to its verdict.
pub fn timeline(settings: &Settings, role: Role) -> Vec<Entry> {
    let program = match role {
        _ if !settings.detect.uses_heartbeat() => Vec::new(),
        Role::Client => client(settings.rule()),
        Role::Server => server(settings),
    };
    let mut entries = vec![Entry { at: Duration::ZERO, action: Action::LastByte }];

    // Keepalive is active until the program sends something or gives up.
    let undisturbed = program.first().map(|entry| entry.at);
    if let Some(figures) = settings.detect.keepalive() {
        entries.extend(
            kernel::keepalive(figures)
                .take_while(|entry| undisturbed.is_none_or(|undisturbed| entry.at < undisturbed)),
        );
        if matches!(entries.last(), Some(Entry { action: Action::Detected(_), .. })) {
            return entries;
        }
    }

    // From the program's first bytes on, bytes are in flight.
    let asked = program.iter().find(|entry| !matches!(entry.action, Action::Detected(_)));
    let limit = kernel::unacknowledged(settings.user_timeout());
    let gives_up = asked.map(|asked| asked.at + limit.earliest);
    entries.extend(program);
    if let Some(at) = gives_up
        && let Some(later) = entries.iter().position(|entry| entry.at > at)
    {
        entries.truncate(later);
        entries.push(Entry { at, action: Action::Detected(limit.by) });
    }
    entries
}

/// What the client's rule asks for.
fn client(rule: HeartbeatRule) -> Vec<Entry> {
    let start = Instant::now();
    let (mut liveness, mut now) = (Liveness::new(rule, start), start);
    let mut entries = Vec::new();
    let dead = loop {
        let at = now - start;
        match liveness.step(start, start, now) {
            Step::Wait(until) => now = until,
            Step::Heartbeat(MOST) => break rule.detection_time(),
            Step::Heartbeat(number) => {
                entries.push(Entry { at, action: Action::Heartbeat(number) });
            }
            Step::Dead(_) => break at,
        }
    };
    entries.push(Entry { at: dead, action: Action::Detected(Means::Heartbeat) });
    entries
}

/// The server's probe, and what its timeout queue evicts.
fn server(settings: &Settings) -> Vec<Entry> {
    let start = Instant::now();
    let queue = TimeoutQueue::new(settings.timeout());
    queue.insert(1, (), start);
    let mut entries: Vec<_> =
        settings.probe().map(|at| Entry { at, action: Action::Probe }).into_iter().collect();
    while let Some(deadline) = queue.next_deadline() {
        let due = queue.due(deadline).into_iter();
        for expired in due.filter_map(|due| queue.expire(due.id, deadline)) {
            let action = Action::Detected(Means::Timeout);
            entries.push(Entry { at: expired.silent, action });
        }
    }
    entries
}
