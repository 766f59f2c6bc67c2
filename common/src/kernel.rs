//! What the kernel knows of a connection: the evidence behind a silence, the bytes that nobody
//! has read yet, and the kernel's own verdicts. All code that asks the kernel is here; what
//! follows from the answers is in [`diagnosis`](crate::diagnosis).

#[cfg(target_os = "linux")]
mod tcp_info;

use std::{fmt, io, net::TcpStream, time::Duration};

use crate::verdict::Unread;

/// Which side of a connection we are. The kernel counts the connecting side's SYN among
/// the bytes acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// We connected.
    Connecting,
    /// We accepted.
    Accepting,
}

/// What the kernel knew of a connection at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// Bytes sent that the peer's kernel has not acknowledged.
    pub in_flight: u64,
    /// Bytes that wait to be sent because the peer's window has no room for them.
    pub unsent: u64,
    /// The room in the peer's window when it last told, in bytes.
    pub window: u32,
    /// Since the peer's kernel last acknowledged anything.
    pub last_ack: Duration,
    /// Retransmissions since the bytes in flight last got fewer.
    pub retransmissions: u8,
    /// Probes since the peer's kernel last answered: keepalive's, or those of a closed window.
    pub unanswered_probes: u8,
}

impl Evidence {
    /// Asks the kernel. `None` where it cannot be asked: on other systems than Linux,
    /// before Linux 5.4, and where another kernel stands in for Linux and knows less.
    #[cfg_attr(not(target_os = "linux"), allow(unused_variables, reason = "nothing is asked"))]
    pub fn ask(stream: &TcpStream, side: Side) -> Option<Self> {
        #[cfg(not(target_os = "linux"))]
        return None;
        #[cfg(target_os = "linux")]
        tcp_info::tcp_info(stream).map(|info| {
            let syn = match side {
                Side::Connecting => 1,
                Side::Accepting => 0,
            };
            let sent = info.bytes_sent.saturating_sub(info.bytes_retrans) + syn;
            Self {
                in_flight: sent.saturating_sub(info.bytes_acked),
                unsent: info.notsent_bytes.into(),
                window: info.snd_wnd,
                last_ack: Duration::from_millis(info.last_ack_recv.into()),
                retransmissions: info.retransmits,
                unanswered_probes: info.probes,
            }
        })
    }
}

/// What the kernel holds of the peer's bytes beyond the `entered` ones, which the program has
/// read and entered in its books.
///
/// Urgent bytes are counted by the kernel and never read by us: they give
/// [`Unread::Unknown`].
pub fn unread(stream: &TcpStream, entered: u64) -> Unread {
    match (is_readable(stream), received(stream)) {
        (Some(true), _) => Unread::Something,
        (Some(false), Some(received)) if received == entered => Unread::Nothing,
        _ => Unread::Unknown,
    }
}

/// Whether a read would return at once, where the system can say.
#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "other systems cannot say")]
fn is_readable(stream: &TcpStream) -> Option<bool> {
    use std::os::fd::AsRawFd as _;

    use nix::sys::socket::{MsgFlags, recv};

    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    let peeked = recv(stream.as_raw_fd(), &mut [0], flags);
    Some(peeked != Err(nix::errno::Errno::EAGAIN))
}

#[cfg(not(unix))]
fn is_readable(_: &TcpStream) -> Option<bool> {
    None
}

/// The kernel's own verdict on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GaveUp {
    /// `ETIMEDOUT`: keepalive or retransmission went unanswered for too long.
    TimedOut,
    /// `EHOSTUNREACH`: somebody on the way said that the host cannot be reached.
    HostUnreachable,
    /// `ENETUNREACH`: there is no way to the host's network.
    NetworkUnreachable,
    /// `ECONNRESET`: the peer's host knows nothing of this connection (any more).
    Reset,
}

impl GaveUp {
    /// The verdict that an error of a read or a write carries, if it is one.
    pub fn from_error(error: &io::Error) -> Option<Self> {
        match error.kind() {
            io::ErrorKind::TimedOut => Some(Self::TimedOut),
            io::ErrorKind::HostUnreachable => Some(Self::HostUnreachable),
            io::ErrorKind::NetworkUnreachable => Some(Self::NetworkUnreachable),
            io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => Some(Self::Reset),
            _ => None,
        }
    }
}

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TimedOut => {
                "the kernel gave up: the peer's host did not answer (timed out); the network or the host is down"
            }
            Self::HostUnreachable => {
                "the kernel gave up: the peer's host cannot be reached (no route to host); the network or the host is down"
            }
            Self::NetworkUnreachable => {
                "the kernel gave up: the peer's network cannot be reached; the network is down"
            }
            Self::Reset => {
                "the host no longer knows this connection: it was reset; the peer's process or host was restarted or killed"
            }
        })
    }
}

#[cfg(not(target_os = "linux"))]
fn received(_: &TcpStream) -> Option<u64> {
    None
}

/// Bytes that have come from the peer, read or not; its end of stream counts as one.
#[cfg(target_os = "linux")]
fn received(stream: &TcpStream) -> Option<u64> {
    tcp_info::tcp_info(stream).map(|info| info.bytes_received)
}
