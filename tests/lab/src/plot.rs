//! What is done in a scene, who is there to notice it, and what the rules say they will.

use std::time::Duration;

use common::{console::Seconds, detect::Keepalive};

use super::{
    event::Side,
    predict::{
        kernel,
        notice::{Fault, Notice, Noticed, notices, rhythm},
    },
    settings::Settings,
    stage::Deed,
    story::Wire,
};

/// What happens in a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plot {
    /// Nothing is done.
    KeptAlive,
    /// The line is cut, and mended before anybody has noticed.
    Healed,
    /// Something breaks for good.
    Broken(Breakage),
}

/// What can break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breakage {
    /// A process is killed.
    Killed(Side),
    /// A process is stopped.
    Stopped(Side),
    /// The connection is reset.
    Reset,
    /// The line is cut while nothing is on its way.
    CutIdle,
    /// The line is cut while the client is sending.
    CutWriting,
    /// Nobody reads the client's output any more, so it does not read either.
    NotReading,
}

impl Breakage {
    /// Those who are there to notice it.
    #[must_use]
    pub fn witnesses(self) -> &'static [Side] {
        match self {
            Self::Killed(Side::Client) | Self::Stopped(Side::Client) | Self::NotReading => {
                &[Side::Server]
            }
            Self::Killed(Side::Server) | Self::Stopped(Side::Server) => &[Side::Client],
            Self::Reset | Self::CutIdle | Self::CutWriting => &[Side::Client, Side::Server],
        }
    }

    /// What it is to a witness.
    #[must_use]
    pub fn fault(self, witness: Side) -> Fault {
        match (self, witness) {
            (Self::Killed(_), _) => Fault::Killed,
            (Self::Stopped(_), _) => Fault::Stopped,
            (Self::Reset, _) => Fault::Reset,
            (Self::CutWriting, Side::Client) => Fault::CutWriting,
            // The server has answered all that came, and sends nothing of its own.
            (Self::CutIdle, _) | (Self::CutWriting, Side::Server) => Fault::CutIdle,
            (Self::NotReading, _) => Fault::NotReading,
        }
    }

    /// What has to be done for it, and how that is told.
    pub(crate) fn deed(self) -> Option<(Deed, &'static str)> {
        Some(match self {
            Self::Killed(Side::Client) => (Deed::Kill(Side::Client), "client killed (SIGKILL)"),
            Self::Killed(Side::Server) => (Deed::Kill(Side::Server), "server killed (SIGKILL)"),
            Self::Stopped(Side::Client) => (Deed::Stop(Side::Client), "client stopped (SIGSTOP)"),
            Self::Stopped(Side::Server) => (Deed::Stop(Side::Server), "server stopped (SIGSTOP)"),
            Self::Reset => (Deed::Reset, "connection reset"),
            Self::CutIdle | Self::CutWriting => (Deed::Cut, "network cut"),
            Self::NotReading => return None,
        })
    }
}

impl Plot {
    /// Whether it takes a network that can be cut.
    #[must_use]
    pub fn needs_namespace(self) -> bool {
        matches!(self, Self::Healed | Self::Broken(Breakage::CutIdle | Breakage::CutWriting))
    }

    /// Where its messages are seen.
    pub(crate) fn wire(self) -> Wire {
        match self {
            Self::Broken(Breakage::NotReading) => Wire::Flooded,
            _ if self.needs_namespace() => Wire::Direct,
            _ => Wire::Relayed,
        }
    }

    /// A stretch without an event that is longer than this is told as one in which nothing
    /// happens; none, if what passes is not seen.
    #[must_use]
    pub fn idle(self) -> Duration {
        match self.wire() {
            Wire::Flooded => Duration::MAX,
            Wire::Relayed | Wire::Direct => Duration::from_millis(300),
        }
    }

    /// Those who are there to notice it.
    #[must_use]
    pub fn witnesses(self) -> &'static [Side] {
        match self {
            Self::Broken(breakage) => breakage.witnesses(),
            Self::KeptAlive | Self::Healed => &[Side::Client, Side::Server],
        }
    }

    /// Who should notice what. Nobody notices what does not last.
    #[must_use]
    pub fn predicted(self, settings: &Settings) -> Vec<(Side, Vec<Noticed>)> {
        let noticed = |side| match self {
            Self::Broken(breakage) => notices(settings, side, breakage.fault(side)),
            Self::KeptAlive => evicted_though_well(settings, side).into_iter().collect(),
            Self::Healed => Vec::new(),
        };
        self.witnesses().iter().map(|&side| (side, noticed(side))).collect()
    }

    /// Whether it can be played with these settings.
    ///
    /// # Errors
    /// Why not.
    pub fn check(self, settings: &Settings) -> Result<(), String> {
        match self {
            Self::Healed => healing_cut(settings).map(drop),
            Self::KeptAlive | Self::Broken(_) => Ok(()),
        }
    }
}

/// What becomes of a client that is well, but first heard when the server has lost patience.
fn evicted_though_well(settings: &Settings, side: Side) -> Option<Noticed> {
    let timeout = settings.timeout();
    let by = match side {
        Side::Client => Notice::Closed,
        Side::Server => Notice::TimeOut,
    };
    (rhythm(settings) == Some(timeout)).then(|| Noticed::at(by, timeout))
}

/// From the last byte to what is done: a quarter of the time in which the next is due, or of
/// that between two probes of the kernel, if there are no others; that may be hours.
pub(crate) fn quarter(settings: &Settings) -> Duration {
    let keepalive = settings.detect().keepalive().map(kernel::keepalive_period);
    let between_probes = keepalive.unwrap_or_default().min(Duration::from_secs(4));
    rhythm(settings).unwrap_or(between_probes) / 4
}

/// Linux sends again no sooner than this.
const FIRST_RETRANSMISSION: Duration = Duration::from_millis(200);

/// How long the line is cut, from a [`quarter`] on: so long that something is lost, and so
/// short that it arrives, sent again, before anybody has given up.
///
/// # Errors
/// When no cut is both.
pub(crate) fn healing_cut(settings: &Settings) -> Result<Duration, String> {
    let quarter = quarter(settings);
    let ways = [Side::Client, Side::Server].map(|side| notices(settings, side, Fault::CutIdle));
    let verdict = ways.iter().flatten().map(|way| way.window.latest).min();
    let verdict = verdict.unwrap_or_default().saturating_sub(quarter);
    let (asks, again) = match (rhythm(settings), settings.detect().keepalive()) {
        // What is lost is sent again, each time after twice as long.
        (Some(rhythm), _) => (rhythm.saturating_sub(quarter), 2 * FIRST_RETRANSMISSION),
        // The last probe is sent an interval before the verdict.
        (None, Some(Keepalive { idle, interval, .. })) => (idle.saturating_sub(quarter), interval),
        (None, None) => (Duration::ZERO, Duration::ZERO),
    };
    let room = verdict.saturating_sub(asks).saturating_sub(again);
    if room.is_zero() {
        return Err(format!(
            "no cut would heal in time: what is lost first is sent {} after the line was cut, \
             and the first to give up does so after {}; set more --retries, or a longer \
             --timeout or --keepalive-count",
            Seconds(asks),
            Seconds(verdict)
        ));
    }
    Ok(asks + room / 3)
}
