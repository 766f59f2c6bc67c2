//! A relay between the client and the server that sees everything that passes. It forwards bytes,
//! the end of a stream and a reset as they come.
//!
//! It cannot play a cut line: its own kernel would go on acknowledging.

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

use super::event::{Content, Role};

pub struct Relay {
    pub address: String,
    /// The two directions own the line. When the second one ends, the sockets are closed.
    line: Weak<Line>,
}

/// Both halves of the connection, once there is one.
#[derive(Default)]
struct Line {
    ends: std::sync::OnceLock<[TcpStream; 2]>,
    is_reset: AtomicBool,
}

impl Relay {
    /// A relay to `server`. It calls `seen` with everything that passes, before forwarding it.
    pub fn start(
        server: &str,
        seen: impl Fn(Role, Content) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (server, line, seen) = (server.to_owned(), Arc::<Line>::default(), Arc::new(seen));
        let relay = Self { address, line: Arc::downgrade(&line) };
        thread::spawn(move || {
            line.connect(&listener, &server)?;
            let (other, seen_there) = (Arc::clone(&line), Arc::clone(&seen));
            thread::spawn(move || other.carry(Role::Server, &*seen_there));
            line.carry(Role::Client, &*seen);
            io::Result::Ok(())
        });
        Ok(relay)
    }

    pub fn reset(self) {
        self.line.upgrade().into_iter().for_each(|line| line.reset());
    }
}

impl Line {
    fn connect(&self, listener: &TcpListener, server: &str) -> io::Result<()> {
        let (client, _) = listener.accept()?;
        let server = TcpStream::connect(server)?;
        for stream in [&client, &server] {
            stream.set_nodelay(true)?; // the relay must not delay what passes
        }
        let _ = self.ends.set([client, server]);
        Ok(())
    }

    /// Forwards everything that `from` sends, until its stream ends.
    fn carry(&self, from: Role, seen: &(impl Fn(Role, Content) + ?Sized)) {
        let Some([client, server]) = self.ends.get() else { return };
        let (mut source, mut target) = match from {
            Role::Client => (client, server),
            Role::Server => (server, client),
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
                        return; // the other direction reads the reason
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

    /// Closing a socket with a linger time of zero resets its connection. The sockets are closed
    /// when both directions have ended, so their reads are woken.
    fn reset(&self) {
        self.is_reset.store(true, Ordering::Release);
        for stream in self.ends.get().into_iter().flatten() {
            let _ = SockRef::from(stream).set_linger(Some(Duration::ZERO));
            let _ = stream.shutdown(Shutdown::Read);
        }
    }
}
