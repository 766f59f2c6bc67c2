//! The segments on the wire, copied to us by a packet socket, packet(7). The tap holds nothing up
//! and changes nothing.
//!
//! A segment is seen once, at its receiver. One that is sent while the line is cut is not seen.
//! When segments come faster than the tap takes them, the kernel copies only some.

use std::io::{self, ErrorKind, Read as _};

use etherparse::{EtherType, IpNumber, Ipv4HeaderSlice, TcpHeaderSlice};
use socket2::{Domain, Protocol, Socket, Type};

use super::input::Segment;
use crate::event::Role;

/// How much of the payload a segment shows, in bytes.
const SHOWN: usize = 64;
/// Room for the longest headers and what is shown. The kernel cuts off the rest.
const TAKEN: usize = 60 + 60 + SHOWN;

pub struct Tap(Socket);

impl Tap {
    /// Opens a tap on all of this network namespace.
    ///
    /// # Errors
    /// When the system refuses packet sockets, as it does without `CAP_NET_RAW`.
    pub fn open() -> io::Result<Self> {
        // With `ETH_P_ALL` each packet on loopback would be seen twice: at its sender, too.
        let protocol = Protocol::from(i32::from(EtherType::IPV4.0.to_be()));
        Ok(Self(Socket::new(Domain::PACKET, Type::DGRAM, Some(protocol))?))
    }

    /// Calls `seen` with each segment on loopback to or from this port of a server. Blocks until
    /// the tap fails, and returns why. Nothing can wake it, so it belongs on a thread of its own,
    /// which nobody joins and which ends with the process.
    pub fn run(mut self, port: u16, mut seen: impl FnMut(Segment)) -> io::Error {
        let mut packet = [0; TAKEN];
        loop {
            match self.0.read(&mut packet) {
                Ok(length) => {
                    if let Some(segment) = segment(&packet[..length], port) {
                        seen(segment);
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return error,
            }
        }
    }
}

/// Reads the front of an IPv4 packet.
fn segment(packet: &[u8], server: u16) -> Option<Segment> {
    let ip = Ipv4HeaderSlice::from_slice(packet).ok()?;
    if ip.protocol() != IpNumber::TCP || !ip.destination_addr().is_loopback() {
        return None;
    }
    let tcp_on = packet.get(ip.slice().len()..)?;
    let tcp = TcpHeaderSlice::from_slice(tcp_on).ok()?;
    let (from, port) = match (tcp.source_port(), tcp.destination_port()) {
        (source, destination) if source == server => (Role::Server, destination),
        (source, destination) if destination == server => (Role::Client, source),
        _ => return None,
    };
    let headers = ip.slice().len() + tcp.slice().len();
    let len = usize::from(ip.total_len()).checked_sub(headers)?;
    let payload = packet.get(headers..)?;
    let text = &payload[..payload.len().min(len).min(SHOWN)];
    Some(Segment {
        from,
        port,
        seq: tcp.sequence_number(),
        ack: tcp.acknowledgment_number(),
        len: len.try_into().ok()?,
        text: String::from_utf8_lossy(text).into_owned(),
        syn: tcp.syn(),
        fin: tcp.fin(),
        rst: tcp.rst(),
    })
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use etherparse::PacketBuilder;

    use super::*;

    const LOOPBACK: [u8; 4] = Ipv4Addr::LOCALHOST.octets();

    fn packet(to: [u8; 4], ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
        let tcp = PacketBuilder::ipv4(LOOPBACK, to, 64).tcp(ports[0], ports[1], 1000, 0);
        let mut packet = Vec::new();
        tcp.ack(2000).fin().write(&mut packet, payload).unwrap();
        packet
    }

    #[test]
    fn a_segment_is_read_from_the_front_of_its_packet() {
        let packet = packet(LOOPBACK, [40000, 4711], &[b'x'; 1000]);
        let read = Segment {
            from: Role::Client,
            port: 40000,
            seq: 1000,
            ack: 2000,
            len: 1000,
            text: "x".repeat(SHOWN),
            syn: false,
            fin: true,
            rst: false,
        };
        assert_eq!(segment(&packet[..TAKEN], 4711), Some(read.clone()));
        assert_eq!(segment(&packet, 4711), Some(read), "without options more would have room");
    }

    #[test]
    fn the_servers_port_tells_who_sends() {
        let packet = packet(LOOPBACK, [4711, 40000], b"OK");
        let read = segment(&packet, 4711).unwrap();
        assert_eq!((read.from, read.port, &*read.text), (Role::Server, 40000, "OK"));
    }

    #[test]
    fn what_is_no_segment_of_the_servers_on_loopback_is_passed_over() {
        let elsewhere = packet([192, 0, 2, 1], [40000, 4711], b"");
        assert_eq!(segment(&elsewhere, 4711), None);
        let one = packet(LOOPBACK, [40000, 4711], b"");
        assert_eq!(segment(&one, 4712), None);
        for length in 0..40 {
            assert_eq!(segment(&one[..length], 4711), None);
        }
        let mut udp = one;
        udp[9] = 17;
        assert_eq!(segment(&udp, 4711), None);
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let packet = packet(LOOPBACK, [40000, 4711], b"a\xffb");
        assert_eq!(segment(&packet, 4711).unwrap().text, "a\u{fffd}b");
    }
}
