//! The scenes, with what is said of each.

use super::{
    event::Side,
    plot::{Breakage, Plot},
    settings::Settings,
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
             keepalive is silent: its kernel retransmits for many minutes, unless a user \
             time-out limits it. The server has nothing in flight, and its keepalive notices.",
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
