//! Why a conversation ended, where two reasons meet.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use common::verdict::Verdict;
use server::{
    connection::{Connection, Cut},
    conversation::Conversation,
    ending::Ending,
    limits::Places,
    timeout_queue::TimeoutQueue,
};

const TIMEOUT: Duration = Duration::from_mins(1);

/// A client that says `hello`, and its connection in a queue.
fn connected() -> (TcpStream, Arc<Connection>, TimeoutQueue<Arc<Connection>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let mut client = TcpStream::connect(address).expect("it listens");
    client.write_all(b"hello\n").expect("it is connected");
    let place = Places::new(1).take().expect("a place");
    let connection = Arc::new(Connection::new(1, listener.accept().expect("a client").0, place));
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, Arc::clone(&connection), Instant::now());
    (client, connection, queue)
}

#[test]
fn a_client_that_ends_its_stream_has_closed() {
    let (client, connection, queue) = connected();
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let (ending, traffic) = Conversation::new(&connection, &queue, None).run();
    assert!(matches!(ending, Ending::ClosedByClient), "{ending}");
    assert_eq!((traffic.bytes_in, traffic.bytes_out), (6, 6));
    assert_eq!(queue.next_deadline(), None, "it has left the queue");
}

#[test]
fn a_byte_that_comes_too_late_does_not_turn_an_eviction_into_a_close() {
    let (_client, connection, queue) = connected();
    let now = Instant::now() + TIMEOUT;
    let expired = queue.expire(1, now).expect("it is due"); // the reaper is about to evict it
    let reaper = thread::spawn(move || {
        while let Verdict::Alive(_) = expired.item.judge(TIMEOUT, now) {
            thread::yield_now(); // until the byte has been read
        }
        expired.item.evict(expired.silent);
    });
    let (ending, traffic) = Conversation::new(&connection, &queue, None).run();
    reaper.join().unwrap();
    assert!(matches!(ending, Ending::Evicted(_)), "{ending}");
    assert_eq!((traffic.bytes_in, traffic.bytes_out), (6, 0));
}

#[test]
fn a_byte_that_comes_when_the_server_stops_does_not_turn_the_stop_into_a_close() {
    let (_client, connection, queue) = connected();
    let taken = queue.drain();
    let stop = thread::spawn(move || taken[0].cut(Cut::ServerStopped));
    let (ending, _) = Conversation::new(&connection, &queue, None).run();
    stop.join().unwrap();
    assert!(matches!(ending, Ending::ServerStopped), "{ending}");
}

#[test]
fn a_thread_that_is_writing_gets_a_moment_to_read_before_its_client_is_dead() {
    let (_client, connection, _queue) = connected();
    connection.set_writing(true);
    let heard = Instant::now();
    assert!(matches!(connection.judge(TIMEOUT, heard), Verdict::Wait(_)));
    assert_eq!(connection.judge(TIMEOUT, heard), Verdict::Dead, "it had its moment");
    connection.set_writing(false);
    let verdict = connection.judge(TIMEOUT, heard);
    assert_eq!(verdict, Verdict::Alive(Duration::ZERO), "it said hello");
}

#[test]
fn a_silence_gets_its_moment_although_the_one_before_had_its_own() {
    let (_client, connection, _queue) = connected();
    connection.set_writing(true);
    let heard = Instant::now();
    for heard in [heard, heard + TIMEOUT] {
        assert!(matches!(connection.judge(TIMEOUT, heard), Verdict::Wait(_)));
    }
}

#[test]
fn a_place_is_free_before_its_client_sees_the_end_of_stream() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let places = Places::new(1);
    let place = places.take().expect("a place");
    let connection = Connection::new(1, listener.accept().unwrap().0, place);
    assert!(places.take().is_none(), "the place is taken");
    connection.evict(TIMEOUT); // its thread has not ended
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "the end of stream");
    assert!(places.take().is_some(), "the place is still taken");
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_reads_nothing_is_dead_a_timeout_after_it_last_took_something() {
    let (_client, connection, _queue) = connected();
    let filled_from = Instant::now();
    connection.stream.set_nonblocking(true).unwrap();
    while (&connection.stream).write(&[b'x'; 8192]).is_ok() {} // until nothing finds room
    connection.stream.set_nonblocking(false).unwrap();
    connection.set_writing(true);
    let patience = Duration::from_millis(300);
    let full_since = Instant::now();
    let Verdict::Alive(ago) = connection.judge(TIMEOUT, full_since) else {
        panic!("it has just taken bytes");
    };
    assert!(ago < TIMEOUT);
    while connection.judge(patience, full_since) != Verdict::Dead {
        thread::yield_now();
    }
    // The kernel counts in steps of a few milliseconds.
    assert!(filled_from.elapsed() + Duration::from_millis(50) >= patience, "it is dead too early");
}

#[cfg(target_os = "linux")]
#[test]
fn a_client_that_reads_nothing_is_dead_though_it_goes_on_sending_while_its_probe_waits() {
    let (client, connection, queue) = &mut connected();
    let (connection, queue) = (&*connection, &*queue);
    connection.stream.set_nonblocking(true).unwrap();
    while (&connection.stream).write(&[b'x'; 8192]).is_ok() {} // until nothing finds room
    connection.stream.set_nonblocking(false).unwrap();
    thread::scope(|scope| {
        let probe = Some(Duration::from_millis(1));
        scope.spawn(move || Conversation::new(connection, queue, probe).run());
        let patience = Duration::from_millis(200);
        // Its bytes come while the probe waits for room, and stay unread.
        client.write_all(b"hello?\n").unwrap();
        let heard = Instant::now();
        let deadline = heard + TIMEOUT;
        while connection.judge(patience, heard) != Verdict::Dead {
            assert!(Instant::now() < deadline, "it is never dead");
            thread::sleep(Duration::from_millis(5));
        }
        connection.cut(Cut::ServerStopped);
        queue.drain();
    });
}

#[test]
fn a_client_that_is_turned_away_can_connect_again_as_soon_as_it_sees_that() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.write_all(b"hello\n").unwrap();
    let places = Places::new(1);
    let place = places.take().expect("a place");
    let connection = Connection::new(1, listener.accept().unwrap().0, place);
    connection.turn_away();
    assert_eq!(client.read(&mut [0]).unwrap(), 0, "the end of stream, and no reset");
    assert!(places.take().is_some(), "the place is still taken");
}
