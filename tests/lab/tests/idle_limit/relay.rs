//! A relay for many connections that forgets the ones that are idle for too long, as a NAT or a
//! load balancer does.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::fd::AsFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::SockRef;

/// What happens to a connection that has been idle for the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Both ends see the end of the stream.
    Close,
    /// Both ends get a reset.
    Reset,
    /// Nothing until the next byte, which both ends get a reset for.
    ResetAtNextByte,
    /// From now on every byte is taken and dropped.
    Swallow,
}

pub(crate) struct Relay {
    pub(crate) address: String,
    cut: Arc<AtomicBool>,
}

impl Relay {
    /// A relay to `server` whose connections may be idle for `limit`.
    pub(crate) fn start(server: &str, mode: Mode, limit: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        listener.set_nonblocking(true).expect("a listener can be non-blocking");
        let address = listener.local_addr().expect("it is bound").to_string();
        let (server, cut) = (server.to_owned(), Arc::<AtomicBool>::default());
        let relay = Self { address, cut: Arc::clone(&cut) };
        thread::spawn(move || {
            let mut lines = Vec::new();
            loop {
                wait(&listener, &lines, limit)?;
                while let Ok((client, _)) = listener.accept() {
                    lines.push(Line::new(client, &server)?);
                }
                let is_cut = cut.load(Ordering::Acquire);
                lines.retain_mut(|line: &mut Line| line.carry(mode, limit, is_cut).is_ok());
            }
            #[allow(unreachable_code, reason = "the type of the `?`")]
            io::Result::Ok(())
        });
        relay
    }

    /// From now on nothing passes on any connection, and nobody is told.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
    }
}

/// Waits until something comes, or until a connection has been idle for the limit.
fn wait(listener: &TcpListener, lines: &[Line], limit: Duration) -> io::Result<()> {
    let expiries = lines.iter().filter(|line| !line.is_expired).map(|line| line.last + limit);
    let left = expiries.min().map(|at| at.saturating_duration_since(Instant::now()));
    let left = left.map_or(PollTimeout::NONE, |left| {
        PollTimeout::try_from(left + Duration::from_millis(1)).unwrap_or(PollTimeout::MAX)
    });
    let ends = lines.iter().flat_map(|line| line.ends.iter().flatten().map(AsFd::as_fd));
    let waited = [listener.as_fd()].into_iter().chain(ends);
    let mut waited: Vec<_> = waited.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
    poll(&mut waited, left)?;
    Ok(())
}

/// Why a connection is dropped from the relay.
struct Over;

/// A client's connection and the one to the server. An end that has closed is taken out.
struct Line {
    ends: [Option<TcpStream>; 2],
    last: Instant,
    is_expired: bool,
}

impl Line {
    fn new(client: TcpStream, server: &str) -> io::Result<Self> {
        let last = Instant::now();
        let ends = [client, TcpStream::connect(server)?];
        for end in &ends {
            end.set_nodelay(true)?;
            end.set_nonblocking(true)?;
        }
        Ok(Self { ends: ends.map(Some), last, is_expired: false })
    }

    fn carry(&mut self, mode: Mode, limit: Duration, is_cut: bool) -> Result<(), Over> {
        if !is_cut && !self.is_expired && self.last.elapsed() >= limit {
            self.is_expired = true;
            match mode {
                Mode::Close => return Err(Over),
                Mode::Reset => return self.reset(),
                Mode::ResetAtNextByte | Mode::Swallow => {}
            }
        }
        for [from, to] in [[0, 1], [1, 0]] {
            let mut block = [0; 4096];
            let Some(mut source) = self.ends[from].as_ref() else { continue };
            let is_silent = is_cut || self.is_expired && mode == Mode::Swallow;
            match source.read(&mut block) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Ok(1..) if self.is_expired && mode == Mode::ResetAtNextByte && !is_cut => {
                    return self.reset();
                }
                Ok(0) | Err(_) if is_silent => self.ends[from] = None,
                Ok(1..) if is_silent => {}
                Ok(0) => return Err(Over),
                Ok(count) => {
                    self.last = Instant::now();
                    let target = self.ends[to].as_ref();
                    let written = target.map(|mut target| target.write_all(&block[..count]));
                    if !matches!(written, Some(Ok(()))) {
                        return Err(Over);
                    }
                }
                Err(_) => return self.reset(),
            }
        }
        Ok(())
    }

    /// Closing a socket with a linger time of zero resets its connection.
    fn reset(&self) -> Result<(), Over> {
        for end in self.ends.iter().flatten() {
            let _ = SockRef::from(end).set_linger(Some(Duration::ZERO));
        }
        Err(Over)
    }
}
