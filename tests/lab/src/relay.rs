//! A relay between the client and the server that sees what passes. It hands everything on
//! as it comes: bytes, the end of a stream, a reset.
//!
//! It is no line that can be cut: its kernel would go on acknowledging.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use socket2::SockRef;

use super::event::{Content, Side};

/// A relay for one connection.
pub struct Relay {
    address: String,
    /// The two directions hold it: with the last of them the sockets are closed.
    line: Weak<Line>,
}

/// Both halves of the connection, once there is one.
#[derive(Default)]
struct Line {
    ends: std::sync::OnceLock<[TcpStream; 2]>,
    is_reset: AtomicBool,
}

impl Relay {
    /// A relay to `server`. Whatever passes is shown to `seen` before it is handed on.
    ///
    /// # Errors
    /// When loopback has no free port, or a thread cannot be started.
    pub fn start(
        server: &str,
        seen: impl Fn(Side, Content) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (server, line, seen) = (server.to_owned(), Arc::<Line>::default(), Arc::new(seen));
        let relay = Self { address, line: Arc::downgrade(&line) };
        thread::Builder::new().name("relay".to_owned()).spawn(move || {
            line.connect(&listener, &server)?;
            let (other, seen_there) = (Arc::clone(&line), Arc::clone(&seen));
            let back = thread::Builder::new().name("relay-back".to_owned());
            back.spawn(move || other.carry(Side::Server, &*seen_there))?;
            line.carry(Side::Client, &*seen);
            io::Result::Ok(())
        })?;
        Ok(relay)
    }

    /// Where the client has to connect to.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Resets the connection on both sides.
    pub fn reset(self) {
        self.line.upgrade().into_iter().for_each(|line| line.reset());
    }
}

impl Line {
    fn connect(&self, listener: &TcpListener, server: &str) -> io::Result<()> {
        let (client, _) = listener.accept()?;
        let server = TcpStream::connect(server)?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?; // what passes must not be held up
        }
        let _ = self.ends.set([client, server]);
        Ok(())
    }

    /// Carries what `from` sends to the other side, until its stream ends.
    fn carry(&self, from: Side, seen: &(impl Fn(Side, Content) + ?Sized)) {
        let Some([client, server]) = self.ends.get() else { return };
        let (mut source, mut target) = match from {
            Side::Client => (client, server),
            Side::Server => (server, client),
        };
        let mut block = [0; 8 * 1024];
        loop {
            match source.read(&mut block) {
                Ok(0) if self.is_reset.load(Ordering::Acquire) => return,
                Ok(0) => {
                    seen(from, Content::EndOfStream);
                    let _ = target.shutdown(Shutdown::Write);
                    return;
                }
                Ok(count) => {
                    seen(from, Content::Bytes(block[..count].to_vec()));
                    if target.write_all(&block[..count]).is_err() {
                        return; // the other direction finds out why
                    }
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => {
                    if !self.is_reset.load(Ordering::Acquire) {
                        seen(from, Content::Reset);
                        self.reset();
                    }
                    return;
                }
            }
        }
    }

    /// A connection that is closed without lingering is reset; it is closed when both
    /// directions have let go of it, for which their reads are woken.
    fn reset(&self) {
        self.is_reset.store(true, Ordering::Release);
        for stream in self.ends.get().into_iter().flatten() {
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            let _ = stream.shutdown(Shutdown::Read);
        }
    }
}
