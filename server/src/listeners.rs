//! The listening sockets: waiting for a client on one or several, and waking them at the stop.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use common::ready::{For, ready};
use socket2::SockRef;

/// Sockets on which the server waits for clients: at least one.
///
/// A single one blocks in `accept`. Several are waited for with poll(2), and each of them is
/// non-blocking: a client that was announced may be gone again.
pub struct Listeners {
    all: Vec<TcpListener>,
    addresses: Vec<SocketAddr>,
    /// Whose turn it is, so that clients of one address do not keep those of another waiting.
    turn: AtomicUsize,
}

impl Listeners {
    /// Takes sockets that listen, of which there is at least one.
    ///
    /// # Errors
    /// When a socket has no address.
    pub fn new(all: Vec<TcpListener>) -> io::Result<Self> {
        let addresses = all.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?;
        if all.len() > 1 {
            all.iter().try_for_each(|listener| listener.set_nonblocking(true))?;
        }
        Ok(Self { all, addresses, turn: AtomicUsize::new(0) })
    }

    /// Where the server listens: at least one address.
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Waits for a client.
    ///
    /// # Errors
    /// Those of accept(2), and an error of any kind after [`wake`](Self::wake).
    pub fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        match &self.all[..] {
            [only] => only.accept(),
            all => self.accept_from_any(all),
        }
    }

    fn accept_from_any(&self, all: &[TcpListener]) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            let ready = ready(all, For::Reading, None)?;
            let turn = self.turn.load(Ordering::Relaxed);
            let in_turn = (turn..turn + all.len()).map(|index| index % all.len());
            let Some(index) = in_turn.into_iter().find(|&index| ready[index]) else { continue };
            self.turn.store((index + 1) % all.len(), Ordering::Relaxed);
            match all[index].accept() {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                accepted => {
                    let (stream, peer) = accepted?;
                    // Linux gives a blocking socket, the BSDs and Windows one like the listener.
                    if stream.set_nonblocking(false).is_ok() {
                        return Ok((stream, peer));
                    }
                }
            }
        }
    }

    /// Wakes a blocked [`accept`](Self::accept), for good.
    pub fn wake(&self) {
        self.all.iter().for_each(wake);
    }
}

/// Wakes a blocked `accept` or poll(2), for good.
///
/// On Linux shutting the listener down does that, and needs no descriptor, of which there may be
/// none left. Elsewhere a listener refuses to be shut down, and a connection to ourselves wakes
/// it.
fn wake(listener: &TcpListener) {
    if SockRef::from(listener).shutdown(Shutdown::Both).is_err()
        && let Ok(address) = listener.local_addr()
    {
        // A full queue of clients wakes `accept` by itself, so this need not wait for a place in it.
        let _ = TcpStream::connect_timeout(&reachable(address), Duration::from_secs(1));
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
