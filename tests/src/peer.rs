//! One end of a connection as raw TCP.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::{DEADLINE, assert_same_bytes, program::Program};

/// One end of a TCP connection. A read that takes longer than [`DEADLINE`] fails the test.
pub struct Peer(TcpStream);

impl Peer {
    /// Connects to a server.
    ///
    /// # Panics
    /// If the server does not accept.
    #[must_use]
    #[track_caller]
    pub fn connect(address: &str) -> Self {
        Self::new(TcpStream::connect(address).expect("the server accepts"))
    }

    fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(DEADLINE)).expect("a stream takes a timeout");
        Self(stream)
    }

    /// Sends these bytes.
    ///
    /// # Panics
    /// If the connection has failed.
    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("the other end takes bytes");
    }

    /// Reads exactly `expected`.
    ///
    /// # Panics
    /// If other bytes come, or too few.
    #[track_caller]
    pub fn expect(&mut self, expected: &[u8]) {
        let mut received = vec![0; expected.len()];
        if let Err(error) = self.0.read_exact(&mut received) {
            panic!("\"{}\" did not come: {error}", expected.escape_ascii());
        }
        assert_same_bytes(&received, expected);
    }

    /// Sends `request` and reads exactly `reply`.
    #[track_caller]
    pub fn ask(&mut self, request: &[u8], reply: &[u8]) {
        self.send(request);
        self.expect(reply);
    }

    /// Reads once, and returns how many bytes came, which is 0 at the end of the stream.
    ///
    /// # Panics
    /// If nothing comes within [`DEADLINE`], or the connection is reset.
    pub fn read(&mut self, block: &mut [u8]) -> usize {
        loop {
            match self.0.read(block) {
                Ok(count) => return count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("neither bytes nor the end of the stream came: {error}"),
            }
        }
    }

    /// Reads until the stream ends, and returns all bytes.
    ///
    /// # Panics
    /// If nothing comes for [`DEADLINE`], or the connection is reset.
    #[must_use]
    pub fn read_to_end(&mut self) -> Vec<u8> {
        let (mut all, mut block) = (Vec::new(), [0; 4096]);
        loop {
            match self.read(&mut block) {
                0 => return all,
                count => all.extend_from_slice(&block[..count]),
            }
        }
    }

    /// Sends `request` over and over and reads the replies, from two threads that end when the
    /// other end closes the connection.
    ///
    /// # Panics
    /// If no descriptor is left.
    #[must_use]
    pub fn flood(self, request: &'static [u8]) -> JoinHandle<()> {
        let mut stream = self.0.try_clone().expect("a descriptor is left");
        let reader = thread::spawn(move || {
            let _ = io::copy(&mut &self.0, &mut io::sink());
            // Without this a write that waits for a closed window would wait for a minute more.
            let _ = self.0.shutdown(Shutdown::Both);
        });
        thread::spawn(move || {
            while stream.write_all(request).is_ok() {}
            let _ = reader.join();
        })
    }

    /// Writes until the other end takes nothing for `timeout`, or has closed the connection.
    ///
    /// # Panics
    /// If the stream refuses the timeout.
    pub fn fill(&self, timeout: Option<Duration>) {
        self.0.set_write_timeout(timeout).expect("a stream takes a timeout");
        while (&self.0).write_all(&[b'x'; 8192]).is_ok() {}
    }

    /// Ends our direction of the connection.
    ///
    /// # Panics
    /// If the connection has failed.
    pub fn finish_sending(&self) {
        self.0.shutdown(Shutdown::Write).expect("the connection stands");
    }

    /// Answers the next heartbeat of the client whose server this peer is.
    ///
    /// # Panics
    /// If something else comes.
    #[track_caller]
    pub fn answer(&mut self) {
        self.expect(b"HeartBeat");
        self.send(b"OK");
    }

    /// Ends the input of `client`, whose server this peer is, reads the end of its stream, closes
    /// the connection, and checks that the client ends with exit code 0 and this whole stdout.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn close_after(mut self, mut client: Program, stdout: &[u8]) {
        client.close_stdin();
        let _ = self.read_to_end();
        drop(self);
        let finished = client.finish().expect("the client ends");
        finished.expect_code(0);
        assert_same_bytes(&finished.stdout, stdout);
    }

    /// Closes the connection with a reset, as a host does that no longer knows the connection.
    ///
    /// # Panics
    /// If the stream refuses the option.
    pub fn reset(self) {
        let linger = socket2::SockRef::from(&self.0).set_linger(Some(Duration::ZERO));
        linger.expect("a stream takes SO_LINGER");
    }

    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.0
    }
}

