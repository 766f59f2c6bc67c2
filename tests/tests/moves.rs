//! The server says each move of its timeout queue (`-vv`), so that a reader can rebuild it.
#![cfg(unix)]

use std::{
    thread,
    time::{Duration, Instant},
};

use server::timeout_queue::TimeoutQueue;
use tests::{
    binaries::Server,
    event::{Event, conn},
    finished::Finished,
    peer::Peer,
};

/// A queue that is moved as the server moved its own.
struct Copy {
    queue: TimeoutQueue<()>,
    start: Instant,
}

impl Copy {
    fn new() -> Self {
        Self { queue: TimeoutQueue::new(Duration::from_mins(1)), start: Instant::now() }
    }

    fn apply(&self, event: &Event) {
        let Some(conn) = event.u64("conn") else { return };
        let heard = || {
            let heard = event.u64("heard_us").expect("the event has a stamp");
            self.start + Duration::from_micros(heard)
        };
        match event.name() {
            "queued" => self.queue.insert(conn, (), heard()),
            "touched" => assert!(self.queue.touch(conn, heard()), "it is not there: {event}"),
            "ended" => assert!(self.queue.remove(conn).is_some(), "it is not there: {event}"),
            _ => {}
        }
    }

    /// The connections, the front first.
    fn order(&self) -> Vec<u64> {
        self.queue.entries().into_iter().map(|(conn, _, ())| conn).collect()
    }
}

/// How often a client was moved. A reply that was slow to write moves its client once more: then a scene
/// is another one, and is played again.
fn touches(finished: &Finished) -> usize {
    finished.events().filter(|event| event.name() == "touched").count()
}

/// The log of a scene of three clients, and what it must agree with.
struct Scene {
    finished: Finished,
    /// The least time between the two lines of the first client.
    least: Duration,
    /// The most time between its second line and the coming of the third client.
    most: Duration,
}

fn play() -> Scene {
    let mut server = Server::start(&["-vv"]).expect("the server starts");
    let mut first = Peer::connect(&server.address);
    first.ask(b"hello\n", b"HELLO\n");
    let earlier = Instant::now();
    let mut second = Peer::connect(&server.address);
    second.ask(b"HeartBeat", b"OK");
    let before = Instant::now();
    first.ask(b"again\n", b"AGAIN\n");
    let _third = Peer::connect(&server.address);
    server.program.wait_for("queued", conn(3)).expect("it is accepted");
    let after = Instant::now();
    drop(second);
    server.program.wait_for("ended", conn(2)).expect("the connection ends");
    let finished = server.stop().expect("the server ends");
    Scene { finished, least: before - earlier, most: after - before }
}

#[test]
fn a_reader_of_the_log_rebuilds_the_order_of_the_queue() {
    let scene = (0..5).map(|_| play()).find(|scene| touches(&scene.finished) == 3);
    let scene = scene.expect("one of five has no slow reply");
    let Scene { finished, least, most } = scene;

    let copy = Copy::new();
    let mut orders = vec![copy.order()];
    let mut stamps = Vec::new();
    for event in finished.events() {
        copy.apply(event);
        stamps.extend(event.u64("heard_us"));
        if orders.last() != Some(&copy.order()) {
            orders.push(copy.order());
        }
        if (event.name(), event.u64("conn")) == ("ended", Some(2)) {
            break;
        }
    }
    let expected: &[&[u64]] = &[&[], &[1], &[1, 2], &[2, 1], &[2, 1, 3], &[1, 3]];
    assert_eq!(orders, expected, "{}", finished.log());
    assert_eq!(stamps[0], 0, "it counts from the first connection: {stamps:?}");
    let [_, hello, _, _, again, third] = stamps[..] else { panic!("not six moves: {stamps:?}") };
    let between = |from, to| Duration::from_micros(to - from);
    let cut = Duration::from_micros(1); // each stamp is cut to whole microseconds
    assert!(between(hello, again) + cut >= least, "{stamps:?}: too little time");
    assert!(between(again, third) <= most + cut, "{stamps:?}: too much time");
}

#[test]
fn the_moves_are_left_out_unless_verbose_is_given_twice() {
    for (arguments, moves) in [(&["-v"][..], 0), (&["-vv"], 2), (&["-v", "--verbose"], 2)] {
        let play = |_| {
            let server = Server::start(arguments).expect("the server starts");
            Peer::connect(&server.address).ask(b"hello\n", b"HELLO\n");
            server.stop().expect("the server ends")
        };
        let finished = (0..5).map(play).find(|finished| touches(finished) < 2);
        let finished = finished.expect("one of five has no slow reply");
        assert_eq!(finished.expect_event("text").u64("conn"), Some(1));
        let trace = finished.events().filter(|event| event.str("level") == Some("TRACE"));
        assert_eq!(trace.count(), moves, "{arguments:?}: {}", finished.log());
    }
}

#[test]
fn a_client_that_leaves_is_not_moved() {
    const SILENCE: Duration = Duration::from_secs(4);
    let mut server = Server::start(&["-vv"]).expect("the server starts");
    let begin = Instant::now();
    let mut peer = Peer::connect(&server.address);
    peer.ask(b"hello\n", b"HELLO\n");
    let answered = begin.elapsed();
    thread::sleep(SILENCE); // the silence before the end is what is tested
    drop(peer);
    server.program.wait_for("ended", conn(1)).expect("the connection ends");
    let finished = server.stop().expect("the server ends");
    let touched = finished.events().filter(|event| event.name() == "touched");
    for stamp in touched.filter_map(|event| event.u64("heard_us")) {
        let is_of_the_line = Duration::from_micros(stamp) < answered + SILENCE / 2;
        assert!(is_of_the_line, "{answered:?}: {}", finished.log());
    }
}
