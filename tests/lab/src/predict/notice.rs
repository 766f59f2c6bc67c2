//! Who notices what, by which means, and how soon after it happened.
//!
//! The programs' rules count from the last byte, the kernel's from the last segment. A fault
//! comes at any moment after that, and is noticed that much sooner. On a healthy idle line a
//! byte comes once in every [`rhythm`], so what is due `d` after the last byte is noticed
//! between `d - rhythm` and `d` after the fault. The time that bytes travel is left out.

use std::time::Duration;

use common::detect::Keepalive;

use super::kernel;
pub use crate::event::Side;
use crate::settings::Settings;

/// What happens to the other side, or to the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Its process is killed, with nothing left unread.
    Killed,
    /// Its process is stopped: the kernel goes on acknowledging.
    Stopped,
    /// It resets the connection.
    Reset,
    /// Nothing passes any more, and nothing was on its way.
    CutIdle,
    /// Nothing passes any more; until then bytes were passing both ways, and the side that
    /// notices has some on their way.
    CutWriting,
    /// It reads no more, and its window is full since now. Until then bytes were passing
    /// both ways.
    NotReading,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 6] = [
        Self::Killed,
        Self::Reset,
        Self::Stopped,
        Self::CutIdle,
        Self::CutWriting,
        Self::NotReading,
    ];
}

/// By what it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The client's heartbeats go unanswered.
    Heartbeat,
    /// The server's time-out.
    TimeOut,
    /// The kernel's keepalive probes go unanswered.
    Keepalive,
    /// Bytes stay unacknowledged, or a window closed, for the user time-out.
    UserTimeout,
    /// The kernel has retransmitted for as long as it does.
    Retransmission,
    /// The other kernel ends the stream.
    Closed,
    /// The other kernel resets the connection.
    Reset,
}

/// From when to when after a fault it may be noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// No sooner than this.
    pub earliest: Duration,
    /// No later, but for a busy machine and for the kernel's coarse timers.
    pub latest: Duration,
}

impl Window {
    /// Whether this moment is in it.
    #[must_use]
    pub fn contains(&self, moment: Duration) -> bool {
        (self.earliest..=self.latest).contains(&moment)
    }
}

/// A way in which a fault may be noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noticed {
    /// By what.
    pub by: Notice,
    /// When, after the fault.
    pub window: Window,
}

impl Noticed {
    /// By this, at this moment and no other.
    #[must_use]
    pub fn at(by: Notice, moment: Duration) -> Self {
        Self { by, window: Window { earliest: moment, latest: moment } }
    }

    fn later(self, by: Duration) -> Self {
        let Window { earliest, latest } = self.window;
        Self { window: Window { earliest: earliest + by, latest: latest + by }, ..self }
    }

    /// Counted from a fault that came between `least` and `most` after the last byte.
    fn after_fault(self, least: Duration, most: Duration) -> Self {
        let Window { earliest, latest } = self.window;
        let window = Window {
            earliest: earliest.saturating_sub(most),
            latest: latest.saturating_sub(least),
        };
        Self { window, ..self }
    }
}

/// The longest time between two bytes to either side on a healthy idle line: the client's
/// heartbeat (answered by the server) or the server's probe (answered by the client), or
/// until a client that is never heard is evicted. None with keepalive alone: no byte passes.
#[must_use]
pub fn rhythm(settings: &Settings) -> Option<Duration> {
    asked_every(settings).map(|every| every.min(settings.timeout()))
}

/// The time between two signs of life of a healthy client on an idle line.
pub(crate) fn asked_every(settings: &Settings) -> Option<Duration> {
    let idle = settings.rule().idle();
    let asked = settings.probe().map_or(idle, |probe| probe.min(idle));
    settings.detect().by_heartbeat().then_some(asked)
}

/// What a side's own program does in a silence, counted from the last byte.
#[derive(Debug, Clone, Copy)]
struct Watch {
    /// When its first bytes go out.
    asks: Option<Duration>,
    /// When it gives up.
    verdict: Noticed,
}

/// The client's `idle + (retries + 1) × retry-interval`, the server's `timeout`; nothing with
/// keepalive alone.
fn watch(settings: &Settings, side: Side) -> Option<Watch> {
    let rule = settings.rule();
    settings.detect().by_heartbeat().then(|| match side {
        Side::Client => Watch {
            asks: Some(rule.idle()),
            verdict: Noticed::at(Notice::Heartbeat, rule.detection_time()),
        },
        Side::Server => Watch {
            asks: settings.probe(),
            verdict: Noticed::at(Notice::TimeOut, settings.timeout()),
        },
    })
}

