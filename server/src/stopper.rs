//! Stops the server from another thread, such as a signal handler's.

use std::{
    net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crossbeam_channel::Sender;
use socket2::SockRef;

/// Stops one server; made by [`Server::stopper`](crate::server::Server::stopper).
pub struct Stopper {
    listener: Arc<TcpListener>,
    stopping: Arc<AtomicBool>,
    pause_end: Sender<()>,
}

impl Stopper {
    pub(crate) fn new(
        listener: Arc<TcpListener>,
        stopping: Arc<AtomicBool>,
        pause_end: Sender<()>,
    ) -> Self {
        Self { listener, stopping, pause_end }
    }

    /// Tells the server to stop, and wakes it out of `accept` or a pause.
    ///
    /// On Linux shutting the listener down wakes a blocked `accept`, and takes no
    /// descriptor, of which there may be none left. Elsewhere a listener refuses to be
    /// shut down, and a connection to ourselves wakes it.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::Release);
        let _ = self.pause_end.try_send(());
        if SockRef::from(&*self.listener).shutdown(Shutdown::Both).is_err()
            && let Ok(address) = self.listener.local_addr()
        {
            let _ = TcpStream::connect(reachable(address));
        }
    }
}

/// An address that means "any of ours" is listened on, but not everywhere connected to.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
