//! TCP keepalive: its figures, and the socket options that set them.
//!
//! In the article: the options `SO_KEEPALIVE`, `TCP_KEEPIDLE`, `TCP_KEEPINTVL` and `TCP_KEEPCNT`, and
//! `SIO_KEEPALIVE_VALS` on Windows.

use std::{fmt, io, net::TcpStream, sync::Once, time::Duration};

use socket2::{SockRef, TcpKeepalive};
use tracing::{info, warn};

use crate::period::KeepaliveSeconds;

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

    /// Sets the options and returns what the kernel holds. An option that was not asked for is left
    /// alone: not every system has it.
    ///
    /// # Errors
    /// When the kernel refuses an option. The error names it.
    pub fn apply(&self, stream: &TcpStream) -> io::Result<Held> {
        let socket = SockRef::from(stream);
        let (idle, interval, count) = self.set(&socket)?;
        let user_timeout = self.set_user_timeout(&socket)?;
        Ok(Held { idle, interval, count, user_timeout })
    }

    /// Sets keepalive, and returns the times and the count that are held.
    #[cfg(not(windows))]
    fn set(&self, socket: &SockRef<'_>) -> io::Result<(Duration, Duration, Option<u32>)> {
        let Self { idle, interval, count, .. } = *self;
        let none = TcpKeepalive::new();
        for (option, value) in [
            ("SO_KEEPALIVE", none.clone()),
            ("TCP_KEEPIDLE", none.clone().with_time(idle)),
            ("TCP_KEEPINTVL", none.clone().with_interval(interval)),
            ("TCP_KEEPCNT", none.with_retries(count)),
        ] {
            socket.set_tcp_keepalive(&value).map_err(refused(option))?;
        }
        Ok((
            socket.tcp_keepalive_time().unwrap_or(idle),
            socket.tcp_keepalive_interval().unwrap_or(interval),
            Some(socket.tcp_keepalive_retries().unwrap_or(count)),
        ))
    }

    /// Windows has one call for both times, as in the article. It takes a count since version 1703
    /// of Windows 10; before, its own holds.
    #[cfg(windows)]
    fn set(&self, socket: &SockRef<'_>) -> io::Result<(Duration, Duration, Option<u32>)> {
        let Self { idle, interval, count, .. } = *self;
        let times = TcpKeepalive::new().with_time(idle).with_interval(interval);
        socket.set_tcp_keepalive(&times).map_err(refused("SIO_KEEPALIVE_VALS"))?;
        let count = match socket.set_tcp_keepalive(&times.with_retries(count)) {
            Err(error) if crate::windows::has_no_option(&error) => None,
            set => {
                set.map_err(refused("TCP_KEEPCNT"))?;
                Some(socket.tcp_keepalive_retries().unwrap_or(count))
            }
        };
        Ok((idle, interval, count))
    }

    #[cfg(target_os = "linux")]
    fn set_user_timeout(&self, socket: &SockRef<'_>) -> io::Result<Option<Duration>> {
        if self.user_timeout.is_none() {
            return Ok(None);
        }
        socket.set_tcp_user_timeout(self.user_timeout).map_err(refused("TCP_USER_TIMEOUT"))?;
        Ok(socket.tcp_user_timeout().unwrap_or(self.user_timeout))
    }

    /// Where there is no such option, the flag for it is refused.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
    fn set_user_timeout(&self, _: &SockRef<'_>) -> io::Result<Option<Duration>> {
        Ok(self.user_timeout)
    }
}

/// The figures that the kernel holds for a connection. One that it does not tell is the one that was
/// set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// As [`Keepalive::idle`].
    pub idle: Duration,
    /// As [`Keepalive::interval`].
    pub interval: Duration,
    /// As [`Keepalive::count`]; `None` if the system refuses a count and uses its own.
    pub count: Option<u32>,
    /// As [`Keepalive::user_timeout`].
    pub user_timeout: Option<Duration>,
}

impl Held {
    /// Logs the figures, for the server's connection `conn` or the client's only one. The first
    /// time that the system's own count holds, a warning says so.
    pub fn log(&self, conn: Option<u64>) {
        static COUNT_TOLD: Once = Once::new();
        if self.count.is_none() {
            COUNT_TOLD.call_once(|| {
                warn!(
                    event = "no_keepalive_count",
                    "this system takes no --keepalive-count; its own count holds (10 in Windows \
                     before Windows 10 version 1703)"
                );
            });
        }
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

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [idle, interval] = [self.idle, self.interval].map(|duration| duration.as_secs());
        write!(f, "keepalive idle {idle}s, interval {interval}s, count ")?;
        match self.count {
            Some(count) => write!(f, "{count}")?,
            None => f.write_str("of the system")?,
        }
        match self.user_timeout {
            Some(limit) => write!(f, ", user timeout {}s", limit.as_secs()),
            None => Ok(()),
        }
    }
}

/// An error that names the option that the kernel refused.
fn refused(option: &'static str) -> impl FnOnce(io::Error) -> io::Error {
    move |error| io::Error::new(error.kind(), format!("cannot set {option}: {error}"))
}
