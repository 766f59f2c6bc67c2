//! What the kernel knows of a connection: the evidence behind a silence, and its own
//! verdicts. All that asks the kernel is here; what follows from the answers is in
//! [`diagnosis`](crate::diagnosis).

use std::{fmt, io, net::TcpStream, time::Duration};

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
    /// Bytes that wait to be sent, since the peer's window has no room for them.
    pub unsent: u64,
    /// The room in the peer's window when it last told, in bytes.
    pub window: u32,
    /// Since the peer's kernel last acknowledged anything.
    pub last_ack: Duration,
    /// Retransmissions since the bytes in flight last got fewer.
    pub retransmissions: u8,
    /// Probes (of keepalive or of a closed window) since the peer's kernel last answered.
    pub probes: u8,
}

impl Evidence {
    /// Asks the kernel. `None` where it cannot be asked: on other systems than Linux, and
    /// before Linux 5.4.
    #[must_use]
    pub fn ask(stream: &TcpStream, side: Side) -> Option<Self> {
        ask(stream, side)
    }
}

/// Bytes that have come from the peer, read or not; its end of stream counts as one. `None`
/// where the kernel cannot be asked, as for [`Evidence::ask`].
#[must_use]
pub fn received(stream: &TcpStream) -> Option<u64> {
    count_received(stream)
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
    /// The verdict that an error carries, if it is one.
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
fn count_received(_: &TcpStream) -> Option<u64> {
    None
}

#[cfg(target_os = "linux")]
fn count_received(stream: &TcpStream) -> Option<u64> {
    linux::tcp_info(stream).map(|info| info.bytes_received)
}

#[cfg(target_os = "linux")]
fn ask(stream: &TcpStream, side: Side) -> Option<Evidence> {
    linux::tcp_info(stream).map(|info| {
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
            probes: info.probes,
        }
    })
}

#[cfg(target_os = "linux")]
#[allow(unreachable_pub, reason = "the option's macro makes a public item, so its type is public")]
mod linux {
    use std::{net::TcpStream, sync::LazyLock};

    use nix::{
        getsockopt_impl, libc, sockopt_impl,
        sys::{socket::getsockopt, utsname::uname},
    };

    sockopt_impl!(
        /// `TCP_INFO`, tcp(7).
        TcpInfoOption, GetOnly, libc::IPPROTO_TCP, libc::TCP_INFO, TcpInfo
    );

    /// The front of the kernel's `struct tcp_info` (`linux/tcp.h`), as far as `snd_wnd`,
    /// which came with Linux 5.4. The kernel only ever appends to it.
    #[repr(C)]
    #[derive(Debug, Clone, Copy)]
    #[allow(dead_code, reason = "the fields that are not read keep the others in place")]
    pub struct TcpInfo {
        state: u8,
        ca_state: u8,
        pub retransmits: u8,
        pub probes: u8,
        backoff: u8,
        options: u8,
        scales: u8,
        flags: u8,
        /// rto, ato, `snd_mss`, `rcv_mss`, unacked, sacked, lost, retrans, fackets,
        /// `last_data_sent`, `last_ack_sent`, `last_data_recv`.
        figures: [u32; 12],
        pub last_ack_recv: u32,
        /// pmtu, `rcv_ssthresh`, rtt, rttvar, `snd_ssthresh`, `snd_cwnd`, advmss, reordering,
        /// `rcv_rtt`, `rcv_space`, `total_retrans`.
        more_figures: [u32; 11],
        pacing_rate: u64,
        max_pacing_rate: u64,
        pub bytes_acked: u64,
        pub bytes_received: u64,
        segs_out: u32,
        segs_in: u32,
        pub notsent_bytes: u32,
        min_rtt: u32,
        data_segs_in: u32,
        data_segs_out: u32,
        /// `delivery_rate`, `busy_time`, `rwnd_limited`, `sndbuf_limited`.
        times: [u64; 4],
        delivered: u32,
        delivered_ce: u32,
        pub bytes_sent: u64,
        pub bytes_retrans: u64,
        dsack_dups: u32,
        reord_seen: u32,
        rcv_ooopack: u32,
        pub snd_wnd: u32,
    }

    pub fn tcp_info(stream: &TcpStream) -> Option<TcpInfo> {
        static KNOWS_IT: LazyLock<bool> = LazyLock::new(kernel_is_5_4_or_newer);
        // An older kernel's structure is shorter, and reading it would panic.
        KNOWS_IT.then(|| getsockopt(stream, TcpInfoOption).ok()).flatten()
    }

    fn kernel_is_5_4_or_newer() -> bool {
        let Ok(name) = uname() else {
            return false;
        };
        let release = name.release().to_string_lossy();
        let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
        (numbers.next(), numbers.next()) >= (Some(5), Some(4))
    }
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
    fn what_has_come_is_counted_before_it_is_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        assert_eq!(received(&client), Some(0));
        server.write_all(b"OK").unwrap();
        client.peek(&mut [0; 2]).unwrap(); // it waits until they are here
        assert_eq!(received(&client), Some(2));
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
