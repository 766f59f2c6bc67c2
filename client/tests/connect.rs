//! The addresses of a server: which one is taken, and which reason is reported.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use socket2::{Domain, Socket, Type};

use client::connect::first_that_answers;

/// An address that is bound, and on which nobody listens.
fn closed() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    let address = socket.local_addr().ok().and_then(|it| it.as_socket()).expect("it is bound");
    (socket, address)
}

#[test]
fn each_address_is_tried() {
    let (_closed, refuses) = closed();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let answers = listener.local_addr().unwrap();
    let (_, address) = first_that_answers([refuses, refuses, answers].into_iter()).unwrap();
    assert_eq!(address, answers);
}

#[test]
fn a_refusal_is_reported_before_a_later_failure() {
    let (_closed, refuses) = closed();
    let unreachable = SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 0], 0));
    let error = first_that_answers([refuses, unreachable].into_iter()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}
