//! `TCP_NODELAY`.

use std::net::{TcpListener, TcpStream};

use common::nodelay::send_at_once;

#[test]
fn small_writes_leave_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    send_at_once(&stream);
    assert!(stream.nodelay().unwrap());
}

#[cfg(unix)]
#[test]
fn a_connection_whose_system_refuses_the_option_is_used_all_the_same() {
    use std::{
        io::{Read as _, Write as _},
        os::{fd::OwnedFd, unix::net::UnixStream},
    };

    // A Unix socket has no such option.
    let (refuses, mut peer) = UnixStream::pair().unwrap();
    let mut stream = TcpStream::from(OwnedFd::from(refuses));
    assert!(stream.set_nodelay(true).is_err());
    send_at_once(&stream);
    stream.write_all(b"hello").unwrap();
    let mut received = [0; 5];
    peer.read_exact(&mut received).unwrap();
    assert_eq!(&received, b"hello");
}
