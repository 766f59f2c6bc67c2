//! The race for the first address that answers, in the way of RFC 8305 ("Happy Eyeballs").
//!
//! The families of the addresses alternate. The next address is tried as soon as the last one
//! has failed, or a quarter of a second after its attempt began. The first connection wins, and
//! the other attempts are dropped. There is one budget of time for all of them.

use std::{
    collections::VecDeque,
    io,
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use common::{
    address::Failures,
    ready::{For, ready},
};
#[cfg(unix)]
use nix::errno::Errno;
use socket2::{Domain, Protocol, Socket, Type};

use crate::budget::Budget;

/// Asked for before a connection is made, so that its buffer does not grow. When our output is
/// slow, a server can see that it is taken only in steps of this buffer. The price is a window of
/// about 64 KiB: more than a lecture needs, and a limit on a path with long round trips.
const RECEIVE_BUFFER: usize = 32 * 1024;

/// How long an address is tried alone (RFC 8305, "Connection Attempt Delay").
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to the first of these addresses that answers. When a notice about the search is due,
/// `say` is called with the addresses that are being tried.
///
/// # Errors
/// When no address can be connected to within the budget; the failures name each address.
pub fn race(
    addresses: &[SocketAddr],
    budget: &mut Budget,
    say: impl FnMut(&[SocketAddr]),
) -> Result<(TcpStream, SocketAddr), Failures> {
    budget.renew_notice(Instant::now());
    connect(interleaved(addresses), budget, say)
}

/// The addresses in the resolver's order, except that their families alternate, as RFC 8305
/// (section 4) asks. One family may be out of order as a whole.
pub fn interleaved(addresses: &[SocketAddr]) -> VecDeque<SocketAddr> {
    let first_family = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut ours, mut others): (VecDeque<_>, VecDeque<_>) =
        addresses.iter().copied().partition(|address| address.is_ipv6() == first_family);
    let mut ordered = VecDeque::with_capacity(addresses.len());
    while !(ours.is_empty() && others.is_empty()) {
        ordered.extend(ours.pop_front());
        ordered.extend(others.pop_front());
    }
    ordered
}

fn timed_out() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "connection timed out")
}

fn connect(
    mut waiting: VecDeque<SocketAddr>,
    budget: &mut Budget,
    mut say: impl FnMut(&[SocketAddr]),
) -> Result<(TcpStream, SocketAddr), Failures> {
    let mut underway: Vec<Attempt> = Vec::new();
    let mut failures = Failures::default();
    let mut next = Instant::now();
    loop {
        let now = Instant::now();
        if (now >= next || underway.is_empty())
            && let Some(address) = waiting.pop_front()
        {
            match Attempt::begin(address) {
                Ok(attempt) => {
                    underway.push(attempt);
                    next = now + ATTEMPT_DELAY;
                }
                Err(error) => {
                    failures.0.push((address, error));
                    next = now;
                    continue;
                }
            }
        }
        if underway.is_empty() {
            return Err(failures);
        }
        let until = budget.wake((!waiting.is_empty()).then_some(next));
        let done = match wait(&underway, until) {
            Ok(done) => done,
            Err(error) => {
                failures.0.push((underway[0].address, error));
                return Err(failures);
            }
        };
        let now = Instant::now();
        // From the back, so that the indices before stay right.
        for &index in done.iter().rev() {
            let attempt = underway.remove(index);
            let address = attempt.address;
            match attempt.finish() {
                Ok(stream) => return Ok((stream, address)),
                Err(error) => failures.0.push((address, error)),
            }
            next = now;
        }
        budget.forgive(until, now);
        if budget.is_spent(now) {
            let late = underway.iter().map(|attempt| attempt.address).chain(waiting);
            failures.0.extend(late.map(|address| (address, timed_out())));
            return Err(failures);
        }
        if budget.notice_is_due(now) {
            say(&underway.iter().map(|attempt| attempt.address).collect::<Vec<_>>());
        }
    }
}

/// Waits until an attempt has an outcome, or until `deadline`. Returns the indices of those that
/// have one.
fn wait(attempts: &[Attempt], deadline: Instant) -> io::Result<Vec<usize>> {
    let sockets: Vec<_> = attempts.iter().map(|attempt| &attempt.socket).collect();
    let ready = ready(&sockets, For::Writing, Some(deadline))?;
    Ok((0..ready.len()).filter(|&index| ready[index]).collect())
}

/// One attempt: a socket that connects while others do.
struct Attempt {
    address: SocketAddr,
    socket: Socket,
}

impl Attempt {
    /// Begins to connect. An address that the kernel has no way to fails here.
    fn begin(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER); // as good as the system allows
        socket.set_nonblocking(true)?;
        match socket.connect(&address.into()) {
            Err(error) if goes_on(&error) => {}
            begun => begun?,
        }
        Ok(Self { address, socket })
    }

    /// The outcome of an attempt that [`wait`] has returned.
    fn finish(self) -> io::Result<TcpStream> {
        if let Some(error) = self.socket.take_error()? {
            return Err(error);
        }
        self.socket.set_nonblocking(false)?;
        let stream = TcpStream::from(self.socket);
        // TCP connects a socket to itself if the kernel chooses the very port that is tried
        // for our end (RFC 9293, "simultaneous open"). Nobody listens there.
        if stream.local_addr()? == stream.peer_addr()? {
            return Err(io::Error::from_raw_os_error(REFUSED));
        }
        Ok(stream)
    }
}

/// Whether an error of `connect` says that the outcome comes later.
#[cfg(unix)]
fn goes_on(error: &io::Error) -> bool {
    let errno = Errno::from_raw(error.raw_os_error().unwrap_or_default());
    matches!(errno, Errno::EINPROGRESS | Errno::EINTR)
}

#[cfg(windows)]
fn goes_on(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

#[cfg(unix)]
const REFUSED: i32 = Errno::ECONNREFUSED as i32;

#[cfg(windows)]
const REFUSED: i32 = 10061; // WSAECONNREFUSED
