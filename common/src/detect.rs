//! The three ways to detect a dead peer: the application's heartbeat, TCP keepalive, and
//! both; and keepalive's socket options.
//!
//! Keepalive tells whether the other end of the TCP connection answers: the peer's host, or a
//! proxy before it. The heartbeat tells whether the service answers. Keepalive belongs to the
//! kernel: it sends a segment without data when the line has been idle, and the peer needs no code
//! for it.

use std::{fmt, io, net::TcpStream, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tracing::info;

use crate::period::KeepaliveSeconds;

/// How a dead peer is detected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detect {
    /// By the application's heartbeat alone.
    Heartbeat,
    /// By the kernel alone.
    Keepalive(Keepalive),
    /// By whichever notices first.
    Both(Keepalive),
}

impl Detect {
    /// Whether the application's heartbeat is used.
    pub fn uses_heartbeat(&self) -> bool {
        !matches!(self, Self::Keepalive(_))
    }

    /// The kernel's figures, if it is asked to detect.
    pub fn keepalive(&self) -> Option<Keepalive> {
        match self {
            Self::Heartbeat => None,
            Self::Keepalive(keepalive) | Self::Both(keepalive) => Some(*keepalive),
        }
    }

    /// A warning for where keepalive is the only way to detect and nothing limits how long bytes
    /// may be in flight. The limit that it proposes is at most a minute: it must be shorter than
    /// the about 15 minutes of retransmission that it is to end.
    pub fn warning(&self) -> Option<String> {
        const PROPOSAL: Duration = Duration::from_mins(1);
        match self {
            Self::Keepalive(keepalive) if keepalive.user_timeout.is_none() && HAS_USER_TIMEOUT => {
                let proposal = keepalive.detection_time().min(PROPOSAL);
                Some(format!(
                    "while data is in flight keepalive is silent, and the kernel retransmits for \
                     about 15 minutes (tcp(7)) before it gives up; --user-timeout {} limits that",
                    humantime::format_duration(proposal)
                ))
            }
            _ => None,
        }
    }
}

/// TCP keepalive's figures, tcp(7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalive {
    /// Without a segment from the peer for this long, the first probe is sent
    /// (`TCP_KEEPIDLE`). Whole seconds.
    pub idle: Duration,
    /// The time between probes (`TCP_KEEPINTVL`). Whole seconds.
    pub interval: Duration,
    /// Unanswered probes after which the connection is dead (`TCP_KEEPCNT`).
    pub count: u32,
    /// How long bytes may stay unacknowledged before the connection is dead
    /// (`TCP_USER_TIMEOUT`). It overrides `count`.
    pub user_timeout: Option<Duration>,
}

/// The figures of a program that is told none: the article's, which are also Linux's.
impl Keepalive {
    /// The default of [`idle`](Self::idle).
    pub const IDLE: KeepaliveSeconds = KeepaliveSeconds::new(2 * 60 * 60);
    /// The default of [`interval`](Self::interval).
    pub const INTERVAL: KeepaliveSeconds = KeepaliveSeconds::new(75);
    /// The default of [`count`](Self::count).
    pub const COUNT: u32 = 9;
}

impl Keepalive {
    /// From the last segment to the kernel's verdict on an idle line:
    /// `idle + interval × count`.
    pub fn detection_time(&self) -> Duration {
        self.idle + self.interval * self.count
    }

    /// Sets the options and returns what the kernel holds, where it says so. An option that was
    /// not asked for is left alone: not every system has it.
    ///
    /// # Errors
    /// When the kernel refuses an option. The error names it.
    pub fn apply(&self, stream: &TcpStream) -> io::Result<Self> {
        let socket = SockRef::from(stream);
        let Self { idle, interval, count, .. } = *self;
        let none = TcpKeepalive::new();
        // Windows has one call for all of them, and what is left out becomes 0.
        #[cfg(windows)]
        let steps = [(
            "SIO_KEEPALIVE_VALS",
            none.with_time(idle).with_interval(interval).with_retries(count),
        )];
        #[cfg(not(windows))]
        let steps = [
            ("SO_KEEPALIVE", none.clone()),
            ("TCP_KEEPIDLE", none.clone().with_time(idle)),
            ("TCP_KEEPINTVL", none.clone().with_interval(interval)),
            ("TCP_KEEPCNT", none.with_retries(count)),
        ];
        for (option, value) in steps {
            socket.set_tcp_keepalive(&value).map_err(refused(option))?;
        }
        #[cfg(target_os = "linux")]
        if self.user_timeout.is_some() {
            socket.set_tcp_user_timeout(self.user_timeout).map_err(refused("TCP_USER_TIMEOUT"))?;
        }
        Ok(self.as_held(&socket))
    }

    /// The figures that the kernel holds. One that it does not tell is the one that was set.
    #[cfg(not(windows))]
    fn as_held(&self, socket: &SockRef<'_>) -> Self {
        Self {
            idle: socket.tcp_keepalive_time().unwrap_or(self.idle),
            interval: socket.tcp_keepalive_interval().unwrap_or(self.interval),
            count: socket.tcp_keepalive_retries().unwrap_or(self.count),
            #[cfg(target_os = "linux")]
            user_timeout: match self.user_timeout {
                None => None,
                asked => socket.tcp_user_timeout().unwrap_or(asked),
            },
            #[cfg(not(target_os = "linux"))]
            user_timeout: self.user_timeout,
        }
    }

    /// The figures that were set: Windows tells none.
    #[cfg(windows)]
    fn as_held(&self, _: &SockRef<'_>) -> Self {
        *self
    }

    /// Logs what the kernel holds, for the server's connection `conn` or the client's only one.
    pub fn log(&self, conn: Option<u64>) {
        info!(
            event = "keepalive",
            conn,
            idle_s = self.idle.as_secs_f64(),
            interval_s = self.interval.as_secs_f64(),
            count = self.count,
            user_timeout_s = self.user_timeout.map(|limit| limit.as_secs_f64()),
            "{}{self}",
            conn.map_or_else(String::new, |conn| format!("conn-{conn} "))
        );
    }
}

/// An error that names the option that the kernel refused.
fn refused(option: &'static str) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("cannot set {option}: {error}"))
}

impl fmt::Display for Keepalive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [idle, interval] = [self.idle, self.interval].map(|duration| duration.as_secs());
        write!(f, "keepalive idle {idle}s, interval {interval}s, count {}", self.count)?;
        match self.user_timeout {
            Some(limit) => write!(f, ", user timeout {}s", limit.as_secs()),
            None => Ok(()),
        }
    }
}

/// Whether this system can limit how long bytes may stay unacknowledged.
pub const HAS_USER_TIMEOUT: bool = cfg!(target_os = "linux");
