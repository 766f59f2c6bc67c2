//! What both programs do with a connected socket, and what differs there between the systems.
//!
//! A thread blocks in a read or a write until another thread ends the connection. On Unix a
//! shutdown wakes it. On Windows it does not (rust-lang/rust#121594), so there the blocked call is
//! cancelled, too.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

use crate::address::Failures;
#[cfg(windows)]
use crate::windows;

/// Connects to the first of these addresses that answers. Each of them gets `limit` for that.
///
/// # Errors
/// Why each address failed.
pub fn connect_within(addresses: &[SocketAddr], limit: Duration) -> Result<TcpStream, Failures> {
    let mut failures = Failures::default();
    for address in addresses {
        match TcpStream::connect_timeout(address, limit) {
            Ok(stream) => return Ok(stream),
            Err(error) => failures.0.push((*address, error)),
        }
    }
    Err(failures)
}

/// Lets small writes leave at once, also while earlier ones are not acknowledged (`TCP_NODELAY`,
/// tcp(7)).
///
/// This makes a connection faster and not more correct, so a system that refuses it is not an
/// error. macOS refuses it when the peer has reset the connection already.
pub fn send_at_once(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}

/// Ends the connection, and wakes whoever reads from it or writes to it. A connection that is
/// already gone refuses to be shut down, which is as good.
pub fn shut_down(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
    // The order matters: a call that begins after the shutdown fails by itself.
    #[cfg(windows)]
    windows::cancel_blocked_calls(stream);
}

/// Whether an error of a write says only that the connection has ended: by its peer, or by another
/// thread of ours.
pub fn says_ended(error: &io::Error) -> bool {
    #[cfg(windows)]
    if windows::says_shut_down(error) {
        return true;
    }
    // A write that is cancelled may say that it has written nothing.
    matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::WriteZero)
}

/// Reads once, for `limit` at most if there is one. The limit stays with the socket.
///
/// # Errors
/// `WouldBlock` when the limit has passed, on every system; else those of a read.
pub fn read_within(
    mut stream: &TcpStream,
    buffer: &mut [u8],
    limit: Option<Duration>,
) -> io::Result<usize> {
    // macOS refuses a limit for a connection that was reset: the read then says so.
    let _ = stream.set_read_timeout(limit);
    // What a limited call may take or give is not known when it ends at its limit, so it takes
    // nothing there.
    #[cfg(windows)]
    if let Some(limit) = limit {
        windows::limited(limit, || stream.peek(&mut [0]))?;
    }
    stream.read(buffer)
}

/// Writes once, for `limit` at most. A socket has one limit for all writers, so there may be no
/// other writer meanwhile.
///
/// On Windows it is assumed that a write whose limit passes has put nothing into the send buffer.
/// Microsoft says only that the state of the connection is then not known (`SO_SNDTIMEO`).
///
/// # Errors
/// `WouldBlock` when the limit has passed, on every system; else those of a write.
pub fn write_within(mut stream: &TcpStream, bytes: &[u8], limit: Duration) -> io::Result<usize> {
    let _ = stream.set_write_timeout(Some(limit));
    #[cfg(not(windows))]
    let written = stream.write(bytes);
    #[cfg(windows)]
    let written = windows::limited(limit, || stream.write(bytes));
    let _ = stream.set_write_timeout(None);
    written
}
