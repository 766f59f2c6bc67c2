//! When the reaper sleeps, for how long, and whom it evicts when it wakes; on a clock that
//! jumps.

use std::{
    cell::RefCell,
    time::{Duration, Instant},
};

use server::{reaper, timeout_queue::TimeoutQueue};

const TIMEOUT: Duration = Duration::from_mins(1);

/// Runs the reaper over `queue`; it wakes so many milliseconds after each of its deadlines.
/// Returns the deadlines, in milliseconds since the start, and who was evicted.
fn run(queue: &TimeoutQueue<&'static str>, start: Instant, late: &[u64]) -> (Vec<u128>, String) {
    let (deadlines, evicted) = (RefCell::new(Vec::new()), RefCell::new(String::new()));
    let mut late = late.iter();
    let sleep = |deadline: Instant| {
        deadlines.borrow_mut().push((deadline - start).as_millis());
        late.next().map(|late| deadline + Duration::from_millis(*late))
    };
    reaper::run(queue, start, sleep, |expired| evicted.borrow_mut().push_str(expired.item));
    (deadlines.into_inner(), evicted.into_inner())
}

#[test]
fn with_nobody_there_it_sleeps_a_whole_timeout() {
    let start = Instant::now();
    let (deadlines, evicted) = run(&TimeoutQueue::new(TIMEOUT), start, &[0, 500]);
    assert_eq!((deadlines, &*evicted), (vec![60_000, 120_000, 180_500], ""));
}

#[test]
fn it_sleeps_until_the_first_is_due_and_evicts_it_then() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    queue.insert(2, "b", start + Duration::from_secs(5));
    let (deadlines, evicted) = run(&queue, start, &[0]);
    assert_eq!((deadlines, &*evicted), (vec![60_000, 65_000], "a"));
}

#[test]
fn when_it_wakes_far_too_late_it_gives_the_others_a_moment_to_read() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    let (deadlines, evicted) = run(&queue, start, &[3_600_000]);
    assert_eq!((deadlines, &*evicted), (vec![60_000, 3_660_500], ""));
    let (_, evicted) = run(&queue, start, &[3_600_000, 0]);
    assert_eq!(evicted, "a");
}

#[test]
fn a_second_late_is_not_too_late() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, "a", start);
    assert_eq!(run(&queue, start, &[1000]).1, "a");
}
