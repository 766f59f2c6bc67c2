//! The streams of a Unix process, each used through its descriptor.

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    os::fd::{AsFd, BorrowedFd},
    sync::atomic::{AtomicBool, Ordering},
};

use nix::{
    errno::Errno,
    fcntl::{FcntlArg, OFlag, fcntl},
    poll::{PollFd, PollFlags, PollTimeout, poll},
};

/// Whether stdout was closed when the program started. Before `main`, Rust's runtime opens
/// `/dev/null` in the place of a closed standard stream, so this must be looked at earlier.
static STDOUT_CLOSED: AtomicBool = AtomicBool::new(false);

#[ctor::ctor]
fn look_at_stdout() {
    let flags = fcntl(io::stdout(), FcntlArg::F_GETFD);
    STDOUT_CLOSED.store(flags == Err(Errno::EBADF), Ordering::Relaxed);
}

/// One of the standard streams. It waits until its descriptor is ready.
pub struct Stream(File);

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
/// When it cannot be written to: it is closed, or open for reading alone.
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
                    wait(&mut [PollFd::new(self.as_fd(), ready)])?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

/// Waits until one of the descriptors is ready.
///
/// # Errors
/// When poll(2) fails.
pub fn wait(descriptors: &mut [PollFd<'_>]) -> io::Result<()> {
    loop {
        match poll(descriptors, PollTimeout::NONE) {
            Err(Errno::EINTR) => {}
            result => return result.map(|_| ()).map_err(io::Error::from),
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.transfer(PollFlags::POLLIN, |mut file| file.read(buffer))
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.transfer(PollFlags::POLLOUT, |mut file| file.write(bytes))
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
