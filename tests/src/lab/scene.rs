//! The scenes: what is done to the programs or to the line, and who should notice what.

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

/// A thing to be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scene {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its heading.
    pub title: &'static str,
    /// What will be done, and what the rules say about it, in a sentence or two.
    sentence: &'static str,
    /// The same where keepalive alone detects, if that is another story.
    with_keepalive: Option<&'static str>,
    /// What it is.
    pub plot: Plot,
}

impl Scene {
    /// What will be done, and what the rules say about it, in a sentence or two.
    #[must_use]
    pub fn sentence(&self, settings: &Settings) -> &'static str {
        self.with_keepalive.filter(|_| !settings.detect().by_heartbeat()).unwrap_or(self.sentence)
    }
}

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
    pub(super) fn deed(self) -> Option<(Deed, &'static str)> {
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
    pub(super) fn wire(self) -> Wire {
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
pub(super) fn quarter(settings: &Settings) -> Duration {
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
pub(super) fn healing_cut(settings: &Settings) -> Result<Duration, String> {
    let quarter = quarter(settings);
    let ways = [Side::Client, Side::Server].map(|side| notices(settings, side, Fault::CutIdle));
    let verdict = ways.iter().flatten().map(|way| way.window.latest).min();
    let verdict = verdict.unwrap_or_default().saturating_sub(quarter);
    let (asks, answer, least) = match (rhythm(settings), settings.detect().keepalive()) {
        // What is lost is sent again after twice as long each time.
        (Some(rhythm), _) => (rhythm - quarter, FIRST_RETRANSMISSION, FIRST_RETRANSMISSION),
        // The probe after those that are lost has to be sent an interval before the verdict.
        (None, Some(Keepalive { idle, interval, .. })) => {
            (idle.saturating_sub(quarter), interval, Duration::ZERO)
        }
        (None, None) => (Duration::ZERO, Duration::ZERO, Duration::ZERO),
    };
    let room = verdict.saturating_sub(asks).saturating_sub(answer);
    if room <= least {
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

/// The scenes, those of the tour first.
pub const SCENES: [Scene; 10] = [
    Scene {
        name: "kept-alive",
        title: "An idle line, kept alive",
        sentence: "Nobody types, for longer than the server bears silence. The client's heartbeats \
                   are all that passes: each puts the connection at the back of the server's queue, \
                   so it never comes to the front.",
        with_keepalive: Some(
            "Nobody types, and with keepalive alone the programs send nothing, either. The \
             kernels' probes are all that passes. No program hears of them, and none counts the \
             silence.",
        ),
        plot: Plot::KeptAlive,
    },
    Scene {
        name: "client-stopped",
        title: "A client that dies without a word",
        sentence: "The client is stopped (SIGSTOP): it hangs, and its kernel does not say so. The \
                   server counts from the last byte that came, and evicts it at its time-out.",
        with_keepalive: Some(
            "The client is stopped (SIGSTOP): it hangs. Its kernel goes on answering \
             keepalive's probes, and the server itself counts nothing: it never notices.",
        ),
        plot: Plot::Broken(Breakage::Stopped(Side::Client)),
    },
    Scene {
        name: "server-killed",
        title: "A server that is killed",
        sentence: "The server is killed (SIGKILL). Its kernel closes its connections, so the client \
                   learns it at once: no heartbeat is needed for that.",
        with_keepalive: None,
        plot: Plot::Broken(Breakage::Killed(Side::Server)),
    },
    Scene {
        name: "server-stopped",
        title: "A server that hangs",
        sentence: "The server is stopped (SIGSTOP). Its kernel goes on acknowledging, so for TCP all \
                   is well, and keepalive would never notice. The heartbeats go unanswered: the \
                   client gives up, and knows that the host is up.",
        with_keepalive: Some(
            "The server is stopped (SIGSTOP). Its kernel goes on answering keepalive's probes, \
             so for TCP all is well, and the client never notices.",
        ),
        plot: Plot::Broken(Breakage::Stopped(Side::Server)),
    },
    Scene {
        name: "cut-idle",
        title: "A network that is cut",
        sentence: "The line is cut while nothing is on its way, and neither side is told. Each counts \
                   from the last byte: the client gives up, and says that the peer's kernel is \
                   silent, too; the server evicts.",
        with_keepalive: Some(
            "The line is cut while nothing is on its way, and neither side is told. Each \
             kernel's probes go unanswered, and when the last of them has, it gives up.",
        ),
        plot: Plot::Broken(Breakage::CutIdle),
    },
    Scene {
        name: "cut-healed",
        title: "A cut that heals in time",
        sentence: "The line is cut, a heartbeat is lost, and the line is mended before anybody has \
                   given up. TCP sends again what was lost, the heartbeat is answered, and nothing \
                   was ever wrong.",
        with_keepalive: Some(
            "The line is cut, and mended before either kernel has given up. The next probe is \
             answered, and nothing was ever wrong.",
        ),
        plot: Plot::Healed,
    },
    Scene {
        name: "client-killed",
        title: "A client that is killed",
        sentence: "The client is killed (SIGKILL). Its kernel closes the connection, and the server \
                   learns it at once.",
        with_keepalive: None,
        plot: Plot::Broken(Breakage::Killed(Side::Client)),
    },
    Scene {
        name: "reset",
        title: "A connection that is reset",
        sentence: "Both sides get a reset, as from a host that was restarted and knows nothing of the \
                   connection. Both learn it at once.",
        with_keepalive: None,
        plot: Plot::Broken(Breakage::Reset),
    },
    Scene {
        name: "cut-writing",
        title: "A network that is cut while the client is sending",
        sentence: "Bytes are in flight when the line is cut. As long as they are, keepalive is silent: \
                   the kernel retransmits for many minutes, unless a user time-out limits it. The \
                   heartbeat's rule does not care what is in flight.",
        with_keepalive: Some(
            "Bytes are in flight when the line is cut. As long as they are, the client's \
             keepalive is silent: its kernel retransmits for many minutes, unless a user time- \
             out limits it. The server has nothing in flight, and its keepalive notices.",
        ),
        plot: Plot::Broken(Breakage::CutWriting),
    },
    Scene {
        name: "not-reading",
        title: "A client that does not read",
        sentence: "Nobody reads the client's output, so it stops reading, its window closes, and the \
                   server's replies wait. A server that waits to write hears nothing: it evicts the \
                   client at its time-out.",
        with_keepalive: Some(
            "Nobody reads the client's output, so it stops reading, its window closes, and the \
             server's replies wait. The client's kernel answers each probe of the window, so \
             the server waits for ever, unless a user time-out limits it.",
        ),
        plot: Plot::Broken(Breakage::NotReading),
    },
];

/// How many of them are the tour.
pub const TOUR: usize = 6;

/// The scene of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Scene> {
    SCENES.iter().find(|scene| scene.name == name)
}
