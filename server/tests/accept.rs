//! What the server does when `accept` fails.
#![cfg(unix)]

use std::{io, net::TcpListener, time::Duration};

use common::{detect::Detect, period::Period};
use nix::errno::Errno::{self, *};
use server::{
    accept_error::{AfterError, what_follows},
    listeners::Listeners,
    server::{Config, Server},
    stopper::Stop,
};
use socket2::{Domain, Socket, Type};

#[track_caller]
fn check(errors: &[Errno], expected: AfterError) {
    for &errno in errors {
        let error = io::Error::from_raw_os_error(errno as i32);
        assert_eq!(what_follows(&error), expected, "{errno}");
    }
}

#[test]
fn an_error_of_one_client_does_not_delay_the_next() {
    check(
        &[
            ECONNABORTED,
            ECONNRESET,
            EHOSTDOWN,
            EHOSTUNREACH,
            EINTR,
            ENETDOWN,
            ENETUNREACH,
            ENOPROTOOPT,
            EOPNOTSUPP,
            EPERM,
            EPROTO,
            ETIMEDOUT,
        ],
        AfterError::Again,
    );
    #[cfg(target_os = "linux")]
    check(&[ENONET], AfterError::Again);
    let not_understood = io::Error::from(io::ErrorKind::InvalidInput);
    assert_eq!(what_follows(&not_understood), AfterError::Again);
}

#[test]
fn what_has_run_out_is_waited_for() {
    check(&[EMFILE, ENFILE, ENOBUFS, ENOMEM], AfterError::Pause);
}

#[test]
fn a_listener_that_no_longer_works_ends_the_server() {
    check(&[EBADF, EFAULT, EINVAL, ENOTSOCK], AfterError::End);

    // A socket that is bound and does not listen: accept fails with EINVAL.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let listener = TcpListener::from(socket);
    let timeout = Period::new(Duration::from_mins(1));
    let config = Config { timeout, probe: None, max_connections: 1, detect: Detect::Heartbeat };
    let (server, _stopper) = Server::new(Listeners::new(vec![listener]).unwrap(), config);
    let (totals, stop) = server.run().unwrap();
    assert_eq!((totals.served, stop), (0, Stop::Failed));
}
