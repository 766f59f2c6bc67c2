//! The listening socket: bound at the start, and woken at the stop.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs as _},
};

use socket2::{Domain, Protocol, SockRef, Socket, Type};

/// Clients that may wait to be accepted. With std's 128, a storm of connects overflows
/// the queue, and each client that was dropped tries again after a whole second.
const BACKLOG: i32 = 4096;

/// The address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}{}", advice(source))]
pub struct ListenError {
    address: String,
    source: io::Error,
}

/// Listens on the first address of `address`, a `HOST:PORT`, that can be bound. Port 0
/// is any free port.
///
/// # Errors
/// When the host is unknown, or no address of it can be bound.
pub fn listen(address: &str) -> Result<TcpListener, ListenError> {
    let failed = |source| ListenError { address: address.to_owned(), source };
    let mut last_error = io::Error::other("the host has no address");
    for candidate in address.to_socket_addrs().map_err(failed)? {
        match bind(candidate) {
            Ok(listener) => return Ok(listener),
            Err(error) => last_error = error,
        }
    }
    Err(failed(last_error))
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restarted server must not wait for its old connections in TIME_WAIT. (On Windows
    // the option means something else: two servers on one port.)
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Wakes a blocked `accept`, for good.
///
/// On Linux shutting the listener down does that, and needs no descriptor, of which there may be
/// none left. Elsewhere a listener refuses to be shut down, and a connection to ourselves wakes
/// it.
pub fn wake(listener: &TcpListener) {
    if SockRef::from(listener).shutdown(Shutdown::Both).is_err()
        && let Ok(address) = listener.local_addr()
    {
        let _ = TcpStream::connect(reachable(address));
    }
}

/// A server can listen on the address that means "any of ours", but not every system connects
/// to it.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "; stop the program that uses it, or choose another port with --listen"
        }
        io::ErrorKind::AddrNotAvailable => "; this machine has no such address",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need privileges",
        _ => "",
    }
}
