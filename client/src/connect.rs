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
        stream.set_nodelay(true)?; // a heartbeat must not wait
        Ok((stream, address))
    });
    connected.map_err(|source| ConnectError { server: server.to_owned(), source })
}

/// The reason is the last address's, unless an earlier one was refused: that says that the host
/// is up.
fn first_that_answers(
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use socket2::{Domain, Socket, Type};

    use super::*;

    /// An address that is taken, and on which nobody listens.
    fn closed() -> (Socket, SocketAddr) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        (socket, address)
    }

    #[test]
    fn each_address_is_tried() {
        let (_closed, refuses) = closed();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let answers = listener.local_addr().unwrap();
        let (_, address) = first_that_answers([refuses, refuses, answers].into_iter()).unwrap();
        assert_eq!(address, answers);
    }

    #[test]
    fn a_refusal_says_more_than_what_comes_after_it() {
        let (_closed, refuses) = closed();
        let unreachable = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 0], 0));
        let error = first_that_answers([refuses, unreachable].into_iter()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
