//! A relay between a client and a server that cuts a connection at an exact byte.
//!
//! Like a proxy it has a kernel of its own, which acknowledges what is never passed on. So it
//! plays a path whose middle fails, not a cut line.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use parking_lot::Mutex;
use socket2::SockRef;

/// Who sends the bytes that pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum From {
    Client,
    Server,
}

/// What happens to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Both ends get a reset.
    Reset,
    /// The stream ends there, in order. The other direction passes until its sender ends it.
    Close,
    /// Nothing passes any more, in either direction, and no end of a stream does. The connection
    /// stands, and the kernel of the relay takes everything.
    Swallow,
}

/// The end of a connection: it comes as soon as `after` bytes from one side have passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    pub from: From,
    pub after: u64,
    pub how: How,
}

/// A relay to one server. Dropping it ends its connections.
pub struct Relay {
    /// Where it listens, as `ADDRESS:PORT`.
    pub address: String,
    is_over: Arc<AtomicBool>,
    connections: Arc<Mutex<Vec<Connection>>>,
    acceptor: Option<JoinHandle<()>>,
}

struct Connection {
    passed: Arc<Passed>,
    /// Its two directions own the line. When both have ended, the sockets are closed.
    line: Weak<Line>,
    directions: [JoinHandle<()>; 2],
}

/// How many bytes have passed from each side.
#[derive(Default)]
struct Passed {
    from_client: AtomicU64,
    from_server: AtomicU64,
}

/// Both halves of one connection.
struct Line {
    client: TcpStream,
    server: TcpStream,
    cut: Option<Cut>,
    passed: Arc<Passed>,
    /// Nothing passes any more.
    is_cut: AtomicBool,
}

impl Relay {
    /// Listens on a free port of loopback, and carries each client's connection to `server`.
    /// `cut` is called with the number of the connection, from 0, and says where to cut it.
    ///
    /// # Errors
    /// When loopback has no free port.
    pub fn start(
        server: &str,
        mut cut: impl FnMut(usize) -> Option<Cut> + Send + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (is_over, connections) =
            (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<_>>>::default());
        let acceptor = {
            let (is_over, connections) = (Arc::clone(&is_over), Arc::clone(&connections));
            let server = server.to_owned();
            thread::spawn(move || {
                while let Ok((client, _)) = listener.accept()
                    && !is_over.load(Ordering::Acquire)
                {
                    // Where the server refuses, the client's connection ends at once.
                    if let Ok(server) = TcpStream::connect(&server) {
                        let mut connections = connections.lock();
                        let cut = cut(connections.len());
                        connections.push(Line::start(client, server, cut));
                    }
                }
            })
        };
        Ok(Self { address, is_over, connections, acceptor: Some(acceptor) })
    }

    /// How many bytes have passed from this side, on each connection.
    #[must_use]
    pub fn passed(&self, from: From) -> Vec<u64> {
        let connections = self.connections.lock();
        let passed = connections.iter().map(|connection| connection.passed.of(from));
        passed.map(|passed| passed.load(Ordering::Acquire)).collect()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Release);
        let is_woken = TcpStream::connect(&self.address).is_ok();
        if let Some(acceptor) = self.acceptor.take().filter(|_| is_woken) {
            let _ = acceptor.join();
        }
        for connection in self.connections.lock().drain(..) {
            if let Some(line) = connection.line.upgrade() {
                line.is_cut.store(true, Ordering::Release);
                let _ = line.client.shutdown(Shutdown::Both);
                let _ = line.server.shutdown(Shutdown::Both);
            }
            for direction in connection.directions {
                let _ = direction.join();
            }
        }
    }
}

impl Passed {
    fn of(&self, from: From) -> &AtomicU64 {
        match from {
            From::Client => &self.from_client,
            From::Server => &self.from_server,
        }
    }
}

impl Line {
    fn start(client: TcpStream, server: TcpStream, cut: Option<Cut>) -> Connection {
        for stream in [&client, &server] {
            let _ = stream.set_nodelay(true); // the relay must not delay what passes
        }
        let passed = Arc::<Passed>::default();
        let is_cut = AtomicBool::new(false);
        let line = Arc::new(Self { client, server, cut, passed: Arc::clone(&passed), is_cut });
        let weak = Arc::downgrade(&line);
        let directions = [(Arc::clone(&line), From::Client), (line, From::Server)]
            .map(|(line, from)| thread::spawn(move || line.carry(from)));
        Connection { passed, line: weak, directions }
    }

    /// Passes on what this side sends, to the end of its stream. What comes after a cut is read
    /// and dropped.
    fn carry(&self, from: From) {
        let (mut source, mut target) = match from {
            From::Client => (&self.client, &self.server),
            From::Server => (&self.server, &self.client),
        };
        let cut = self.cut.filter(|cut| cut.from == from);
        let mut left = cut.map(|cut| cut.after);
        let mut block = [0; 8 * 1024];
        loop {
            if left == Some(0)
                && let Some(cut) = cut
            {
                self.end(cut.how, target);
                return drop_rest(source);
            }
            let most = left.map_or(block.len(), |left| {
                usize::try_from(left).unwrap_or(usize::MAX).min(block.len())
            });
            match source.read(&mut block[..most]) {
                Ok(_) if self.is_cut.load(Ordering::Acquire) => {
                    return drop_rest(source);
                }
                Ok(0) => {
                    let _ = target.shutdown(Shutdown::Write);
                    return;
                }
                Ok(count) => {
                    self.passed.of(from).fetch_add(count as u64, Ordering::Release);
                    left = left.map(|left| left - count as u64);
                    // Whoever sees the last byte may answer at once: nothing of that may pass.
                    if left == Some(0) && cut.is_some_and(|cut| cut.how != How::Close) {
                        self.is_cut.store(true, Ordering::Release);
                    }
                    if target.write_all(&block[..count]).is_err() {
                        return; // the other direction reads the reason
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return self.end(How::Reset, target),
            }
        }
    }

    fn end(&self, how: How, target: &TcpStream) {
        match how {
            How::Close => _ = target.shutdown(Shutdown::Write),
            How::Swallow => self.is_cut.store(true, Ordering::Release),
            // Closing a socket with a linger time of zero resets its connection. Both sockets are
            // closed when both directions have ended, so their reads are woken.
            How::Reset => {
                self.is_cut.store(true, Ordering::Release);
                for stream in [&self.client, &self.server] {
                    let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
                    let _ = stream.shutdown(Shutdown::Read);
                }
            }
        }
    }
}

/// Takes what still comes.
fn drop_rest(mut source: &TcpStream) {
    let _ = io::copy(&mut source, &mut io::sink());
}
