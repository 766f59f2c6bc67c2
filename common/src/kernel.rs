//! What the kernel knows of a connection: the evidence behind a silence, the bytes that nobody
//! has read yet, and the kernel's own verdicts. All code that asks the kernel is here; what
//! follows from the answers is in [`diagnosis`](crate::diagnosis).

#[cfg(target_os = "linux")]
mod tcp_info;
#[cfg(windows)]
mod windows;

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
    /// Bytes sent that the other end of the TCP connection has not acknowledged.
    pub in_flight: u64,
    /// Bytes that wait to be sent: the window has no room for them, or this host cannot send.
    pub unsent: u64,
    /// The room in the other end's window when it last told, in bytes.
    pub window: u32,
    /// Since the other end last acknowledged anything.
    pub last_ack: Duration,
    /// Retransmissions since the bytes in flight last got fewer. Probes are not among them.
    pub retransmissions: u8,
    /// Probes since the other end last answered: those of a closed window while bytes wait, and
    /// keepalive's while none does.
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
                // The bytes of a segment that this host failed to send count as sent.
                in_flight: match info.segments_in_flight() {
                    Some(0) => 0,
                    _ => sent.saturating_sub(info.bytes_acked),
                },
                unsent: info.notsent_bytes.into(),
                window: info.snd_wnd,
                last_ack: Duration::from_millis(info.last_ack_recv.into()),
                retransmissions: info.retransmits,
                unanswered_probes: info.probes,
            }
        })
    }
}

/// Our bytes that the kernel holds because the peer has no room for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Whether there are any.
    pub waits: bool,
    /// How long ago the peer last took bytes. What a kernel acknowledges while its window stays
    /// closed is not counted: it is an answer of the kernel alone.
    ///
    /// A window opens in steps. Linux opens it again when a sixteenth of the largest receive
    /// buffer is free (`tcp_rmem`, 6 MiB by default: about 390 kB), or one segment of a smaller
    /// buffer: on loopback that is 64 KiB. So this may be as old as the last step.
    pub last_taken: Duration,
}

impl Backlog {
    /// Asks the kernel, where it can be asked. Says nothing where this host cannot send: bytes that
    /// wait for that say nothing about the peer.
    #[cfg_attr(not(target_os = "linux"), allow(unused_variables, reason = "nothing is asked"))]
    pub fn ask(stream: &TcpStream) -> Option<Self> {
        #[cfg(not(target_os = "linux"))]
        return None;
        #[cfg(target_os = "linux")]
        tcp_info::tcp_info(stream)
            .filter(|info| !info.cannot_send())
            .map(|info| Self { waits: info.notsent_bytes > 0, last_taken: info.last_taken() })
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

#[cfg(windows)]
fn is_readable(stream: &TcpStream) -> Option<bool> {
    use std::time::Instant;

    use crate::ready::{For, ready};

    ready(&[stream], For::Reading, Some(Instant::now())).ok().map(|ready| ready[0])
}

/// Why the kernel ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GaveUp {
    /// `ETIMEDOUT`: keepalive or retransmission went unanswered for too long.
    TimedOut,
    /// `EHOSTUNREACH`: a router or firewall on the way said that the host cannot be reached, or
    /// nothing on the local network has its address.
    HostUnreachable,
    /// `ENETUNREACH`, `ENETDOWN`: this host, or a router on the way, has no route to the network.
    NetworkUnreachable,
    /// `ECONNREFUSED`, `EACCES` and others that an ICMP message brings: somebody on the way, or the
    /// other end's host, refuses what we send.
    Refused,
    /// `ECONNRESET`: a reset came. Whoever sent it does not know this connection (any more), or
    /// closed it without reading all bytes.
    Reset,
    /// `ECONNABORTED`: this host ended the connection. On Linux an administrator can do so
    /// (`ss -K`).
    Aborted,
    /// `WSAECONNABORTED` of Windows: its kernel ended the connection. What we sent was not
    /// acknowledged in time, or the other end had closed the connection.
    Broken,
}

impl GaveUp {
    /// The verdict that an error of a read or a write carries, if it is one.
    pub fn from_error(error: &io::Error) -> Option<Self> {
        #[cfg(windows)]
        if let Some(code) = error.raw_os_error() {
            return windows::verdict(code);
        }
        match error.kind() {
            io::ErrorKind::ConnectionAborted => Some(Self::Aborted),
            io::ErrorKind::TimedOut => Some(Self::TimedOut),
            io::ErrorKind::HostUnreachable => Some(Self::HostUnreachable),
            io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => {
                Some(Self::NetworkUnreachable)
            }
            io::ErrorKind::ConnectionReset => Some(Self::Reset),
            #[cfg(unix)]
            _ if is_refusal(error) => Some(Self::Refused),
            _ => None,
        }
    }

    /// The verdict as the log's field `reason` holds it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::TimedOut
            | Self::HostUnreachable
            | Self::NetworkUnreachable
            | Self::Refused
            | Self::Broken => "gave_up",
            Self::Reset => "reset",
            Self::Aborted => "aborted",
        }
    }
}

/// Whether an error of an established connection is one of those that ICMP brings (icmp(7)), beside
/// the ones with a kind of their own.
#[cfg(unix)]
fn is_refusal(error: &io::Error) -> bool {
    use nix::errno::Errno;

    let refusals = [
        Errno::EACCES,
        Errno::ECONNREFUSED,
        Errno::EHOSTDOWN,
        Errno::ENOPROTOOPT,
        Errno::EOPNOTSUPP,
        Errno::EPROTO,
    ];
    error.raw_os_error().is_some_and(|errno| refusals.contains(&Errno::from_raw(errno)))
}

/// What may be wrong when nothing comes back from the other end of a TCP connection.
pub(crate) const NOTHING_COMES_BACK: &str =
    "the network or the other end is down, or a firewall or NAT drops the segments";

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TimedOut => write!(
                f,
                "the kernel gave up: no acknowledgement came in time (timed out): {NOTHING_COMES_BACK}"
            ),
            Self::HostUnreachable => f.write_str(
                "the kernel gave up: the host cannot be reached (no route to host): \
                 it is down, or a router or firewall refuses the way",
            ),
            Self::NetworkUnreachable => f.write_str(
                "the kernel gave up: the network cannot be reached: \
                 this host or a router on the way has no route",
            ),
            Self::Refused => f.write_str(
                "the kernel gave up: a router or firewall on the way, or the other end's host, \
                 refused our segments",
            ),
            Self::Reset => f.write_str(
                "the connection was reset: the other end was killed or restarted or had closed it \
                 (a limit, an eviction), or a NAT, firewall or load balancer forgot or ended it",
            ),
            Self::Broken => write!(
                f,
                "the kernel gave up: no acknowledgement came in time ({NOTHING_COMES_BACK}), \
                 or the other end had closed the connection"
            ),
            Self::Aborted => f.write_str("this host ended the connection itself, as `ss -K` does"),
        }
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
