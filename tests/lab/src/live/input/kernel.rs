//! The kernel's side of the connections.

use serde::{Deserialize, Serialize};

use crate::event::Role;

/// The kernel's side of all connections to the server, at one moment.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    pub sockets: Vec<Socket>,
    /// The processes that hold an end.
    pub processes: Vec<Process>,
}

/// A process that holds an end of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    /// The name of its program, as it was started: `client`.
    pub program: String,
    /// Whether it is stopped, as by SIGSTOP.
    pub stopped: bool,
    /// The flags with which it was started.
    pub flags: Vec<String>,
}

/// One end of a connection, as the kernel sees it. What the kernel did not tell is `None`.
/// Moments are counted from the start of the lab.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Socket {
    /// Whose end it is.
    pub end: Role,
    /// The port at the client's end, which names the connection.
    pub port: u16,
    /// As ss(8) names it: `established`, `fin-wait-1`.
    pub state: String,
    /// Whether a program has this end. It does not before it accepts the connection, nor after it
    /// has closed it.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub accepted: bool,
    /// The process that holds this end. `None` if there is none, or if it cannot be seen.
    pub pid: Option<u32>,
    /// The pending timer, if there is one.
    pub timer: Option<Timer>,
    /// Bytes that have come and that the program has not read.
    pub unread: u32,
    /// Bytes that the program has written and the other end has not acknowledged, sent or not.
    pub unacked: u32,
    /// How often the last segment was sent again, or how many probes are unanswered.
    pub tries: u8,
    /// Segments sent again over the whole life of the connection.
    pub retransmissions: Option<u32>,
    /// Bytes that the other end has room for.
    pub window: Option<u32>,
    /// When the last bytes came.
    pub data_came_s: Option<f64>,
    /// When the last acknowledgement came.
    pub ack_came_s: Option<f64>,
    /// The round-trip time that the kernel estimates, in milliseconds.
    pub round_trip_ms: Option<f64>,
}

impl Socket {
    /// An open end, of which nothing else is known.
    pub fn new(end: Role, port: u16) -> Self {
        Self {
            end,
            port,
            state: "established".to_owned(),
            accepted: true,
            pid: None,
            timer: None,
            unread: 0,
            unacked: 0,
            tries: 0,
            retransmissions: None,
            window: None,
            data_came_s: None,
            ack_came_s: None,
            round_trip_ms: None,
        }
    }

    /// Whether this is a server's end that the server has not accepted yet.
    pub fn waits_in_backlog(&self) -> bool {
        self.end == Role::Server && !self.accepted && self.state == "established"
    }
}

/// A timer of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Timer {
    pub kind: TimerKind,
    /// When it fires.
    pub fires_s: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// Bytes are in flight, and will be sent again.
    Retransmit,
    Keepalive,
    /// The other end's window is closed, and will be asked again.
    WindowProbe,
    /// The connection has ended, and its port is kept for a while.
    TimeWait,
}

impl TimerKind {
    /// Its name, as in a recording and in a script.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retransmit => "retransmit",
            Self::Keepalive => "keepalive",
            Self::WindowProbe => "window_probe",
            Self::TimeWait => "time_wait",
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_true(flag: &bool) -> bool {
    *flag
}

fn yes() -> bool {
    true
}
