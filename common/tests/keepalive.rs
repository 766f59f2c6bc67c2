//! Keepalive's options on real sockets.
#![cfg(target_os = "linux")]

use std::{
    net::{TcpListener, TcpStream},
    os::{fd::OwnedFd, unix::net::UnixStream},
    time::Duration,
};

use common::detect::{Held, Keepalive};
use socket2::SockRef;

const GOOD: Keepalive = Keepalive {
    idle: Duration::from_mins(1),
    interval: Duration::from_secs(5),
    count: 3,
    user_timeout: None,
};

/// What a kernel holds that has taken all of it.
fn all_of(keepalive: Keepalive) -> Held {
    let Keepalive { idle, interval, count, user_timeout } = keepalive;
    Held { idle, interval, count: Some(count), user_timeout }
}

fn connected() -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    TcpStream::connect(address).expect("it listens")
}

#[test]
fn a_user_timeout_that_nobody_asked_for_is_left_alone() {
    let stream = connected();
    let before = Some(Duration::from_secs(12));
    SockRef::from(&stream).set_tcp_user_timeout(before).unwrap();
    let held = GOOD.apply(&stream).unwrap();
    assert_eq!(SockRef::from(&stream).tcp_user_timeout().unwrap(), before);
    assert_eq!(held, all_of(GOOD));
}

#[test]
fn every_option_that_is_asked_for_is_set() {
    let stream = connected();
    let wanted = Keepalive { user_timeout: Some(Duration::from_secs(30)), ..GOOD };
    assert_eq!(wanted.apply(&stream).unwrap(), all_of(wanted));
    let socket = SockRef::from(&stream);
    assert!(socket.keepalive().unwrap());
    assert_eq!(socket.tcp_keepalive_time().unwrap(), wanted.idle);
    assert_eq!(socket.tcp_keepalive_interval().unwrap(), wanted.interval);
    assert_eq!(socket.tcp_keepalive_retries().unwrap(), wanted.count);
    assert_eq!(socket.tcp_user_timeout().unwrap(), wanted.user_timeout);
}

#[test]
fn an_error_names_the_option_that_was_refused() {
    let too_long = Duration::from_hours(10); // the kernel takes 32767 s
    for (refused, option) in [
        (Keepalive { idle: too_long, ..GOOD }, "TCP_KEEPIDLE"),
        (Keepalive { interval: too_long, ..GOOD }, "TCP_KEEPINTVL"),
        (Keepalive { count: 128, ..GOOD }, "TCP_KEEPCNT"),
        (Keepalive { user_timeout: Some(Duration::from_hours(1000)), ..GOOD }, "TCP_USER_TIMEOUT"),
    ] {
        let error = refused.apply(&connected()).unwrap_err().to_string();
        assert!(error.starts_with(&format!("cannot set {option}: ")), "{error}");
    }
}

#[test]
fn a_socket_without_the_option_is_refused_by_name() {
    let (stream, _other) = UnixStream::pair().unwrap();
    let stream = TcpStream::from(OwnedFd::from(stream));
    let error = GOOD.apply(&stream).unwrap_err().to_string();
    assert!(error.starts_with("cannot set TCP_KEEPIDLE: "), "{error}");
}