/// A listening socket, for a server that is a [`Peer`].
pub struct Listener(TcpListener);

/// A listener whose queue of clients is full. Linux drops the segments of further ones, so a
/// connect neither succeeds nor fails. Systems beside Linux may refuse it.
pub struct Full {
    socket: socket2::Socket,
    _fills: TcpStream,
}

impl Full {
    /// Listens on a free port, and fills the queue.
    ///
    /// # Panics
    /// If loopback has no free port.
    #[must_use]
    pub fn bind() -> Self {
        let listen = || {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
            socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
            socket.listen(0)?;
            let address = socket.local_addr()?.as_socket().ok_or_else(no_ip)?;
            io::Result::Ok(Self { socket, _fills: TcpStream::connect(address)? })
        };
        listen().expect("loopback has a free port")
    }

    /// Where it listens, as `ADDRESS:PORT`.
    ///
    /// # Panics
    /// If the kernel does not know.
    #[must_use]
    pub fn address(&self) -> String {
        let address = self.socket.local_addr().ok().and_then(|address| address.as_socket());
        address.expect("it is bound").to_string()
    }

    /// Makes room for one client, and accepts it.
    ///
    /// # Panics
    /// If no client comes.
    #[must_use]
    pub fn accept(&self) -> Peer {
        self.socket.accept().expect("the client that fills the queue");
        Peer::new(self.socket.accept().expect("a client that tries again").0.into())
    }
}

fn no_ip() -> io::Error {
    io::Error::other("this is no IP address")
}

impl Listener {
    /// Listens on a free port of loopback.
    ///
    /// # Panics
    /// If there is no free port.
    #[must_use]
    pub fn bind() -> Self {
        Self::bind_to("127.0.0.1:0")
    }

    /// Listens at this address.
    ///
    /// # Panics
    /// If it is taken.
    #[must_use]
    pub fn bind_to(address: &str) -> Self {
        Self(TcpListener::bind(address).expect("the address is free"))
    }

    /// Accepts client after client from another thread until the test's process ends, and calls
    /// `serve` with each.
    pub fn serve(self, mut serve: impl FnMut(Peer) + Send + 'static) {
        thread::spawn(move || {
            while let Ok((stream, _)) = self.0.accept() {
                serve(Peer::new(stream));
            }
        });
    }

    /// Where it listens, as `ADDRESS:PORT`.
    ///
    /// # Panics
    /// Never: a bound listener has an address.
    #[must_use]
    pub fn address(&self) -> String {
        self.0.local_addr().expect("a bound listener has an address").to_string()
    }

    /// Waits for a client.
    ///
    /// # Panics
    /// If none comes within [`DEADLINE`].
    #[must_use]
    pub fn accept(&self) -> Peer {
        let listener = self.0.try_clone().expect("a descriptor is left");
        let (accepted, client) = mpsc::channel();
        thread::spawn(move || accepted.send(listener.accept()));
        let (stream, _) = client
            .recv_timeout(DEADLINE)
            .expect("a client connects before the deadline")
            .expect("the client can be accepted");
        Peer::new(stream)
    }

    /// Waits for a client, and answers its first heartbeat.
    ///
    /// # Panics
    /// If none comes within [`DEADLINE`], or if something else comes from it.
    #[must_use]
    #[track_caller]
    pub fn prove(&self) -> Peer {
        let mut peer = self.accept();
        peer.answer();
        peer
    }
}
