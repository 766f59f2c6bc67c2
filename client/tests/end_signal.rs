//! The end of a connection, signalled by several threads at once.

use std::{
    io::Read as _,
    net::{TcpListener, TcpStream},
    sync::{Arc, Barrier},
    thread,
};

use client::{
    end_signal::EndSignal,
    ending::Ending,
    input::{Input, Waker},
};

/// A connection, and the peer that keeps it open.
fn connection() -> (Arc<TcpStream>, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    let stream = TcpStream::connect(address).expect("it listens");
    (Arc::new(stream), listener.accept().expect("a client connects").0)
}

fn waker() -> Waker {
    Input::new().expect("stdin can be used").waker()
}

#[test]
fn the_first_reason_wins() {
    let (stream, _peer) = connection();
    let (end, ended) = EndSignal::new(stream, waker());
    end.signal(Ending::Interrupted);
    end.signal(Ending::ServerClosed);
    assert!(matches!(ended.recv().unwrap(), Ending::Interrupted));
    assert!(ended.try_recv().is_err(), "a second reason arrived");
}

#[test]
fn a_later_reason_that_no_connection_can_outlive_is_kept() {
    let (stream, _peer) = connection();
    let (end, ended) = EndSignal::new(stream, waker());
    end.signal(Ending::ServerClosed);
    end.signal(Ending::OutputClosed);
    end.signal(Ending::ServerClosed);
    assert!(matches!(ended.recv().unwrap(), Ending::ServerClosed));
    assert!(matches!(end.finding(), Some(Ending::OutputClosed)), "it was lost");
}

#[test]
fn of_many_threads_that_signal_at_once_one_is_the_first_and_its_reason_arrives() {
    const THREADS: usize = 4;
    for _ in 0..200 {
        let (stream, _peer) = connection();
        let (end, ended) = EndSignal::new(stream, waker());
        let start = Barrier::new(THREADS);
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    start.wait();
                    end.signal(Ending::ServerClosed);
                });
            }
        });
        assert!(ended.try_recv().is_ok(), "the reason was lost");
        assert!(ended.try_recv().is_err(), "there were two");
    }
}

#[test]
fn the_reason_arrives_after_the_connection_was_shut_down() {
    for _ in 0..200 {
        let (stream, _peer) = connection();
        let (end, ended) = EndSignal::new(Arc::clone(&stream), waker());
        thread::scope(|scope| {
            scope.spawn(|| end.signal(Ending::Interrupted));
            ended.recv().unwrap();
            stream.set_nonblocking(true).unwrap();
            let read = stream.as_ref().read(&mut [0]);
            assert_eq!(read.ok(), Some(0), "the connection still stands");
        });
    }
}
