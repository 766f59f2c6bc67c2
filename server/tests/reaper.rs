//! How long the reaper sleeps, and which items it evicts when it wakes, on a clock that jumps.

use std::{
    cell::{Cell, RefCell},
    time::{Duration, Instant},
};

use common::verdict::{Suspect, Unread, Verdict};
use server::{reaper, timeout_queue::TimeoutQueue};

const TIMEOUT: Duration = Duration::from_mins(1);

/// Runs the reaper over `queue`. It wakes this many milliseconds after each of its deadlines,
/// and judges each item by `judge`. Returns the deadlines, in milliseconds since the start, and
/// the items that were evicted.
fn run(
    queue: &TimeoutQueue<&'static str>,
    start: Instant,
    late: &[u64],
    judge: impl Fn(&&'static str, Instant) -> Verdict,
) -> (Vec<u128>, String) {
    let (deadlines, evicted) = (RefCell::new(Vec::new()), RefCell::new(String::new()));
    let mut late = late.iter();
    let sleep = |deadline: Instant| {
        deadlines.borrow_mut().push((deadline - start).as_millis());
        late.next().map(|late| deadline + Duration::from_millis(*late))
    };
    reaper::run(queue, start, sleep, judge, |expired| evicted.borrow_mut().push_str(expired.item));
    (deadlines.into_inner(), evicted.into_inner())
}

fn dead(_: &&'static str, _: Instant) -> Verdict {
    Verdict::Dead
}

#[test]
fn an_empty_queue_lets_it_sleep_for_a_whole_timeout() {
    let start = Instant::now();
    let (deadlines, evicted) = run(&TimeoutQueue::new(TIMEOUT), start, &[0, 500], dead);
    assert_eq!((deadlines, &*evicted), (vec![60_000, 120_000, 180_500], ""));
}

#[test]
fn it_sleeps_until_the_first_is_due_and_evicts_it_then() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    queue.insert(2, "b", start + Duration::from_secs(5));
    let (deadlines, evicted) = run(&queue, start, &[0], dead);
    assert_eq!((deadlines, &*evicted), (vec![60_000, 65_000], "a"));
}

#[test]
fn an_item_that_was_heard_goes_to_the_back() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    queue.insert(2, "b", start);
    let judge =
        |item: &&str, _| if *item == "a" { Verdict::Alive(Duration::ZERO) } else { Verdict::Dead };
    let (deadlines, evicted) = run(&queue, start, &[0], judge);
    assert_eq!((deadlines, &*evicted), (vec![60_000, 120_000], "b"));
}

#[test]
fn an_item_that_took_something_is_due_a_timeout_after_that() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    queue.insert(2, "b", start + Duration::from_secs(30));
    let took = Cell::new(true);
    let judge = |_: &&str, _| {
        if took.take() {
            Verdict::Alive(Duration::from_secs(20)) // at 40 s
        } else {
            Verdict::Dead
        }
    };
    let (deadlines, evicted) = run(&queue, start, &[0, 0, 0], judge);
    assert_eq!((&deadlines[..3], &*evicted), (&[60_000, 90_000, 100_000][..], "ba"));
}

#[test]
fn an_item_in_doubt_stays_and_is_judged_again_after_the_grace() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    let waited = Cell::new(false);
    let judge = |_: &&str, _| {
        if waited.replace(true) { Verdict::Dead } else { Verdict::Wait(Duration::from_millis(7)) }
    };
    let (deadlines, evicted) = run(&queue, start, &[0, 0], judge);
    assert_eq!(deadlines[..2], [60_000, 60_007]);
    assert_eq!(evicted, "a");
}

#[test]
fn a_reaper_that_is_always_late_spares_the_silent_once_only() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    let waited = Cell::new(false);
    let judge = |_: &&str, _| {
        let (unread, waited) = (Unread::Unknown, waited.replace(true));
        Suspect { patience: TIMEOUT, unread, took: None, waited }.judge()
    };
    let (deadlines, evicted) = run(&queue, start, &[5000, 5000], judge);
    assert_eq!(deadlines[0], 60_000);
    assert!(deadlines[1] < 66_000, "it is judged again soon: {deadlines:?}");
    assert_eq!(evicted, "a");
}
