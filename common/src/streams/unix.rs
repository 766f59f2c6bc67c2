//! The streams of a Unix process, each used through its descriptor.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    os::fd::{AsFd, BorrowedFd},
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

use super::Ready;

/// Whether stdout was closed when the program started. Before `main`, Rust's runtime opens
/// `/dev/null` in the place of a closed standard stream, so this must be looked at earlier.
static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

#[cfg(feature = "cli")] // a library runs nothing before the `main` of another program
#[ctor::ctor]
fn look_at_stdout() {
    let flags = fcntl(io::stdout(), FcntlArg::F_GETFD);
    STDOUT_CLOSED.store(flags == Err(Errno::EBADF), Ordering::Relaxed);
}

/// One of the standard streams. It waits until its descriptor is ready.
pub struct Stream(File);

/// The standard output's type.
pub type Stdout = Stream;

/// The standard input.
///
/// # Errors
/// When no descriptor is left.
pub fn stdin() -> io::Result<Stream> {
    Stream::of(io::stdin())
}

/// The standard output.
///
/// # Errors
/// When it cannot be written to: it is closed, or open for reading alone. Without the feature `cli`
/// a stdout that was closed when the program started is `/dev/null`, as in every Rust program.
pub fn stdout() -> io::Result<Stream> {
    if STDOUT_CLOSED.load(Ordering::Relaxed) {
        return Err(io::Error::other("it is closed"));
    }
    let flags = OFlag::from_bits_truncate(fcntl(io::stdout(), FcntlArg::F_GETFL)?);
    if flags & OFlag::O_ACCMODE == OFlag::O_RDONLY {
        return Err(io::Error::other("it is open for reading alone"));
    }
    Stream::of(io::stdout())
}

/// The standard error stream.
///
/// # Errors
/// When no descriptor is left.
pub fn stderr() -> io::Result<Stream> {
    Stream::of(io::stderr())
}

impl Stream {
    fn of(stream: impl AsFd) -> io::Result<Self> {
        Ok(Self(stream.as_fd().try_clone_to_owned()?.into()))
    }

    /// Calls `transfer` until it neither is interrupted nor would block. In between, waits until
    /// the stream is `ready`.
    fn transfer<T>(
        &self,
        ready: PollFlags,
        mut transfer: impl FnMut(&File) -> io::Result<T>,
    ) -> io::Result<T> {
        loop {
            match transfer(&self.0) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    wait(&mut [PollFd::new(self.as_fd(), ready)], None)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

/// Waits until one of the descriptors is ready, or until `deadline`.
///
/// # Errors
/// When poll(2) fails.
pub fn wait(descriptors: &mut [PollFd<'_>], deadline: Option<Instant>) -> io::Result<()> {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        // poll(2) counts in milliseconds: a rest of one is waited for whole.
        let left = left.map(|left| left.as_micros().div_ceil(1000));
        let limit = left.map_or(PollTimeout::NONE, |left| {
            PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX)
        });
        match poll(descriptors, limit) {
            Err(Errno::EINTR) => {}
            result => return result.map(|_| ()).map_err(io::Error::from),
        }
    }
}

/// Waits until a read of `connection` returns at once, until nobody reads `output` any more, or
/// until `deadline`.
///
/// # Errors
/// When poll(2) fails.
pub fn wait_for_bytes(
    connection: &TcpStream,
    output: &Stream,
    deadline: Option<Instant>,
) -> io::Result<Ready> {
    let mut watched = [
        PollFd::new(connection.as_fd(), PollFlags::POLLIN),
        PollFd::new(output.as_fd(), PollFlags::empty()), // ends and errors are always reported
    ];
    // macOS's poll(2) takes no terminals.
    let count = if cfg!(target_vendor = "apple") { 1 } else { 2 };
    wait(&mut watched[..count], deadline)?;
    Ok(match watched.map(|descriptor| descriptor.any() == Some(true)) {
        [_, true] => Ready::OutputGone,
        [true, false] => Ready::Bytes,
        [false, false] => Ready::Deadline,
    })
}

/// Whether nobody reads `output` any more.
pub fn reader_has_gone(output: &Stream) -> bool {
    let mut watched = [PollFd::new(output.as_fd(), PollFlags::empty())];
    let ended = PollFlags::POLLERR | PollFlags::POLLHUP;
    wait(&mut watched, Some(Instant::now())).is_ok()
        && watched[0].revents().is_some_and(|events| events.intersects(ended))
}

/// Whether an error of a write says that nobody reads any more.
pub fn says_reader_gone(error: &io::Error) -> bool {
    error.kind() == ErrorKind::BrokenPipe
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.transfer(PollFlags::POLLIN, |mut file| file.read(buffer))
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.transfer(PollFlags::POLLOUT, |mut file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Stream {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
