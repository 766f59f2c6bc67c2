//! The server's process.

/// The server, as the lab sees it.
#[derive(Debug, Clone)]
pub struct Server {
    pub pid: Option<u32>,
    pub state: ServerState,
    /// Whether the lab is ending it.
    pub is_killed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerState {
    /// It does not listen yet.
    Starting,
    Running,
    /// SIGSTOP.
    Stopped,
    Ended,
}

impl Server {
    pub(super) fn new(pid: Option<u32>, state: ServerState) -> Self {
        Self { pid, state, is_killed: false }
    }

    /// Its process was stopped, or goes on.
    pub(super) fn set_stopped(&mut self, is_stopped: bool) {
        self.state = match self.state {
            ServerState::Running if is_stopped => ServerState::Stopped,
            ServerState::Stopped if !is_stopped => ServerState::Running,
            state => state,
        };
    }
}
