//! The kernel's sockets over netlink, as ss(8) lists them.

use std::{
    io,
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use ::tests::proc::{TcpSocket, TcpTimer};
use netlink_packet_core::{
    NLM_F_DUMP, NLM_F_REQUEST, NetlinkBuffer, NetlinkHeader, NetlinkMessage, NlasIterator,
};
use netlink_packet_sock_diag::{
    AF_INET, INET_DIAG_INFO, IPPROTO_TCP, SOCK_DIAG_BY_FAMILY, SockDiagMessage,
    inet::{ExtensionFlags, InetRequest, SocketId, StateFlags},
};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_SOCK_DIAG};
use nix::libc::{NLMSG_DONE, NLMSG_ERROR};

use super::row::{Info, Row};

/// The kernel fills at most this much of a buffer with one answer (`netlink_recvmsg`).
const ANSWER: usize = 32 * 1024;

pub(super) struct InetDiag {
    socket: Socket,
    request: Vec<u8>,
    /// Kept from one question to the next, so that none allocates it.
    answer: Vec<u8>,
}

impl InetDiag {
    pub(super) fn open() -> io::Result<Self> {
        let (socket, answer) = (connected()?, Vec::with_capacity(ANSWER));
        let mut diag = Self { socket, request: request(), answer };
        diag.rows(&mut Vec::new())?; // some systems refuse nothing before the first question
        Ok(diag)
    }

    /// Appends all sockets of living connections.
    pub(super) fn rows(&mut self, rows: &mut Vec<Row>) -> io::Result<()> {
        let asked = self.ask(rows);
        if asked.is_err() {
            // The rest of this answer would be read as the start of the next one.
            self.socket = connected()?;
        }
        asked
    }

    /// Makes the kernel answer the next question with an error first.
    #[cfg(test)]
    pub(super) fn fail_next(&self) {
        let mut bad = self.request.clone();
        bad[16] = u8::MAX; // no such family
        self.socket.send(&bad, 0).expect("the kernel takes it");
    }

    fn ask(&mut self, rows: &mut Vec<Row>) -> io::Result<()> {
        self.socket.send(&self.request, 0)?;
        loop {
            self.answer.clear();
            self.socket.recv(&mut self.answer, 0)?;
            if read(&self.answer, rows)? == Part::Last {
                return Ok(());
            }
        }
    }
}

fn connected() -> io::Result<Socket> {
    let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
    socket.bind_auto()?;
    socket.connect(&SocketAddr::new(0, 0))?;
    Ok(socket)
}

/// Asks for all TCP sockets over IPv4 but those that listen and those that have ended.
fn request() -> Vec<u8> {
    let states = StateFlags::LISTEN | StateFlags::TIME_WAIT | StateFlags::CLOSE;
    let request = SockDiagMessage::InetRequest(InetRequest {
        family: AF_INET,
        protocol: IPPROTO_TCP,
        extensions: ExtensionFlags::INFO,
        states: states.complement(),
        socket_id: SocketId::new_v4(),
    });
    let mut header = NetlinkHeader::default();
    header.flags = NLM_F_REQUEST | NLM_F_DUMP;
    let mut message = NetlinkMessage::new(header, request.into());
    message.finalize();
    let mut bytes = vec![0; message.buffer_len()];
    message.serialize(&mut bytes);
    bytes
}

#[derive(PartialEq)]
enum Part {
    Last,
    MoreFollow,
}

/// Reads the messages of one datagram.
fn read(mut datagram: &[u8], rows: &mut Vec<Row>) -> io::Result<Part> {
    while !datagram.is_empty() {
        let message = NetlinkBuffer::new_checked(datagram).map_err(io::Error::other)?;
        let payload = message.payload();
        match message.message_type() {
            SOCK_DIAG_BY_FAMILY => rows.push(row(payload).ok_or_else(cut_short)?),
            kind if [NLMSG_DONE, NLMSG_ERROR].contains(&kind.into()) => {
                let code = number(payload, 0).ok_or_else(cut_short)?.cast_signed();
                return if code < 0 {
                    Err(io::Error::from_raw_os_error(-code))
                } else {
                    Ok(Part::Last)
                };
            }
            _ => {}
        }
        let length = (message.length() as usize).next_multiple_of(4);
        datagram = datagram.get(length..).unwrap_or_default();
    }
    Ok(Part::MoreFollow)
}

fn cut_short() -> io::Error {
    io::Error::other("an answer of inet_diag is cut short")
}

