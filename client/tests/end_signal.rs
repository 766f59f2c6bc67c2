//! The end of a session, signalled by several threads at once.

use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    sync::{Arc, Barrier},
    thread,
};

use client::{end_signal::EndSignal, ending::Ending};

/// A connection, and the peer that keeps it open.
fn connection() -> (Arc<TcpStream>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let stream = TcpStream::connect(address).expect("it listens");
    (Arc::new(stream), listener.accept().expect("a client connects").0)
}

#[test]
fn the_first_reason_wins() {
    let (stream, _peer) = connection();
    let (end, ended) = EndSignal::new(stream, Arc::default());
    assert!(end.signal(Ending::Interrupted));
    assert!(!end.signal(Ending::ServerClosed), "a second reason counted as the first");
    assert!(matches!(ended.recv().unwrap(), Ending::Interrupted));
    assert!(ended.try_recv().is_err(), "a second reason arrived");
}

#[test]
fn of_many_threads_that_signal_at_once_one_is_the_first_and_its_reason_arrives() {
    const THREADS: usize = 4;
    for _ in 0..200 {
        let (stream, _peer) = connection();
        let (end, ended) = EndSignal::new(stream, Arc::default());
        let start = Barrier::new(THREADS);
        let won = thread::scope(|scope| {
            let signal = |_| {
                scope.spawn(|| {
                    start.wait();
                    end.signal(Ending::ServerClosed)
                })
            };
            let threads: Vec<_> = (0..THREADS).map(signal).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
        });
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?} were told to be first");
        assert!(ended.try_recv().is_ok(), "the reason was lost");
    }
}

#[test]
fn the_reason_arrives_after_the_connection_was_shut_down() {
    for _ in 0..200 {
        let (stream, _peer) = connection();
        let (end, ended) = EndSignal::new(Arc::clone(&stream), Arc::default());
        thread::scope(|scope| {
            scope.spawn(|| end.signal(Ending::Interrupted));
            ended.recv().unwrap();
            stream.set_nonblocking(true).unwrap();
            let read = stream.as_ref().read(&mut [0]);
            assert_eq!(read.ok(), Some(0), "the connection still stands");
        });
    }
}
