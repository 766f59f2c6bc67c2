//! A client's socket, as its thread, the queue and whoever ends it share it.
//!
//! The reaper and the stop end a connection by shutting its socket down: the blocked call
//! of its thread returns, and the thread finds out here why.

use std::{
    fmt,
    net::{Shutdown, TcpStream},
    sync::OnceLock,
    time::Duration,
};

use common::kernel::{Evidence, Side};

/// One client's connection.
pub struct Connection {
    id: u64,
    stream: TcpStream,
    /// Set by the reaper, before it shuts the socket down.
    evicted: OnceLock<Evicted>,
}

/// What the reaper leaves to the connection's thread.
#[derive(Debug, Clone, Copy)]
pub struct Evicted {
    /// How long nothing had come from the client.
    pub silent: Duration,
    /// What the kernel knew then, where it can be asked.
    pub evidence: Option<Evidence>,
}

impl Connection {
    /// A connection under an id that is never used again.
    #[must_use]
    pub fn new(id: u64, stream: TcpStream) -> Self {
        Self { id, stream, evicted: OnceLock::new() }
    }

    /// The id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The socket.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Drops the client after this much silence.
    pub fn evict(&self, silent: Duration) {
        let evidence = Evidence::ask(&self.stream, Side::Accepting);
        let _ = self.evicted.set(Evicted { silent, evidence });
        self.shut_down();
    }

    /// Whether the reaper ended it, and what was known then.
    #[must_use]
    pub fn evicted(&self) -> Option<Evicted> {
        self.evicted.get().copied()
    }

    /// Wakes the connection's thread out of any read or write. A connection that is
    /// already gone refuses, which is as good. (On Windows a blocked read goes on:
    /// rust-lang/rust#121594.)
    pub fn shut_down(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl fmt::Display for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "conn-{}", self.id)
    }
}
