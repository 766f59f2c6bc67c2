//! The events of the timeout queue have the stamps that the queue has.

use std::{
    fmt,
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, LazyLock},
    thread,
    time::{Duration, Instant},
};

use common::verdict::Verdict;
use parking_lot::Mutex;
use server::{
    connection::Connection, conversation::Conversation, limits::Places, moves, reaper,
    timeout_queue::TimeoutQueue,
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    subscriber::with_default,
};
use tracing_subscriber::{
    layer::{Context, Layer, SubscriberExt as _},
    registry,
};

const TIMEOUT: Duration = Duration::from_mins(1);

/// An event of the queue.
#[derive(Debug, Default, Clone, PartialEq)]
struct Move {
    event: String,
    conn: u64,
    heard_us: u64,
}

impl Visit for Move {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "event" {
            value.clone_into(&mut self.event);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "conn" => self.conn = value,
            "heard_us" => self.heard_us = value,
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

#[derive(Default, Clone)]
struct Moves(Arc<Mutex<Vec<Move>>>);

impl<S: Subscriber> Layer<S> for Moves {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut logged = Move::default();
        event.record(&mut logged);
        self.0.lock().push(logged);
    }
}

/// The stamp of the first event, from which the events of all tests in this process count.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Runs `body` after connection 1 was queued, and returns the stamps of the events `touched`.
fn touches(body: impl FnOnce()) -> Vec<Duration> {
    let moves = Moves::default();
    with_default(registry().with(moves.clone()), || {
        moves::queued(1, *START);
        body();
    });
    let logged = moves.0.lock();
    assert_eq!(logged[0], Move { event: "queued".to_owned(), conn: 1, heard_us: 0 });
    let touched = logged.iter().filter(|logged| logged.event == "touched");
    touched.map(|logged| Duration::from_micros(logged.heard_us)).collect()
}

#[test]
fn a_touch_of_the_reaper_says_when_the_client_was_heard_and_not_when_the_reaper_woke() {
    let start = *START;
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    let mut wakes = [start + TIMEOUT].into_iter();
    let touches = touches(|| {
        let judge = |_: &&str, _| Verdict::Alive(Duration::from_secs(20));
        reaper::run(&queue, start, |_| wakes.next(), judge, |_| panic!("it is alive"));
    });
    assert_eq!(touches, [Duration::from_secs(40)]);
    assert_eq!(queue.entries(), [(1, start + Duration::from_secs(40), "a")]);
}

#[test]
fn a_touch_that_finds_no_entry_is_not_said() {
    let start = *START;
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    let mut wakes = [start + TIMEOUT].into_iter();
    let touches = touches(|| {
        let judge = |_: &&str, _| {
            queue.remove(1); // its client closes the connection meanwhile
            Verdict::Alive(Duration::ZERO)
        };
        reaper::run(&queue, start, |_| wakes.next(), judge, |_| panic!("it is gone"));
    });
    assert_eq!(touches, [Duration::ZERO; 0]);
}

#[test]
#[cfg_attr(windows, ignore = "under Wine a small reply finds room again")]
fn a_write_that_had_to_wait_is_said_to_have_moved_its_client() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let place = Places::new(1).take().expect("a place");
    let connection = Arc::new(Connection::new(1, listener.accept().unwrap().0, place));
    let (queue, start) = (TimeoutQueue::new(TIMEOUT), *START);
    queue.insert(1, Arc::clone(&connection), start);

    // Fill the way to the client, until nothing finds room for a while.
    connection.stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    while (&connection.stream).write(&[b'x'; 8192]).is_ok() {}
    connection.stream.set_write_timeout(None).unwrap();
    client.write_all(b"hello\n").unwrap();
    client.set_nonblocking(true).unwrap();
    let deadline = start + TIMEOUT;
    let stamp = || queue.entries().first().map(|&(_, heard, _)| heard - start);
    thread::scope(|scope| {
        let serve = || drop(Conversation::new(&connection, &queue, None).run());
        let served = scope.spawn(move || touches(serve));
        while stamp() == Some(Duration::ZERO) && Instant::now() < deadline {
            thread::yield_now();
        }
        let read = stamp();
        thread::sleep(Duration::from_millis(150)); // a slow write is what is tested
        while stamp() == read && Instant::now() < deadline {
            let _ = client.read(&mut [0; 8192]);
        }
        let written = stamp();
        client.shutdown(Shutdown::Write).unwrap();
        let touches = served.join().unwrap();
        let stamps: Vec<_> = [read, written].into_iter().flatten().collect();
        let in_micros = |times: &[Duration]| times.iter().map(Duration::as_micros).collect();
        let (touches, stamps): (Vec<_>, Vec<_>) = (in_micros(&touches), in_micros(&stamps));
        assert_eq!(touches, stamps);
    });
}
