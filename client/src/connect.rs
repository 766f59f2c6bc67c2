//! Finding the server: its addresses, and the first of them that answers.
//!
//! Ten seconds are all that the name and the addresses get together. A search that takes more
//! than a second says so.
//!
//! In the article: `client::init`.

use std::{
    io::{self, ErrorKind},
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket},
    thread,
    time::Instant,
};

use common::{
    address::{self, Failures, ResolveError, ZONE_MISSING},
    socket::send_at_once,
    start::thread_error,
    words::Listed,
};
use crossbeam_channel::RecvTimeoutError;
use tracing::info;

use crate::{attempts::race, budget::Budget, servers::Trouble};

/// No address of the server could be connected to.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {server}: {reason}")]
pub struct ConnectError {
    server: String,
    pub reason: NotConnected,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NotConnected {
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(
        "no name server has answered within {}s; try again, or give an IP address",
        Budget::WHOLE.as_secs()
    )]
    NameServerSilent,
    #[error("cannot look its name up: {0}")]
    Resolver(io::Error),
    #[error("{failures}{}", advice(failures))]
    Failed { failures: Failures },
    #[error("the connector thread panicked")]
    Panicked,
    #[error("the connection ended at once: {0}")]
    Ended(io::Error),
    #[error("{0}")]
    NoThread(io::Error),
}

impl ConnectError {
    /// The error of this server.
    pub fn new(server: &str, reason: NotConnected) -> Self {
        Self { server: server.to_owned(), reason }
    }
}

impl NotConnected {
    /// What this means for the next attempt.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Failed { failures } if failures.any(ErrorKind::ConnectionRefused) => {
                Trouble::Refused
            }
            Self::Failed { failures } if failures.any(ErrorKind::ConnectionReset) => Trouble::Ended,
            // A router far away may have said so, too.
            Self::Failed { failures } if failures.all(&NO_WAY) && is_offline(failures) => {
                Trouble::Offline
            }
            Self::Ended(_) => Trouble::Ended,
            Self::Resolve(_) | Self::NameServerSilent if has_no_way_out() => Trouble::Offline,
            Self::NoThread(_) => Trouble::Offline, // no server is to blame for that, either
            _ => Trouble::Unreachable,
        }
    }
}

/// The errors of a host that knows no way to another one.
const NO_WAY: [ErrorKind; 3] =
    [ErrorKind::NetworkDown, ErrorKind::NetworkUnreachable, ErrorKind::AddrNotAvailable];

/// Whether this host itself knows no way to these addresses.
fn is_offline(failures: &Failures) -> bool {
    !failures.0.iter().any(|(address, _)| knows_way(*address))
}

/// Whether this host knows no way to any other network. The addresses are those of documentation
/// (RFC 5737, RFC 3849).
fn has_no_way_out() -> bool {
    let elsewhere: [SocketAddr; 2] = [
        (Ipv4Addr::new(192, 0, 2, 1), 9).into(),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9).into(),
    ];
    !elsewhere.into_iter().any(knows_way)
}

/// To connect a UDP socket sends nothing, but looks the way up.
fn knows_way(address: SocketAddr) -> bool {
    let ours: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    UdpSocket::bind(ours).is_ok_and(|socket| socket.connect(address).is_ok())
}

/// Connects to the first address of `server`, a `HOST:PORT`, that answers.
///
/// # Errors
/// When the host is unknown, or none of its addresses can be connected to within ten seconds.
pub fn connect(server: &str) -> Result<(TcpStream, SocketAddr), ConnectError> {
    connect_elsewhere(server, &[])
}

/// Connects as [`connect`] does, and tries these addresses last.
///
/// # Errors
/// As [`connect`].
pub fn connect_elsewhere(
    server: &str,
    last: &[SocketAddr],
) -> Result<(TcpStream, SocketAddr), ConnectError> {
    find(server, last).map_err(|reason| ConnectError::new(server, reason))
}

fn find(server: &str, last: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), NotConnected> {
    let mut budget = Budget::new(Instant::now());
    let mut addresses = resolve(server, &mut budget)?;
    addresses.sort_by_key(|address| last.iter().position(|it| it == address));
    let won = race(&addresses, &mut budget, |trying| {
        let trying = Listed(trying).to_string();
        info!(
            event = "connecting",
            server, trying, "still connecting to {server}: trying {trying}"
        );
    });
    let (stream, address) = won.map_err(|failures| NotConnected::Failed { failures })?;
    send_at_once(&stream); // a heartbeat must not wait
    Ok((stream, address))
}

/// Looks the addresses up, in a thread if that may block: the system's resolver takes no
/// deadline. The thread is never joined, because nothing interrupts the resolver.
fn resolve(server: &str, budget: &mut Budget) -> Result<Vec<SocketAddr>, NotConnected> {
    if !address::is_name(server) {
        return Ok(address::resolve(server)?);
    }
    let (to_main, resolved) = crossbeam_channel::bounded(1);
    let name = server.to_owned();
    thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || to_main.send(address::resolve(&name)))
        .map_err(|error| NotConnected::Resolver(thread_error("resolver", &error)))?;
    loop {
        let until = budget.wake(None);
        match resolved.recv_deadline(until) {
            Ok(addresses) => return Ok(addresses?),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(NotConnected::Resolver(io::Error::other("its thread panicked")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        budget.forgive(until, now);
        if budget.is_spent(now) {
            return Err(NotConnected::NameServerSilent);
        }
        if budget.notice_is_due(now) {
            info!(
                event = "connecting",
                server, "still connecting to {server}: looking its name up"
            );
        }
    }
}

fn advice(failures: &Failures) -> &'static str {
    if failures.any_lacks_zone() {
        ZONE_MISSING
    } else if failures.any(ErrorKind::ConnectionRefused) {
        "; is the server running, and on this port?"
    } else if failures.any(ErrorKind::TimedOut) {
        "; no answer came"
    } else {
        ""
    }
}
