//! A connection whose both ends the test holds.

use std::net::{SocketAddr, TcpListener, TcpStream};

use tests::DEADLINE;

pub(crate) fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    (listener, address)
}

/// A client's end. A read that takes too long fails the test.
pub(crate) fn connect(server: SocketAddr) -> TcpStream {
    with_deadline(TcpStream::connect(server).expect("the server listens"))
}

/// The client's end and the server's end of a new connection.
pub(crate) fn pair(listener: &TcpListener) -> (TcpStream, TcpStream) {
    let client = connect(listener.local_addr().expect("it has an address"));
    let (server, _) = listener.accept().expect("a client waits");
    (client, with_deadline(server))
}

fn with_deadline(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(DEADLINE)).expect("a stream takes a timeout");
    stream
}

/// Writes until no more fits.
pub(crate) fn fill(mut stream: &TcpStream) {
    use std::io::Write as _;

    stream.set_nonblocking(true).expect("a stream can be so");
    while stream.write(&[b'x'; 8192]).is_ok() {}
    stream.set_nonblocking(false).expect("a stream can be so");
}
