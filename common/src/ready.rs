//! Waiting for one of several sockets, with poll(2) or its counterpart on Windows.

#[cfg(unix)]
use std::os::fd::AsFd as AsSocket;
#[cfg(windows)]
use std::os::windows::io::AsSocket;
use std::{io, time::Instant};

/// What a socket can be ready for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// A read, or `accept`, returns at once.
    Reading,
    /// A write returns at once; or the attempt to connect has an outcome.
    Writing,
}

/// Waits until a socket is ready or has failed, or until `deadline`. Returns for each whether it has.
///
/// Before Windows 10 version 2004 a failed attempt to connect is not noticed.
///
/// # Errors
/// When the system cannot wait for these sockets.
pub fn ready<S: AsSocket>(
    sockets: &[S],
    what: For,
    deadline: Option<Instant>,
) -> io::Result<Vec<bool>> {
    #[cfg(unix)]
    {
        use nix::poll::{PollFd, PollFlags};

        let flags = match what {
            For::Reading => PollFlags::POLLIN,
            For::Writing => PollFlags::POLLOUT,
        };
        let entry = |socket| PollFd::new(S::as_fd(socket), flags);
        let mut entries: Vec<_> = sockets.iter().map(entry).collect();
        crate::streams::wait(&mut entries, deadline)?;
        Ok(entries.iter().map(|entry| entry.any().unwrap_or(true)).collect())
    }
    #[cfg(windows)]
    {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};

        // Urgent bytes, which nobody reads, would make `IN` true for ever.
        let flags = match what {
            For::Reading => PollFlags::RDNORM,
            For::Writing => PollFlags::OUT,
        };
        let left = deadline.map(|it| it.saturating_duration_since(Instant::now()));
        let limit = left.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
        let entry = |socket| PollFd::new(socket, flags);
        let mut entries: Vec<_> = sockets.iter().map(entry).collect();
        poll(&mut entries, limit.as_ref())?;
        Ok(entries.iter().map(|entry| !entry.revents().is_empty()).collect())
    }
}
