//! How a conversation's end is told from another.

use std::{
    io::Write as _,
    net::{TcpListener, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use server::{
    connection::Connection, conversation::Conversation, ending::Ending, timeout_queue::TimeoutQueue,
};

const TIMEOUT: Duration = Duration::from_mins(1);

/// A client that says `hello`, and its connection in a queue.
fn connected() -> (TcpStream, Arc<Connection>, TimeoutQueue<Arc<Connection>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(b"hello\n").expect("it is connected");
    let connection = Arc::new(Connection::new(1, listener.accept().expect("a client").0));
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, Arc::clone(&connection), Instant::now());
    (client, connection, queue)
}

#[test]
fn a_client_that_ends_its_stream_has_closed() {
    let (client, connection, queue) = connected();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let (ending, traffic) = Conversation::new(&connection, &queue, None).run(|| false);
    assert!(matches!(ending, Ending::ClosedByClient), "{ending}");
    assert_eq!((traffic.bytes_in, traffic.bytes_out), (6, 6));
    assert_eq!(queue.next_deadline(), None, "it has left the queue");
}

#[test]
fn a_byte_that_comes_too_late_does_not_turn_an_eviction_into_a_close() {
    let (_client, connection, queue) = connected();
    assert_eq!(queue.expire(Instant::now() + TIMEOUT).len(), 1); // and the reaper is about to evict it
    let (ending, traffic) = Conversation::new(&connection, &queue, None).run(|| false);
    assert!(matches!(ending, Ending::Evicted(_)), "{ending}");
    assert_eq!((traffic.bytes_in, traffic.bytes_out), (6, 0));
}

#[test]
fn a_byte_that_comes_when_the_server_stops_does_not_turn_the_stop_into_anything_else() {
    let (_client, connection, queue) = connected();
    drop(queue.drain());
    let (ending, _) = Conversation::new(&connection, &queue, None).run(|| true);
    assert!(matches!(ending, Ending::ServerStopped), "{ending}");
}

#[test]
fn an_eviction_is_no_end_of_the_clients_stream() {
    let (_client, connection, queue) = connected();
    connection.evict(TIMEOUT);
    let (ending, _) = Conversation::new(&connection, &queue, None).run(|| false);
    assert!(matches!(ending, Ending::Evicted(_)), "{ending}");
}
