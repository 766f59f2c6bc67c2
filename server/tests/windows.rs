//! What the server does when `accept` fails on Windows.
#![cfg(windows)]

use std::io;

use server::accept_error::{AfterError, what_follows};

#[test]
fn each_error_of_accept_has_its_consequence() {
    for (code, consequence) in [
        (10053, AfterError::Again), // WSAECONNABORTED
        (10054, AfterError::Again), // WSAECONNRESET
        (10024, AfterError::Pause), // WSAEMFILE
        (10055, AfterError::Pause), // WSAENOBUFS
        (10050, AfterError::Pause), // WSAENETDOWN
        (10038, AfterError::End),   // WSAENOTSOCK
        (10022, AfterError::End),   // WSAEINVAL
        (10014, AfterError::End),   // WSAEFAULT
        (10045, AfterError::End),   // WSAEOPNOTSUPP
    ] {
        let error = io::Error::from_raw_os_error(code);
        assert_eq!(what_follows(&error), consequence, "{error}");
    }
}
