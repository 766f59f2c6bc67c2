//! A port of loopback for servers that come and go.

use std::{io, net::SocketAddr};

use socket2::{Domain, Socket, Type};

use crate::{
    binaries::{Server, json_command},
    peer::Listener,
    wait_until,
};

/// A port of loopback. While no server listens there, a connection is refused, and no other
/// program gets the port.
pub struct Place {
    /// A socket that has the port and does not listen. Linux lets another one listen beside it.
    _held: Socket,
    /// As `ADDRESS:PORT`.
    pub address: String,
}

impl Place {
    /// Takes a free port.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn new() -> Self {
        let hold = || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_reuse_address(true)?;
            socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
            let address = socket.local_addr()?.as_socket();
            let address = address.ok_or_else(|| io::Error::other("this is no IP address"))?;
            io::Result::Ok(Self { _held: socket, address: address.to_string() })
        };
        hold().expect("loopback has a free port")
    }

    /// Starts our server here with these arguments beside `--listen`. Dropping it kills it.
    ///
    /// # Errors
    /// When it does not start to listen.
    pub fn start(&self, arguments: &[&str]) -> io::Result<Server> {
        self.wait_until_free()?;
        let mut command = json_command("server")?;
        Server::from_command(command.args(["--listen", &self.address]).args(arguments))
    }

    /// Listens here, for a server that is a [`Peer`](crate::peer::Peer).
    ///
    /// # Panics
    /// If a server listens here already.
    #[must_use]
    pub fn listen(&self) -> Listener {
        self.wait_until_free().expect("no server listens");
        Listener::bind_to(&self.address)
    }

    /// Waits until nobody listens here. Under Wine a killed server does so for a moment.
    fn wait_until_free(&self) -> io::Result<()> {
        let address: SocketAddr = self.address.parse().map_err(io::Error::other)?;
        wait_until(|| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
            socket.set_reuse_address(true)?;
            Ok(socket.bind(&address.into()).is_ok())
        })
    }
}

impl Default for Place {
    fn default() -> Self {
        Self::new()
    }
}
