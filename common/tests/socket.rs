//! What both programs do with a connected socket.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use common::socket::{connect_within, read_within, send_at_once, shut_down, write_within};

/// Far more than a call that is woken takes.
const DEADLINE: Duration = Duration::from_mins(1);
const LIMIT: Duration = Duration::from_millis(100);

fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let client = TcpStream::connect(address).expect("it listens");
    (client, listener.accept().expect("the client waits").0)
}

/// Fills the way to the peer until nothing finds room, and returns how many bytes that took.
fn fill(mut stream: &TcpStream) -> usize {
    let mut filled = 0;
    stream.set_nonblocking(true).expect("a socket takes that");
    for block in [&[b'x'; 8192][..], b"x"] {
        while let Ok(count) = stream.write(block) {
            filled += count;
        }
    }
    stream.set_nonblocking(false).expect("a socket takes that");
    filled
}

/// Ends the connection while another thread is blocked in this call, and returns its outcome.
fn ended_while_blocked(
    stream: &TcpStream,
    call: fn(&TcpStream) -> io::Result<usize>,
) -> io::Result<usize> {
    let (started, starts) = mpsc::channel();
    let (end, ended) = mpsc::channel();
    let blocked = stream.try_clone().expect("a second handle");
    thread::spawn(move || {
        started.send(()).expect("the test waits");
        end.send(call(&blocked)).expect("the test waits");
    });
    starts.recv().expect("the thread has started");
    thread::sleep(LIMIT); // a call that is not blocked by then returns at once
    shut_down(stream);
    ended.recv_timeout(DEADLINE).expect("the call has returned")
}

#[test]
fn the_first_address_that_answers_is_connected_to_or_each_failure_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let open = listener.local_addr().unwrap();
    let closed = SocketAddr::from(([127, 0, 0, 1], 1));
    let stream = connect_within(&[closed, open], DEADLINE).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), open);
    let failures = connect_within(&[closed, closed], DEADLINE).unwrap_err();
    assert_eq!(failures.0.iter().map(|it| it.0).collect::<Vec<_>>(), [closed, closed]);
}

#[test]
fn a_blocked_read_returns_when_the_connection_is_shut_down() {
    let (stream, _peer) = pair();
    let read = ended_while_blocked(&stream, |mut stream| stream.read(&mut [0]));
    assert!(!matches!(read, Ok(1..)), "{read:?}");
}

#[test]
fn a_blocked_read_with_a_limit_returns_when_the_connection_is_shut_down() {
    let (stream, _peer) = pair();
    let read =
        ended_while_blocked(&stream, |stream| read_within(stream, &mut [0], Some(10 * DEADLINE)));
    assert!(!matches!(read, Ok(1..)), "{read:?}");
    let is_limit = matches!(&read, Err(error) if error.kind() == ErrorKind::WouldBlock);
    assert!(!is_limit, "no limit has passed: {read:?}");
}

#[test]
fn a_blocked_write_returns_when_the_connection_is_shut_down() {
    let (stream, _peer) = pair();
    let written = ended_while_blocked(&stream, |mut stream| {
        let more_than_fits = vec![b'x'; 64 << 20];
        stream.write_all(&more_than_fits).map(|()| more_than_fits.len())
    });
    assert!(written.is_err(), "{written:?}");
}

#[test]
fn a_read_whose_limit_has_passed_says_so_and_loses_nothing() {
    let (stream, mut peer) = pair();
    let begin = Instant::now();
    let error = read_within(&stream, &mut [0; 9], Some(LIMIT)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    assert!(begin.elapsed() >= LIMIT / 2);
    peer.write_all(b"HeartBeat").unwrap();
    let mut bytes = [0; 9];
    assert_eq!(read_within(&stream, &mut bytes, Some(DEADLINE)).unwrap(), 9);
    assert_eq!(&bytes, b"HeartBeat");
    peer.write_all(b"OK").unwrap();
    assert_eq!(read_within(&stream, &mut bytes, None).unwrap(), 2);
    drop(peer);
    assert_eq!(read_within(&stream, &mut bytes, Some(DEADLINE)).unwrap(), 0, "the end of stream");
}

#[test]
fn a_write_whose_limit_has_passed_says_so_and_has_written_nothing() {
    let (stream, mut peer) = pair();
    let mut filled = 0;
    let error = loop {
        filled += fill(&stream); // the kernel finds more room for a while
        match write_within(&stream, b"xxxxxxxxx", LIMIT) {
            Ok(count) => filled += count,
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
    let reading = thread::spawn(move || {
        let mut came = Vec::new();
        peer.read_to_end(&mut came).map(|_| came)
    });
    (&stream).write_all(b"OK").unwrap();
    drop(stream);
    let came = reading.join().unwrap().unwrap();
    assert_eq!(came.len(), filled + 2);
    assert!(came.ends_with(b"xOK"));
}

#[test]
fn small_writes_leave_at_once() {
    let (stream, _peer) = pair();
    send_at_once(&stream);
    assert!(stream.nodelay().unwrap());
}

#[cfg(unix)]
#[test]
fn a_connection_whose_system_refuses_the_option_is_used_all_the_same() {
    use std::os::{fd::OwnedFd, unix::net::UnixStream};

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
