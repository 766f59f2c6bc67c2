//! The addresses of a server: which one is taken, how long that takes, and which reason is
//! reported.

use std::{
    net::{SocketAddr, TcpListener, TcpStream},
    time::{Duration, Instant},
};

use client::{
    attempts::{interleaved, race},
    budget::Budget,
    connect::connect,
};
use common::address::Failures;
use socket2::{Domain, Socket, Type};

/// A socket on a free port of loopback.
fn bound() -> (Socket, SocketAddr) {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("a free port");
    let address = socket.local_addr().ok().and_then(|it| it.as_socket()).expect("it is bound");
    (socket, address)
}

/// An address at which connections are refused, because nobody listens.
fn closed() -> (Socket, SocketAddr) {
    bound()
}

fn find(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), Failures> {
    race(addresses, &mut Budget::new(Instant::now()), |_| ())
}

fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
    texts.iter().map(|text| text.parse().expect("std reads it")).collect()
}

#[test]
fn each_address_is_tried() {
    let (_closed, refuses) = closed();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let answers = listener.local_addr().unwrap();
    let (_, address) = find(&[refuses, refuses, answers]).unwrap();
    assert_eq!(address, answers);
}

#[test]
fn every_address_is_named_with_its_reason() {
    let (_closed, refuses) = closed();
    let (_other, refuses_too) = closed();
    let failures = find(&[refuses, refuses_too]).unwrap_err();
    let tried: Vec<_> = failures.0.iter().map(|(address, _)| *address).collect();
    assert_eq!(tried, [refuses, refuses_too]);
    let text = failures.to_string();
    assert!(text.starts_with(&format!("tried {refuses} (")), "{text}");
    assert!(text.contains(&format!(" and {refuses_too} (")), "{text}");
}

#[test]
fn a_single_address_is_reported_as_the_system_reports_it() {
    let (_closed, refuses) = closed();
    let error = connect(&refuses.to_string()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot connect to {refuses}: ")), "{error}");
    assert!(error.ends_with("; is the server running, and on this port?"), "{error}");
    assert!(!error.contains("tried"), "{error}");
}

#[test]
fn a_link_local_address_without_an_interface_is_explained() {
    let error = connect("[fe80::1]:5005").unwrap_err().to_string();
    assert!(error.contains("needs its network interface, as in [fe80::1%eth0]:5005"), "{error}");
}

#[test]
fn the_families_alternate_and_the_resolver_says_which_one_is_first() {
    let [four, four_too, four_three] = ["127.0.0.1:1", "127.0.0.2:1", "127.0.0.3:1"];
    let [six, six_too] = ["[::1]:1", "[::2]:1"];
    for (resolved, tried) in [
        (
            vec![four, four_too, four_three, six, six_too],
            [four, six, four_too, six_too, four_three],
        ),
        (
            vec![six, six_too, four, four_too, four_three],
            [six, four, six_too, four_too, four_three],
        ),
    ] {
        assert_eq!(interleaved(&addresses(&resolved)), addresses(&tried));
    }
    assert_eq!(interleaved(&addresses(&[four_too, four])), addresses(&[four_too, four]));
}

#[test]
fn a_notice_is_due_once_after_a_second() {
    let start = Instant::now();
    let second = Duration::from_secs(1);
    let mut budget = Budget::new(start);
    assert_eq!(budget.wake(None), start + second);
    assert!(!budget.notice_is_due(start));
    assert!(budget.notice_is_due(start + second));
    assert!(!budget.notice_is_due(start + 2 * second));
    assert_eq!(budget.wake(None), start + Budget::WHOLE);
}

#[test]
fn the_time_for_which_the_process_was_stopped_is_not_held_against_the_server() {
    let start = Instant::now();
    let after = |seconds| start + Duration::from_secs(seconds);
    let mut budget = Budget::new(start);
    budget.forgive(after(1), after(31));
    assert!(!budget.is_spent(after(39)));
    assert!(budget.is_spent(after(40)));
    // A busy machine is a little late. That is no stop.
    let mut budget = Budget::new(start);
    budget.forgive(after(9), after(10));
    assert!(budget.is_spent(after(10)));
}

#[cfg(target_os = "linux")]
mod silence {
    use super::*;

    /// An address that does not answer: its queue of clients is full, so Linux drops the
    /// segments of further ones.
    fn dead() -> (Socket, TcpStream, SocketAddr) {
        let (socket, address) = bound();
        socket.listen(0).expect("it is bound");
        let fills = TcpStream::connect(address).expect("there is room for one");
        (socket, fills, address)
    }

    /// Far more than a busy machine needs, and less than the budget of a single address was.
    const SOON: Duration = Duration::from_secs(8);

    #[test]
    fn a_dead_address_does_not_hold_up_the_next_ones() {
        let (_socket, _fills, silent) = dead();
        let (_another, _fills_too, silent_too) = dead();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let answers = listener.local_addr().unwrap();
        let start = Instant::now();
        let (stream, address) = find(&[silent, silent_too, answers]).unwrap();
        assert_eq!(address, answers);
        assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
        assert!(start.elapsed() >= Duration::from_millis(500), "each has a quarter of a second");
        // The connection itself blocks.
        let limit = Duration::from_millis(200);
        stream.set_read_timeout(Some(limit)).unwrap();
        let start = Instant::now();
        stream.peek(&mut [0]).expect_err("nobody sends anything");
        assert!(start.elapsed() >= limit, "the read did not wait");
    }

    #[test]
    fn a_dead_address_that_comes_to_life_wins_over_one_that_does_not() {
        let (socket, _fills, revives) = dead();
        let (_another, _fills_too, silent) = dead();
        let mut accepted = None;
        // The notice after a second is the moment to make room. The kernel sends its segment again.
        let mut budget = Budget::new(Instant::now());
        let (_, address) = race(&[silent, revives], &mut budget, |trying| {
            assert!(trying.contains(&silent));
            accepted = Some(socket.accept().expect("the client that fills the queue"));
        })
        .unwrap();
        assert_eq!(address, revives);
        assert!(accepted.is_some(), "no notice was given");
    }

    #[test]
    fn all_addresses_share_one_budget() {
        let dead: Vec<_> = (0..4).map(|_| dead()).collect();
        let silent: Vec<_> = dead.iter().map(|(_, _, address)| *address).collect();
        let start = Instant::now();
        let failures = find(&silent).unwrap_err();
        assert!(start.elapsed() < 3 * Budget::WHOLE, "it took {:?}", start.elapsed());
        for (failure, address) in failures.0.iter().zip(silent) {
            assert_eq!(failure.0, address);
            assert_eq!(failure.1.to_string(), "connection timed out");
        }
    }

    #[test]
    fn an_address_that_fails_at_once_takes_no_time() {
        // No route leads to a multicast group by TCP.
        let unreachable = addresses(&["224.0.0.1:1"; 40]);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let answers = listener.local_addr().unwrap();
        let start = Instant::now();
        let (_, address) = find(&[&unreachable[..], &[answers]].concat()).unwrap();
        assert_eq!(address, answers);
        assert!(start.elapsed() < SOON, "it took {:?}", start.elapsed());
    }
}
