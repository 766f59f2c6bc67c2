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
    /// Asks the kernel. `None` where it cannot be asked: on other systems than Linux, and
    /// before Linux 5.4.
    #[must_use]
    pub fn ask(stream: &TcpStream, side: Side) -> Option<Self> {
        ask(stream, side)
    }
}

/// What the kernel holds of the peer's bytes beyond the `entered` ones, which the program has
/// read and entered in its books.
///
/// Urgent bytes are counted by the kernel and never read by us: they give
/// [`Unread::Unknown`].
#[must_use]
pub fn unread(stream: &TcpStream, entered: u64) -> Unread {
    match peek(stream) {
        Peeked::Nothing => match received(stream) {
            Some(received) if received > entered => Unread::Unknown,
            Some(_) => Unread::Nothing,
            None => Unread::Unknown,
        },
        Peeked::Something => Unread::Something,
        Peeked::CannotSay => Unread::Unknown,
    }
}

enum Peeked {
    Nothing,
    Something,
    #[cfg_attr(unix, allow(dead_code, reason = "every Unix can say"))]
    CannotSay,
}

#[cfg(unix)]
fn peek(stream: &TcpStream) -> Peeked {
    use std::os::fd::AsRawFd as _;

    use nix::sys::socket::{MsgFlags, recv};

    let flags = MsgFlags::MSG_PEEK | MsgFlags::MSG_DONTWAIT;
    match recv(stream.as_raw_fd(), &mut [0], flags) {
        Err(nix::errno::Errno::EAGAIN) => Peeked::Nothing,
        _ => Peeked::Something,
    }
}

#[cfg(not(unix))]
fn peek(_: &TcpStream) -> Peeked {
    Peeked::CannotSay
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
    #[must_use]
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
fn ask(_: &TcpStream, _: Side) -> Option<Evidence> {
    None
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

#[cfg(target_os = "linux")]
fn ask(stream: &TcpStream, side: Side) -> Option<Evidence> {
    tcp_info::tcp_info(stream).map(|info| {
        let syn = match side {
            Side::Connecting => 1,
            Side::Accepting => 0,
        };
        let sent = info.bytes_sent.saturating_sub(info.bytes_retrans) + syn;
        Evidence {
            in_flight: sent.saturating_sub(info.bytes_acked),
            unsent: info.notsent_bytes.into(),
            window: info.snd_wnd,
            last_ack: Duration::from_millis(info.last_ack_recv.into()),
            retransmissions: info.retransmits,
            unanswered_probes: info.probes,
        }
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
    };

    use super::*;

    #[test]
    fn what_the_peers_kernel_has_acknowledged_is_not_counted_on_either_side() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        client.write_all(b"HeartBeat").unwrap();
        server.read_exact(&mut [0; 9]).unwrap();
        server.write_all(b"OK").unwrap();
        client.read_exact(&mut [0; 2]).unwrap();
        client.write_all(b"!").unwrap(); // it carries the acknowledgement of `OK`
        server.read_exact(&mut [0]).unwrap();

        let accepting = Evidence::ask(&server, Side::Accepting).unwrap();
        assert_eq!((accepting.in_flight, accepting.unsent), (0, 0), "{accepting:?}");
        while Evidence::ask(&client, Side::Connecting).unwrap().in_flight > 0 {
            std::thread::yield_now(); // the last byte's acknowledgement may be delayed
        }
    }

    #[test]
    fn a_verdict_of_the_kernels_is_told_from_another_error() {
        use nix::libc;
        for (errno, verdict) in [
            (libc::ETIMEDOUT, Some(GaveUp::TimedOut)),
            (libc::EHOSTUNREACH, Some(GaveUp::HostUnreachable)),
            (libc::ENETUNREACH, Some(GaveUp::NetworkUnreachable)),
            (libc::ECONNRESET, Some(GaveUp::Reset)),
            (libc::ECONNABORTED, Some(GaveUp::Reset)),
            (libc::EPIPE, None),
        ] {
            assert_eq!(GaveUp::from_error(&io::Error::from_raw_os_error(errno)), verdict);
        }
    }

    #[test]
    fn bytes_that_nobody_has_entered_are_known_wherever_they_are() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        assert_eq!(unread(&client, 0), Unread::Nothing);
        server.write_all(b"OK").unwrap();
        client.peek(&mut [0; 2]).unwrap(); // it waits until they have come
        assert_eq!(unread(&client, 0), Unread::Something, "the kernel holds them");
        client.read_exact(&mut [0; 2]).unwrap();
        assert_eq!(unread(&client, 0), Unread::Unknown, "a reader has taken them");
        assert_eq!(unread(&client, 2), Unread::Nothing, "they are entered");
        drop(server);
        client.peek(&mut [0]).unwrap();
        assert_eq!(unread(&client, 2), Unread::Something, "the end of stream");
    }

    #[test]
    fn what_a_closed_window_holds_up_is_counted_as_unsent() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        client.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
        let mut written = 0;
        while let Ok(count) = (&client).write(&[0; 8192]) {
            written += count as u64;
        }
        let evidence = loop {
            let evidence = Evidence::ask(&client, Side::Connecting).unwrap();
            if evidence.window == 0 && evidence.in_flight == 0 {
                break evidence;
            }
        };
        assert!(evidence.unsent > 0 && evidence.unsent < written, "{evidence:?}");
        drop(server);
    }
}
