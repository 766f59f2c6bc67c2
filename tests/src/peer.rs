//! Peers that speak raw TCP.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::mpsc,
    thread::{self, JoinHandle},
    time::Duration,
};

use crate::DEADLINE;

/// One end of a TCP connection. Reads that take longer than the deadline fail the test.
pub struct Peer(TcpStream);

impl Peer {
    /// Connects to a server.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn connect(address: &str) -> Self {
        Self::new(TcpStream::connect(address).expect("the server accepts"))
    }

    /// Takes a stream.
    ///
    /// # Panics
    /// If the stream takes no time limit.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(DEADLINE)).expect("a stream takes a time limit");
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
    /// If something else comes, or not enough.
    #[track_caller]
    pub fn expect(&mut self, expected: &[u8]) {
        let mut received = vec![0; expected.len()];
        self.0.read_exact(&mut received).unwrap_or_else(|error| {
            panic!("{} was expected: {error}", expected.escape_ascii());
        });
        assert_eq!(received.escape_ascii().to_string(), expected.escape_ascii().to_string());
    }

    /// Sends `request` and reads exactly `reply`.
    #[track_caller]
    pub fn ask(&mut self, request: &[u8], reply: &[u8]) {
        self.send(request);
        self.expect(reply);
    }

    /// Reads once, and returns how many bytes came; none at the end of the stream.
    ///
    /// # Panics
    /// If nothing comes within the deadline, or the connection is reset.
    pub fn read(&mut self, block: &mut [u8]) -> usize {
        loop {
            match self.0.read(block) {
                Ok(count) => return count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => panic!("nothing comes: {error}"),
            }
        }
    }

    /// Reads what comes until the stream ends.
    ///
    /// # Panics
    /// If the stream does not end within the deadline, or is reset.
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

    /// Sends `request` over and over, and reads what comes, from two threads that end when the
    /// other end closes the connection.
    ///
    /// # Panics
    /// If no descriptor is left.
    #[must_use]
    pub fn flood(self, request: &'static [u8]) -> JoinHandle<()> {
        let mut stream = self.0.try_clone().expect("a descriptor is left");
        let reader = thread::spawn(move || {
            let _ = io::copy(&mut &self.0, &mut io::sink());
            // A write that waits for a closed window would not learn of it for a minute.
            let _ = self.0.shutdown(Shutdown::Both);
        });
        thread::spawn(move || {
            while stream.write_all(request).is_ok() {}
            let _ = reader.join();
        })
    }

    /// Says that nothing more will be sent.
    ///
    /// # Panics
    /// If the connection has failed.
    pub fn finish_sending(&self) {
        self.0.shutdown(Shutdown::Write).expect("the connection stands");
    }

    /// Closes the connection with a reset, as a host does that knows nothing of it.
    ///
    /// # Panics
    /// If the stream refuses the option.
    pub fn reset(self) {
        socket2::SockRef::from(&self.0).set_linger(Some(Duration::ZERO)).expect("it can be set");
    }

    /// The stream itself.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.0
    }
}

/// A server made of one raw connection.
pub struct Listener(TcpListener);

impl Listener {
    /// Listens on a free port of loopback.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn bind() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").expect("loopback has a free port"))
    }

    /// Where it listens.
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
    /// If none comes within the deadline.
    #[must_use]
    pub fn accept(&self) -> Peer {
        let listener = self.0.try_clone().expect("a descriptor is left");
        let (accepted, client) = mpsc::channel();
        thread::spawn(move || accepted.send(listener.accept()));
        let (stream, _) = client
            .recv_timeout(DEADLINE)
            .expect("a client connects in time")
            .expect("it can be accepted");
        Peer::new(stream)
    }
}
