//! Finding the server.

use std::{
    io,
    net::{SocketAddr, TcpStream, ToSocketAddrs as _},
    time::Duration,
};

/// How long one address may take to answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// No address of the server could be connected to.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {server}: {source}{}", advice(source))]
pub struct ConnectError {
    server: String,
    source: io::Error,
}

/// Connects to the first address of `server`, a `HOST:PORT`, that answers. Each is given
/// ten seconds.
///
/// # Errors
/// When the host is unknown, or none of its addresses can be connected to.
pub fn connect(server: &str) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let connected = server.to_socket_addrs().and_then(|addresses| {
        let (stream, address) = first_that_answers(addresses)?;
        let _ = stream.set_nodelay(true); // a heartbeat should not wait; without, it is only slower
        Ok((stream, address))
    });
    connected.map_err(|source| ConnectError { server: server.to_owned(), source })
}

/// Connects to the first of these addresses that answers.
///
/// # Errors
/// The last address's, unless an earlier one was refused: that says that the host is up.
pub fn first_that_answers(
    addresses: impl Iterator<Item = SocketAddr>,
) -> io::Result<(TcpStream, SocketAddr)> {
    let mut reason = io::Error::other("the host has no address");
    for address in addresses {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => return Ok((stream, address)),
            Err(_) if reason.kind() == io::ErrorKind::ConnectionRefused => {}
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "; is the server running, and on this port?",
        io::ErrorKind::TimedOut => "; nothing answered within 10s",
        _ => "",
    }
}
