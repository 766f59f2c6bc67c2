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
/// When the host is unknown, or none of its addresses can be connected to; the reason is
/// the last address's.
pub fn connect(server: &str) -> Result<(TcpStream, SocketAddr), ConnectError> {
    let failed = |source| ConnectError { server: server.to_owned(), source };
    let mut last_error = io::Error::other("the host has no address");
    for address in server.to_socket_addrs().map_err(failed)? {
        match TcpStream::connect_timeout(&address, CONNECT_TIMEOUT) {
            Ok(stream) => {
                stream.set_nodelay(true).map_err(failed)?; // a heartbeat must not wait
                return Ok((stream, address));
            }
            Err(error) => last_error = error,
        }
    }
    Err(failed(last_error))
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "; is the server running, and on this port?",
        io::ErrorKind::TimedOut => "; nothing answered within 10s",
        _ => "",
    }
}
