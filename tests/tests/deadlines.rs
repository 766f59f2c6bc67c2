//! No peer is called dead whose byte had come before its deadline, however the processes are
//! stopped and continued, and however busy the machine is.
#![cfg(target_os = "linux")]

use std::{
    hint,
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use tests::{
    DEADLINE,
    binaries::{Server, client, client_of_peer},
    peer::Peer,
};

/// How often each side is stopped and continued.
const STOPS: u32 = 40;

/// A random time of up to this many milliseconds.
fn up_to(millis: u64) -> Duration {
    Duration::from_micros(fastrand::u64(..=millis * 1000))
}

#[test]
fn a_client_that_is_stopped_around_its_deadline_does_not_give_up_a_server_that_answers() {
    let rule = ["--idle", "50ms", "--retry-interval", "300ms", "--retries", "0", "--stay"];
    let (client, mut server) = client_of_peer(&rule).expect("the client connects");
    for _ in 0..STOPS {
        server.expect(b"HeartBeat");
        client.pause().expect("the client is there");
        server.send(b"OK");
        let around = Duration::from_millis(225) + up_to(150);
        thread::sleep(around); // its deadline is in 300 ms
        client.signal(Signal::SIGCONT).expect("the client is there");
    }
    server.expect(b"HeartBeat");
}

#[test]
fn a_server_that_is_stopped_around_its_deadlines_evicts_no_client_that_has_spoken() {
    let server = Server::start(&["--timeout", "400ms"]).expect("the server starts");
    // The clients never give up, and speak far more often than the server's timeout, answered or
    // not.
    let rule = ["--idle", "50ms", "--retry-interval", "50ms", "--retries", "100000"];
    let clients: Vec<_> =
        (0..8).map(|_| client(&server.address, &rule).expect("the client connects")).collect();
    for _ in 0..STOPS {
        thread::sleep(up_to(120)); // the moment is what is tested
        server.program.pause().expect("the server is there");
        thread::sleep(up_to(900));
        server.program.signal(Signal::SIGCONT).expect("the server is there");
    }
    for client in clients {
        client.finish_with("alive\n", b"ALIVE\n");
    }
}

#[test]
fn a_probe_is_sent_though_the_server_is_stopped_and_continued_all_the_time() {
    let server = Server::start(&["--timeout", "3s", "--probe", "1s"]).expect("the server starts");
    let mut silent = Peer::connect(&server.address);
    let reader = thread::spawn(move || {
        let mut received = [0; 9];
        let count = silent.read(&mut received);
        received[..count].to_vec()
    });
    while !reader.is_finished() {
        thread::sleep(Duration::from_millis(200)); // far shorter than the probe's time
        server.program.pause().expect("the server is there");
        server.program.signal(Signal::SIGCONT).expect("the server is there");
    }
    let received = reader.join().expect("something comes");
    assert_eq!(received, b"HeartBeat", "the client was evicted without a probe");
}

#[test]
fn an_urgent_byte_does_not_start_the_rule_again_at_its_verdict() {
    let rule = ["--idle", "300ms", "--retry-interval", "300ms", "--retries", "0", "--stay"];
    let (client, mut server) = client_of_peer(&rule).expect("the client connects");
    socket2::SockRef::from(server.stream()).send_out_of_band(b"!").expect("it is sent");
    assert_eq!(server.read_to_end(), b"HeartBeat", "the client asked once and gave up");
    assert_eq!(client.finish().expect("the client ends").expect_ended(4).reason(), "unanswered");
}

/// Says something and waits for the answer. Returns when nothing had been sent yet, or `None` if
/// the server has closed the connection.
fn exchange(stream: &mut TcpStream) -> Option<Instant> {
    let before = Instant::now();
    stream.write_all(b"x\n").ok()?;
    stream.read_exact(&mut [0; 2]).ok().map(|()| before)
}

#[test]
fn bytes_sent_around_the_deadline_beside_busy_loops_keep_their_clients() {
    const TIMEOUT: Duration = Duration::from_millis(300);
    const CLIENTS: usize = 150;
    const ROUNDS: u32 = 10;

    let server = Server::start(&["--timeout", "300ms", "-q"]).expect("the server starts");
    let (over, in_time) = (AtomicBool::new(false), AtomicU64::new(0));
    let aim = || {
        for _ in 0..ROUNDS {
            let mut stream = TcpStream::connect(&server.address).expect("the server accepts");
            stream.set_read_timeout(Some(DEADLINE)).expect("a stream takes a limit");
            while let Some(before) = exchange(&mut stream) {
                // The server heard the client after `before`, so its deadline is later than this.
                let deadline = before + TIMEOUT;
                let target = before + (TIMEOUT.saturating_sub(Duration::from_millis(5)) + up_to(7));
                thread::sleep(target.saturating_duration_since(Instant::now()));
                let sent = stream.write_all(b"y\n");
                if Instant::now() >= deadline {
                    break; // it may have been too late
                }
                sent.expect("the client was evicted before its deadline");
                let answered = stream.read_exact(&mut [0; 2]);
                answered.expect("the client was evicted although its byte had come in time");
                if in_time.fetch_add(1, Ordering::Relaxed) % 4 == 3 {
                    break; // a new connection now and then
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    hint::spin_loop();
                }
            });
        }
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(aim)).collect();
        let results: Vec<_> = clients.into_iter().map(thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        assert!(results.iter().all(Result::is_ok), "a client was evicted wrongly");
    });
    let in_time = in_time.into_inner();
    println!("{in_time} bytes came within the last 5 ms");
    assert!(in_time > 0, "no byte came in time, so nothing was tested");
}
