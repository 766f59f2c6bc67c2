//! What needs the inside of the server.

use std::io::Read as _;

use super::*;
use crate::listen::listen;

/// A moment to which no timeout can be added.
fn end_of_time() -> Instant {
    let later = |time: Instant, power| time.checked_add(Duration::from_secs(1_u64 << power));
    (0..64).rev().fold(Instant::now(), |time, power| later(time, power).unwrap_or(time))
}

#[cfg(unix)]
#[test]
fn a_client_whose_socket_has_no_tcp_nodelay_is_served() {
    use std::os::{fd::OwnedFd, unix::net::UnixStream};

    let timeout = Period::new(Duration::from_mins(1));
    let config = Config { timeout, probe: None, max_connections: 1, detect: Detect::Heartbeat };
    let (server, _stopper) = Server::new(listen("127.0.0.1:0").unwrap(), config);
    let (stream, _client) = UnixStream::pair().unwrap();
    let stream = TcpStream::from(OwnedFd::from(stream));
    stream.set_nodelay(true).expect_err("this socket has no such option");
    let place = server.places.take().unwrap();
    server.set_options(&Connection::new(1, stream, place)).expect("it is served");
}

#[test]
fn a_panic_of_the_reaper_stops_the_server_and_closes_every_connection() {
    let listeners = listen("127.0.0.1:0").unwrap();
    let address = listeners.addresses()[0];
    let timeout = Period::new(Duration::from_mins(1));
    let config = Config { timeout, probe: None, max_connections: 2, detect: Detect::Heartbeat };
    let (server, _stopper) = Server::new(listeners, config);

    // The reaper panics when it works out when this connection is due.
    let mut client = TcpStream::connect(address).unwrap();
    let (stream, _) = server.listeners.accept().unwrap();
    let place = server.places.take().unwrap();
    let connection = Arc::new(Connection::new(0, stream, place));
    server.queue.insert(0, connection, end_of_time());

    let (_, stop) = server.run().unwrap();
    assert_eq!(stop, Stop::Failed);
    client.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "the connection is closed");
}
