//! From a row of the kernel's table of sockets to an end of a connection.

use std::{net::SocketAddr, time::Duration};

use ::tests::proc::{TcpSocket, TcpTimer};

use crate::{
    event::Role,
    live::input::{Socket, Timer, TimerKind},
};

/// A socket of any connection.
pub(super) struct Row {
    pub(super) socket: TcpSocket,
    pub(super) info: Info,
}

/// What `TCP_INFO` tells of a socket. What it does not tell is `None`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Info {
    pub(super) since_data: Option<Duration>,
    pub(super) since_ack: Option<Duration>,
    pub(super) round_trip: Option<Duration>,
    pub(super) retransmissions: Option<u32>,
    pub(super) window: Option<u32>,
}

impl From<TcpSocket> for Row {
    fn from(socket: TcpSocket) -> Self {
        Self { socket, info: Info::default() }
    }
}

impl Row {
    pub(super) fn inode(&self) -> u64 {
        self.socket.inode
    }

    /// The end of a connection to `server` that this socket is, if it is one. Nobody has looked yet
    /// which process holds it.
    pub(super) fn end(&self, server: SocketAddr, now: Duration) -> Option<Socket> {
        let Self { socket, info } = self;
        let (local, remote) = (SocketAddr::from(socket.local), SocketAddr::from(socket.remote));
        let (end, client) = match () {
            () if local == server => (Role::Server, remote),
            () if remote == server => (Role::Client, local),
            () => return None,
        };
        let ago = |age| moment(now, age);
        Some(Socket {
            state: state(socket.state)?.to_owned(),
            accepted: socket.inode != 0,
            timer: timer(socket.timer, now),
            unread: socket.unread,
            unacked: socket.unacked,
            tries: socket.tries,
            retransmissions: info.retransmissions,
            window: info.window,
            data_came_s: info.since_data.and_then(ago),
            ack_came_s: info.since_ack.and_then(ago),
            round_trip_ms: info.round_trip.map(|time| time.as_secs_f64() * 1e3),
            ..Socket::new(end, client.port())
        })
    }
}

/// The moment that was so long before `now`. While a connection is being made the kernel counts
/// from its own start, and then there is none.
fn moment(now: Duration, age: Duration) -> Option<f64> {
    /// Ages are whole ticks, so what came just after the lab's start may seem to be older.
    const TICK: Duration = Duration::from_millis(10);

    (age < now + TICK).then(|| now.saturating_sub(age).as_secs_f64())
}

/// The name of a state (`net/tcp_states.h`) in ss(8). `None` for those that are no living
/// connection: a listener, and what is left of one that has ended.
fn state(number: u8) -> Option<&'static str> {
    Some(match number {
        1 => "established",
        2 => "syn-sent",
        3 | 12 => "syn-recv",
        4 => "fin-wait-1",
        5 => "fin-wait-2",
        8 => "close-wait",
        9 => "last-ack",
        11 => "closing",
        _ => return None,
    })
}

fn timer(timer: TcpTimer, now: Duration) -> Option<Timer> {
    let kind = match timer.kind {
        TcpTimer::RETRANSMISSION => TimerKind::Retransmit,
        2 => TimerKind::Keepalive,
        3 => TimerKind::TimeWait,
        4 => TimerKind::WindowProbe,
        _ => return None,
    };
    Some(Timer { kind, fires_s: (now + timer.left).as_secs_f64() })
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};

    use super::*;

    #[test]
    fn what_came_a_tick_before_the_start_came_at_the_start() {
        let ms = Duration::from_millis;
        assert_eq!(
            [30, 50, 51].map(|age| moment(ms(50), ms(age))),
            [Some(0.02), Some(0.0), Some(0.0)]
        );
        assert_eq!(moment(ms(50), ms(70)), None);
    }

    #[test]
    fn a_connection_that_is_being_made_has_heard_nothing_yet() {
        let [server, client] =
            [5005, 40_000].map(|port| SocketAddrV4::new(Ipv4Addr::LOCALHOST, port));
        let socket = TcpSocket {
            local: client,
            remote: server,
            state: 2, // SYN-SENT
            unacked: 1,
            unread: 0,
            timer: TcpTimer { kind: 1, left: Duration::from_secs(1) },
            tries: 0,
            inode: 7,
        };
        let since_start = Some(Duration::from_secs(20_000));
        let info = Info { since_data: since_start, since_ack: since_start, ..Info::default() };
        let end = Row { socket, info }.end(server.into(), Duration::from_secs(5));
        let end = end.expect("it is an end of a connection to this server");
        assert_eq!((end.state.as_str(), end.data_came_s, end.ack_came_s), ("syn-sent", None, None));
    }
}
