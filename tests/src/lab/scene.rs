//! The scenes: what is done to the programs or to the line, and who should notice what.

use super::{
    event::Side,
    predict::notice::{Fault, Noticed, notices},
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
    /// What will be done, and what the rule says about it, in a sentence.
    pub sentence: &'static str,
    /// What it is.
    pub plot: Plot,
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

    /// Who should notice what. Nobody notices what does not last.
    #[must_use]
    pub fn predicted(self, settings: &Settings) -> Vec<(Side, Vec<Noticed>)> {
        match self {
            Self::Broken(breakage) => breakage
                .witnesses()
                .iter()
                .map(|&side| (side, notices(settings, side, breakage.fault(side))))
                .collect(),
            _ => vec![(Side::Client, Vec::new()), (Side::Server, Vec::new())],
        }
    }
}

/// The scenes, those of the tour first.
pub const SCENES: [Scene; 10] = [
    Scene {
        name: "kept-alive",
        title: "An idle line, kept alive",
        sentence: "Nobody types, for longer than the server bears silence. The client's heartbeats \
                   are all that passes: each puts the connection at the back of the server's queue, \
                   so it never comes to the front.",
        plot: Plot::KeptAlive,
    },
    Scene {
        name: "client-stopped",
        title: "A client that dies without a word",
        sentence: "The client is stopped (SIGSTOP): it hangs, and its kernel does not say so. The \
                   server counts from the last byte that came, and evicts it at its time-out.",
        plot: Plot::Broken(Breakage::Stopped(Side::Client)),
    },
    Scene {
        name: "server-killed",
        title: "A server that is killed",
        sentence: "The server is killed (SIGKILL). Its kernel closes its connections, so the client \
                   learns it at once: no heartbeat is needed for that.",
        plot: Plot::Broken(Breakage::Killed(Side::Server)),
    },
    Scene {
        name: "server-stopped",
        title: "A server that hangs",
        sentence: "The server is stopped (SIGSTOP). Its kernel goes on acknowledging, so for TCP all \
                   is well, and keepalive would never notice. The heartbeats go unanswered: the \
                   client gives up, and knows that the host is up.",
        plot: Plot::Broken(Breakage::Stopped(Side::Server)),
    },
    Scene {
        name: "cut-idle",
        title: "A network that is cut",
        sentence: "The line is cut while nothing is on its way, and neither side is told. Each counts \
                   from the last byte: the client gives up, and says that the peer's kernel is \
                   silent, too; the server evicts.",
        plot: Plot::Broken(Breakage::CutIdle),
    },
    Scene {
        name: "cut-healed",
        title: "A cut that heals in time",
        sentence: "The line is cut, a heartbeat is lost, and the line is mended before anybody has \
                   given up. TCP sends again what was lost, the heartbeat is answered, and nothing \
                   was ever wrong.",
        plot: Plot::Healed,
    },
    Scene {
        name: "client-killed",
        title: "A client that is killed",
        sentence: "The client is killed (SIGKILL). Its kernel closes the connection, and the server \
                   learns it at once.",
        plot: Plot::Broken(Breakage::Killed(Side::Client)),
    },
    Scene {
        name: "reset",
        title: "A connection that is reset",
        sentence: "Both sides get a reset, as from a host that was restarted and knows nothing of the \
                   connection. Both learn it at once.",
        plot: Plot::Broken(Breakage::Reset),
    },
    Scene {
        name: "cut-writing",
        title: "A network that is cut while the client is sending",
        sentence: "Bytes are in flight when the line is cut. As long as they are, keepalive is silent: \
                   the kernel retransmits for many minutes, unless a user time-out limits it. The \
                   heartbeat's rule does not care what is in flight.",
        plot: Plot::Broken(Breakage::CutWriting),
    },
    Scene {
        name: "not-reading",
        title: "A client that does not read",
        sentence: "Nobody reads the client's output, so it stops reading, its window closes, and the \
                   server's replies wait. A server that waits to write hears nothing: it evicts the \
                   client at its time-out.",
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
