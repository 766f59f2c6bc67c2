//! What follows when an attempt fails or a connection ends: the rule behind the session's states.
//! It holds no socket and no clock; [`servers`](crate::servers) says whom to try, and when.
//!
//! A server is proven when a byte has come from it on this connection. A session in which no
//! server was ever proven tries each server once, and ends: the settings are probably wrong.

use std::time::{Duration, Instant};

use common::verdict::LATE;

use crate::servers::{Attempt, STABLE, Servers, Trouble};

/// The session's way from server to server.
#[derive(Debug)]
pub struct Course {
    servers: Servers,
    is_proven: bool,
    /// How long a connection may be silent before the rule calls it dead. Zero if nothing but the
    /// kernel watches it.
    patience: Duration,
}

/// A connection that has ended.
#[derive(Debug, Clone, Copy)]
pub struct EndedConnection {
    pub began: Instant,
    pub is_proven: bool,
    /// When the last byte came.
    pub last_came: Instant,
    pub text_came_back: bool,
    /// How long ago the end should have been noticed.
    pub late: Duration,
}

/// What follows from a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// This server is tried at once.
    Connect(usize),
    WaitFor(Attempt),
    /// No server was proven, so the session ends as if it could not be continued.
    End,
    GiveUp,
}

impl Course {
    /// A session with these servers, which have not been tried yet. A connection may be silent
    /// for `patience` before the rule calls it dead; zero if nothing but the kernel watches it.
    pub fn new(servers: Servers, patience: Duration) -> Self {
        Self { servers, is_proven: false, patience }
    }

    /// Whether any server was ever proven.
    pub fn is_proven(&self) -> bool {
        self.is_proven
    }

    /// Records that a server was proven at this moment. The first proof is a sign of life by itself.
    pub fn proven(&mut self, when: Instant) {
        if !self.is_proven {
            self.servers.alive(when);
        }
        self.is_proven = true;
    }

    /// Records that an attempt begins.
    pub fn attempt(&mut self) {
        self.servers.attempt();
    }

    /// Attempts since the last sign of life.
    pub fn attempts(&self) -> u32 {
        self.servers.attempts()
    }

    /// How long ago the last sign of life was.
    pub fn silence(&self, now: Instant) -> Duration {
        self.servers.silence(now)
    }

    /// Records that a wait ended at `now` which should have ended at `due` at the latest. If it is
    /// much too late, the process was stopped, and that time does not count.
    pub fn forgive_if_late(&mut self, due: Instant, now: Instant) {
        self.forgive(now.saturating_duration_since(due));
    }

    fn forgive(&mut self, late: Duration) {
        if late > LATE {
            self.servers.forgive(late);
        }
    }

    /// Records that this server could not be connected to.
    pub fn failed(&mut self, server: usize, trouble: Trouble, now: Instant) -> Decision {
        let next = server + 1;
        if self.is_proven {
            let attempt = self.servers.failed(server, trouble, now);
            attempt.map_or(Decision::GiveUp, Decision::WaitFor)
        } else if next < self.servers.count() {
            Decision::Connect(next)
        } else {
            Decision::End
        }
    }

    /// Records that the connection to this server has ended.
    pub fn ended(
        &mut self,
        server: usize,
        connection: EndedConnection,
        trouble: Trouble,
        now: Instant,
    ) -> Decision {
        let EndedConnection { began, is_proven, last_came, text_came_back, late } = connection;
        if is_proven {
            self.proven(last_came);
        }
        let alive_until = match trouble {
            Trouble::Ended => now, // somebody there has just ended it
            // A silence of a proven server cannot last longer than the rule allows. If it seems to,
            // this process was stopped meanwhile.
            _ => last_came.max(now.checked_sub(self.patience).unwrap_or(now)),
        };
        let is_stable = is_proven && alive_until.saturating_duration_since(began) >= STABLE;
        if is_stable {
            self.servers.stable(server);
        }
        if text_came_back {
            self.servers.text_came_back(server);
        }
        if is_stable || text_came_back {
            self.servers.alive(alive_until);
        }
        self.forgive(late);
        self.failed(server, trouble, now)
    }
}
