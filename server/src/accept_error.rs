//! What an error of `accept` says, and so what the server does next.
//!
//! Most errors are those of one client, which was about to be accepted and is gone (accept(2)).
//! They must not delay the next client.

use std::io;

/// What the server does after an error of `accept`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterError {
    /// The error was one client's: accept the next one at once.
    Again,
    /// Something has run out, or the error is unknown. Trying again at once would only use up the
    /// processor.
    Pause,
    /// The listener no longer works.
    End,
}

/// What follows from an error of `accept`.
#[cfg(unix)]
pub fn what_follows(error: &io::Error) -> AfterError {
    use nix::errno::Errno;

    let Some(errno) = error.raw_os_error() else {
        return AfterError::Again; // std did not understand the client's address
    };
    match Errno::from_raw(errno) {
        Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM => AfterError::Pause,
        // Errors of the network are passed on from the client that waited; a firewall forbids a
        // client with EPERM.
        Errno::ECONNABORTED
        | Errno::ECONNRESET
        | Errno::EHOSTDOWN
        | Errno::EHOSTUNREACH
        | Errno::EINTR
        | Errno::ENETDOWN
        | Errno::ENETUNREACH
        | Errno::ENOPROTOOPT
        | Errno::EOPNOTSUPP
        | Errno::EPERM
        | Errno::EPROTO
        | Errno::EPROTONOSUPPORT
        | Errno::ESOCKTNOSUPPORT
        | Errno::ETIMEDOUT => AfterError::Again,
        #[cfg(target_os = "linux")]
        Errno::ENONET => AfterError::Again,
        Errno::EBADF | Errno::EFAULT | Errno::EINVAL | Errno::ENOTSOCK => AfterError::End,
        _ => AfterError::Pause,
    }
}

/// What follows from an error of `accept`.
#[cfg(windows)]
pub fn what_follows(error: &io::Error) -> AfterError {
    use windows_sys::Win32::Networking::WinSock::{
        WSAECONNABORTED, WSAECONNRESET, WSAEFAULT, WSAEINVAL, WSAENOTCONN, WSAENOTSOCK,
        WSAEOPNOTSUPP,
    };

    match error.raw_os_error() {
        // Wine gives WSAENOTCONN for a client that has reset its connection.
        None | Some(WSAECONNABORTED | WSAECONNRESET | WSAENOTCONN) => AfterError::Again,
        Some(WSAEFAULT | WSAEINVAL | WSAENOTSOCK | WSAEOPNOTSUPP) => AfterError::End,
        Some(_) => AfterError::Pause,
    }
}
