//! A reset of a connection between two programs that know nothing of it, as a firewall or a load
//! balancer sends one when it wants to forget the connection.
//!
//! A kernel believes a reset only if its sequence number is exactly the one that it expects next
//! (RFC 5961). A firewall knows that number, since it sees the segments; so do we, from the tap.

use std::{
    io,
    net::{SocketAddr, SocketAddrV4},
};

use etherparse::PacketBuilder;
use nix::libc::IPPROTO_RAW;
use socket2::{Domain, Protocol, Socket, Type};

use super::input::{Segment, is_before};
use crate::event::Role;

/// How far both ends of a connection have come, from the segments between them.
#[derive(Debug, Default)]
pub struct Ends {
    client: End,
    server: End,
}

/// Sequence numbers of one end. `None` while no segment tells them.
#[derive(Debug, Default, Clone, Copy)]
struct End {
    /// The number behind the last byte that it has sent.
    sent: Option<u32>,
    /// The number of the other end's byte that it has said to expect next.
    expects: Option<u32>,
}

impl Ends {
    /// Takes a segment of this connection into account. A client's SYN begins a new connection.
    pub fn observe(&mut self, segment: &Segment) {
        if segment.rst {
            return;
        }
        let begins = segment.syn && segment.from == Role::Client;
        if begins {
            *self = Self::default();
        }
        let end = match segment.from {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        };
        let flags = u32::from(segment.syn) + u32::from(segment.fin); // each counts as a byte
        let next = segment.seq.wrapping_add(segment.len).wrapping_add(flags);
        end.sent = Some(end.sent.map_or(next, |sent| later(sent, next)));
        if !begins {
            let ack = segment.ack;
            end.expects = Some(end.expects.map_or(ack, |expects| later(expects, ack)));
        }
    }

    /// What `receiver` may expect next. Usually it is what the other end has sent last. If it
    /// had no room for that, it is what `receiver` has acknowledged last.
    fn expected_by(&self, receiver: Role) -> impl Iterator<Item = u32> {
        let (receiver, sender) = match receiver {
            Role::Client => (self.client, self.server),
            Role::Server => (self.server, self.client),
        };
        let acknowledged = receiver.expects.filter(|expects| Some(*expects) != sender.sent);
        sender.sent.into_iter().chain(acknowledged)
    }
}

/// The later of two sequence numbers, which start again at 0 after the largest.
fn later(one: u32, other: u32) -> u32 {
    if is_before(one, other) { other } else { one }
}

/// Sends a reset to both ends of the connection between `server` and the client at this port on
/// the server's address.
///
/// # Errors
/// When the system refuses raw sockets (they need `CAP_NET_RAW`), when the line is cut, when
/// `server` is no address of IPv4, or when no segment of the connection has been seen.
pub fn reset(server: SocketAddr, port: u16, ends: &Ends) -> io::Result<()> {
    let SocketAddr::V4(server) = server else {
        return Err(io::Error::other("a reset can be sent over IPv4 only"));
    };
    let client = SocketAddrV4::new(*server.ip(), port);
    if ends.client.sent.is_none() && ends.server.sent.is_none() {
        return Err(io::Error::other("no segment of the connection has been seen"));
    }
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::from(IPPROTO_RAW)))?;
    for (receiver, from, to) in [(Role::Client, server, client), (Role::Server, client, server)] {
        for seq in ends.expected_by(receiver) {
            socket.send_to(&packet(from, to, seq)?, &to.into())?;
        }
    }
    Ok(())
}

/// A whole IPv4 packet with a reset, and its checksums.
fn packet(from: SocketAddrV4, to: SocketAddrV4, seq: u32) -> io::Result<Vec<u8>> {
    let ip = PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), 64);
    let reset = ip.tcp(from.port(), to.port(), seq, 0).rst();
    let mut packet = Vec::new();
    reset.write(&mut packet, &[]).map_err(io::Error::other)?;
    Ok(packet)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Segment = Segment {
        from: Role::Client,
        port: 40000,
        seq: 0,
        ack: 0,
        len: 0,
        text: String::new(),
        syn: false,
        fin: false,
        rst: false,
    };

    fn client(seq: u32, ack: u32, len: u32) -> Segment {
        Segment { seq, ack, len, ..BARE }
    }

    fn server(seq: u32, ack: u32, len: u32) -> Segment {
        Segment { from: Role::Server, ..client(seq, ack, len) }
    }

    /// What the client and the server may expect next, after these segments.
    fn expected(segments: &[Segment]) -> [Vec<u32>; 2] {
        let mut ends = Ends::default();
        for segment in segments {
            ends.observe(segment);
        }
        [Role::Client, Role::Server].map(|role| ends.expected_by(role).collect())
    }

    #[test]
    fn each_end_expects_what_follows_the_others_last_byte() {
        let segments = [client(100, 500, 9), server(500, 109, 2), client(109, 502, 0)];
        assert_eq!(expected(&segments), [[502], [109]]);
    }

    #[test]
    fn the_first_and_the_last_segment_count_as_a_byte() {
        let syn = Segment { syn: true, ..client(100, 0, 0) };
        let answer = Segment { syn: true, ..server(500, 101, 0) };
        assert_eq!(expected(&[syn.clone(), answer.clone()]), [[501], [101]]);
        let fin = Segment { fin: true, ..client(101, 501, 3) };
        assert_eq!(expected(&[syn, answer, fin]), [vec![501], vec![105, 101]]);
    }

    #[test]
    fn an_end_without_room_expects_what_it_acknowledged_last() {
        let segments = [server(500, 100, 8), client(100, 508, 0), server(508, 100, 4)];
        assert_eq!(expected(&segments), [vec![512, 508], vec![100]]);
    }

    #[test]
    fn what_is_sent_again_and_probes_take_nothing_back() {
        let exchange = [client(100, 500, 9), server(500, 109, 2), client(109, 502, 0)];
        let again = [client(100, 500, 9), server(501, 109, 0), client(108, 502, 0)];
        assert_eq!(expected(&[exchange, again].concat()), [[502], [109]]);
    }

    #[test]
    fn numbers_start_again_at_zero_after_the_largest() {
        assert_eq!(expected(&[client(u32::MAX - 3, 500, 9), server(500, 5, 0)]), [[500], [5]]);
    }

    #[test]
    fn a_new_connection_from_the_same_port_starts_anew() {
        let old = [client(4_000_000_000, 500, 9), server(500, 4_000_000_009, 2)];
        let syn = Segment { syn: true, ..client(100, 0, 0) };
        let answer = Segment { syn: true, ..server(900, 101, 0) };
        assert_eq!(expected(&[&old[..], &[syn, answer]].concat()), [[901], [101]]);
    }

    #[test]
    fn a_reset_tells_nothing_about_what_is_expected() {
        let reset = Segment { rst: true, ..client(999, 0, 0) };
        let segments = [client(100, 500, 9), server(500, 109, 2), client(109, 502, 0), reset];
        assert_eq!(expected(&segments), [[502], [109]]);
    }

    #[test]
    fn nothing_is_sent_for_a_connection_that_nobody_has_seen() {
        let error = reset("127.0.0.1:4711".parse().unwrap(), 40000, &Ends::default()).unwrap_err();
        assert!(error.to_string().contains("no segment"), "{error}");
    }
}