/// How `side` may notice the fault, the soonest way first. Several ways, if it depends on the
/// moment of the fault which of them is first; none, if it never notices.
#[must_use]
pub fn notices(settings: &Settings, side: Side, fault: Fault) -> Vec<Noticed> {
    let verdict = watch(settings, side).map(|watch| watch.verdict);
    match fault {
        Fault::Killed => vec![Noticed::at(Notice::Closed, Duration::ZERO)],
        Fault::Reset => vec![Noticed::at(Notice::Reset, Duration::ZERO)],
        Fault::Stopped => {
            let rhythm = rhythm(settings).unwrap_or_default();
            verdict.map(|verdict| verdict.after_fault(Duration::ZERO, rhythm)).into_iter().collect()
        }
        Fault::CutIdle => cut_idle(settings, side),
        // With bytes passing until the fault, everything counts from the fault itself.
        Fault::CutWriting => {
            first_of([verdict, Some(kernel::unacknowledged(settings.user_timeout()))])
        }
        Fault::NotReading => first_of([verdict, kernel::closed_window(settings.user_timeout())]),
    }
}

/// A cut of an idle line, which keepalive has to itself until the side's own program asks
/// (then there are bytes in flight, and they silence keepalive) or gives up.
///
/// While the line is healthy and idle, the other kernel's answers to keepalive's probes are
/// segments received, one every [`kernel::keepalive_period`] after the last byte. Keepalive
/// counts from the last of them.
fn cut_idle(settings: &Settings, side: Side) -> Vec<Noticed> {
    let keepalive = settings.detect().keepalive();
    let Some((Watch { asks, verdict }, rhythm)) = watch(settings, side).zip(rhythm(settings))
    else {
        return keepalive.map(keepalive_alone).into_iter().collect();
    };
    let in_flight = asks.map(|asks| kernel::unacknowledged(settings.user_timeout()).later(asks));
    let asked = first_of([Some(verdict), in_flight]).into_iter();
    let Some(figures) = keepalive else {
        return asked.map(|noticed| noticed.after_fault(Duration::ZERO, rhythm)).collect();
    };

    let undisturbed = asks.unwrap_or(verdict.window.latest).min(verdict.window.latest);
    let period = kernel::keepalive_period(figures);
    let Window { earliest, latest } = kernel::keepalive_verdicts(figures);
    let by_keepalive = (earliest < undisturbed).then(|| {
        let window = Window { earliest, latest: latest.min(undisturbed) };
        Noticed { by: Notice::Keepalive, window }.after_fault(Duration::ZERO, period.min(rhythm))
    });
    // From this segment on, keepalive comes too late.
    let too_late = match undisturbed.saturating_sub(latest) {
        from if figures.interval <= figures.idle => period * kernel::steps(from, period),
        from => from,
    };
    let by_asking =
        asked.filter(|_| too_late < rhythm).map(|noticed| noticed.after_fault(too_late, rhythm));
    let mut noticed: Vec<_> = by_keepalive.into_iter().chain(by_asking).collect();
    noticed.sort_by_key(|noticed| noticed.window.earliest);
    noticed
}

/// A cut of an idle line on which only keepalive's probes and their answers pass.
fn keepalive_alone(figures: Keepalive) -> Noticed {
    let window = kernel::keepalive_verdicts(figures);
    Noticed { by: Notice::Keepalive, window }
        .after_fault(Duration::ZERO, kernel::keepalive_period(figures))
}

/// Those of the ways that may be first.
fn first_of<const N: usize>(ways: [Option<Noticed>; N]) -> Vec<Noticed> {
    let latest = ways.iter().flatten().map(|noticed| noticed.window.latest).min();
    let mut first: Vec<_> = ways
        .into_iter()
        .flatten()
        .zip(latest.into_iter().cycle())
        .filter(|(noticed, latest)| noticed.window.earliest <= *latest)
        .map(|(noticed, latest)| {
            let window = Window { latest: noticed.window.latest.min(latest), ..noticed.window };
            Noticed { window, ..noticed }
        })
        .collect();
    first.sort_by_key(|noticed| noticed.window.earliest);
    first
}
