//! The kernel's table of TCP sockets, `/proc/net/tcp`.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddrV4},
    path::Path,
    time::Duration,
};

use super::files::unexpected;

/// A TCP socket over IPv4, as the kernel sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpSocket {
    pub local: SocketAddrV4,
    pub remote: SocketAddrV4,
    /// The state's number in the kernel (`net/tcp_states.h`): 1 for established.
    pub state: u8,
    /// Bytes that have been written and that the other end has not acknowledged.
    pub unacked: u32,
    /// Bytes that have come and that nobody has read.
    pub unread: u32,
    pub timer: TcpTimer,
    /// How often the last segment was sent again or, while the timer is not that of
    /// retransmission, how many probes are unanswered.
    pub tries: u8,
    /// 0 if no process holds the socket.
    pub inode: u64,
}

/// A timer that the kernel runs for a TCP socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpTimer {
    /// 0 for none, 1 for retransmission, 2 for keepalive, 3 for `TIME_WAIT`, 4 for window probes.
    pub kind: u8,
    /// Time until the timer fires.
    pub left: Duration,
}

impl TcpTimer {
    /// The kind of the timer of retransmission.
    pub const RETRANSMISSION: u8 = 1;
}

/// All TCP sockets over IPv4 in this network namespace.
///
/// # Errors
/// When the table cannot be read.
pub fn tcp_sockets() -> io::Result<Vec<TcpSocket>> {
    let path = Path::new("/proc/net/tcp");
    let table = fs::read_to_string(path)?;
    table.lines().skip(1).map(|row| socket(row).ok_or_else(|| unexpected(path, row))).collect()
}

/// The timer of the connection on loopback from port `local` to port `remote`.
///
/// # Errors
/// When there is no such connection.
pub fn tcp_timer(local: u16, remote: u16) -> io::Result<TcpTimer> {
    let ends = [local, remote].map(|port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
    let found = tcp_sockets()?.into_iter().find(|one| [one.local, one.remote] == ends);
    found.map(|one| one.timer).ok_or_else(|| io::Error::other("there is no such connection"))
}

/// Reads a row. proc(5) names its columns.
fn socket(row: &str) -> Option<TcpSocket> {
    let columns: Vec<_> = row.split_whitespace().collect();
    let [_, local, remote, state, queues, timer, retransmits, _, probes, inode, ..] = columns[..]
    else {
        return None;
    };
    let (unacked, unread) = queues.split_once(':')?;
    let (kind, ticks) = timer.split_once(':')?;
    let kind = u8::try_from(hex(kind)?).ok()?;
    let tries = match kind {
        TcpTimer::RETRANSMISSION => hex(retransmits)?,
        _ => probes.parse().ok()?,
    };
    Some(TcpSocket {
        local: address(local)?,
        remote: address(remote)?,
        state: hex(state)?.try_into().ok()?,
        unacked: hex(unacked)?,
        unread: hex(unread)?,
        timer: TcpTimer { kind, left: Duration::from_millis(u64::from(hex(ticks)?) * 10) },
        tries: tries.try_into().ok()?,
        inode: inode.parse().ok()?,
    })
}

fn hex(number: &str) -> Option<u32> {
    u32::from_str_radix(number, 16).ok()
}

/// Reads an address such as `0100007F:1F90`. The four bytes of the IP address are written as one
/// number in the machine's own byte order.
fn address(text: &str) -> Option<SocketAddrV4> {
    let (ip, port) = text.split_once(':')?;
    Some(SocketAddrV4::new(hex(ip)?.to_ne_bytes().into(), hex(port)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_endian = "little")]
    fn a_row_is_read_column_by_column() {
        let row = "   3: 0100007F:A1E6 0100007F:1267 01 00000009:00000002 \
                   01:0000001F 00000002  1000        5 71913 2 0000000000000000 42 4 30 10 -1";
        let local = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0xA1E6);
        let remote = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 0x1267);
        let timer = TcpTimer { kind: 1, left: Duration::from_millis(310) };
        let read = TcpSocket {
            local,
            remote,
            state: 1,
            unacked: 9,
            unread: 2,
            timer,
            tries: 2,
            inode: 71913,
        };
        assert_eq!(socket(row), Some(read));
        let keepalive = TcpTimer { kind: 2, ..timer };
        let of_keepalive = row.replace("01:0000001F", "02:0000001F");
        assert_eq!(socket(&of_keepalive), Some(TcpSocket { timer: keepalive, tries: 5, ..read }));
        assert_eq!(socket("   3: 0100007F:A1E6"), None);
    }
}