/// Reads a `struct inet_diag_msg` (`linux/inet_diag.h`), and `TCP_INFO` behind it.
fn row(message: &[u8]) -> Option<Row> {
    const ATTRIBUTES: usize = 72;

    let address = |port: usize, ip: usize| {
        let port = u16::from_be_bytes(*message.get(port..)?.first_chunk()?);
        let ip: [u8; 4] = *message.get(ip..)?.first_chunk()?;
        Some(SocketAddrV4::new(Ipv4Addr::from(ip), port))
    };
    let left = Duration::from_millis(number(message, 52)?.into());
    let socket = TcpSocket {
        state: *message.get(1)?,
        timer: TcpTimer { kind: *message.get(2)?, left },
        tries: *message.get(3)?,
        local: address(4, 8)?,
        remote: address(6, 24)?,
        unread: number(message, 56)?,
        unacked: number(message, 60)?,
        inode: number(message, 68)?.into(),
    };
    let attributes = NlasIterator::new(message.get(ATTRIBUTES..)?).filter_map(Result::ok);
    let info = attributes.into_iter().find(|attribute| attribute.kind() == INET_DIAG_INFO);
    Some(Row {
        socket,
        info: info.map_or_else(Info::default, |attribute| tcp_info(attribute.value())),
    })
}

/// Reads a `struct tcp_info` (`linux/tcp.h`). A kernel may know less of it than we ask.
fn tcp_info(info: &[u8]) -> Info {
    let at = |position| number(info, position);
    // Where nothing has come yet, the kernel counts from its own start.
    let unless_none_came = |segments, age| {
        at(segments).filter(|count| *count > 0)?;
        Some(Duration::from_millis(at(age)?.into()))
    };
    Info {
        since_data: unless_none_came(152, 52),
        since_ack: unless_none_came(140, 56),
        round_trip: at(68)
            .filter(|micros| *micros > 0)
            .map(|micros| Duration::from_micros(micros.into())),
        retransmissions: at(100),
        window: at(228),
    }
}

/// The number of 32 bits at this position.
fn number(bytes: &[u8], position: usize) -> Option<u32> {
    bytes.get(position..)?.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, TcpListener, TcpStream};

    use nix::libc::EPERM;

    use super::*;

    /// A netlink message.
    fn message(kind: i32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(16 + payload.len()).unwrap();
        let kind = u16::try_from(kind).unwrap();
        let rest = [0; 10]; // flags, sequence number and port
        [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &rest, payload].concat()
    }

    #[test]
    fn an_error_of_the_kernel_is_one() {
        for kind in [NLMSG_ERROR, NLMSG_DONE] {
            let refused = read(&message(kind, &(-EPERM).to_ne_bytes()), &mut Vec::new());
            assert_eq!(refused.err().unwrap().raw_os_error(), Some(EPERM));
        }
        let last = read(&message(NLMSG_DONE, &[0; 4]), &mut Vec::new());
        assert!(last.unwrap() == Part::Last);
    }

    #[test]
    fn after_an_error_no_old_answer_is_read() {
        let Ok(mut diag) = InetDiag::open() else { return }; // the system refuses it
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        diag.fail_next();
        assert!(diag.rows(&mut Vec::new()).is_err());
        let _client = TcpStream::connect(address).unwrap();
        let mut rows = Vec::new();
        diag.rows(&mut rows).unwrap();
        let is_new = |row: &Row| SocketAddr::from(row.socket.remote) == address;
        assert!(rows.iter().any(is_new), "it read the answer from before the connection");
    }

    #[test]
    fn a_socket_is_read_with_what_the_kernel_tells_of_it() {
        let mut whole = [0; 72];
        whole[..8].copy_from_slice(&[2, 1, 2, 3, 0x12, 0x67, 0x9c, 0x40]);
        whole[8..12].copy_from_slice(&[127, 0, 0, 1]);
        for (position, number) in [(52, 1500), (56, 7), (60, 9), (68, 71913_u32)] {
            whole[position..position + 4].copy_from_slice(&number.to_ne_bytes());
        }
        let mut rows = Vec::new();
        let datagram = message(SOCK_DIAG_BY_FAMILY.into(), &whole);
        assert!(read(&datagram, &mut rows).unwrap() == Part::MoreFollow);
        let local = "127.0.0.1:4711".parse().unwrap();
        let remote = "0.0.0.0:40000".parse().unwrap();
        let timer = TcpTimer { kind: 2, left: Duration::from_millis(1500) };
        let socket = TcpSocket {
            local,
            remote,
            state: 1,
            unacked: 9,
            unread: 7,
            timer,
            tries: 3,
            inode: 71913,
        };
        assert_eq!((rows[0].socket, &rows[0].info), (socket, &Info::default()));
        for length in 0..whole.len() {
            let cut = message(SOCK_DIAG_BY_FAMILY.into(), &whole[..length]);
            assert!(read(&cut, &mut Vec::new()).is_err(), "of {length} bytes");
        }
    }

    #[test]
    fn of_a_shorter_structure_the_rest_is_not_known() {
        let mut old = [0; 104];
        old[100] = 5;
        assert_eq!(tcp_info(&old), Info { retransmissions: Some(5), ..Info::default() });
        assert_eq!(tcp_info(&[]), Info::default());
    }
}
