//! The timeout queue against a naive model, on a clock that only the test moves.

use std::time::{Duration, Instant};

use proptest::{collection::vec, prelude::*};
use server::timeout_queue::{Expired, TimeoutQueue};

const TIMEOUT: Duration = Duration::from_mins(1);
const STEP: Duration = Duration::from_nanos(1);

/// Takes out everything that is due, as the reaper does.
fn expire(queue: &TimeoutQueue<u64>, now: Instant) -> Vec<Expired<u64>> {
    queue.due(now).into_iter().filter_map(|due| queue.expire(due.id, now)).collect()
}

fn ids(expired: Vec<Expired<u64>>) -> Vec<u64> {
    expired.into_iter().map(|expired| expired.item).collect()
}

#[test]
fn an_item_expires_exactly_at_its_timeout() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, 1, start);
    assert_eq!(queue.next_deadline(), Some(start + TIMEOUT));
    let just_before = (start + TIMEOUT).checked_sub(STEP).unwrap();
    assert_eq!(
        ids(expire(&queue, just_before)),
        Vec::<u64>::new(),
        "it expired before its timeout"
    );
    assert_eq!(
        expire(&queue, start + TIMEOUT),
        [Expired { item: 1, silent: TIMEOUT }],
        "an item expires at exactly its timeout"
    );
    assert_eq!(queue.next_deadline(), None);

    queue.insert(2, 2, start);
    assert_eq!(
        expire(&queue, start + TIMEOUT + STEP),
        [Expired { item: 2, silent: TIMEOUT + STEP }],
        "the whole silence is reported"
    );
}

#[test]
fn the_longest_silent_expire_first() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    for id in 1..=4 {
        queue.insert(id, id, start + Duration::from_secs(id));
    }
    assert!(queue.touch(2, start + Duration::from_secs(10)));
    assert_eq!(queue.next_deadline(), Some(start + Duration::from_secs(1) + TIMEOUT));
    assert_eq!(ids(expire(&queue, start + Duration::from_secs(4) + TIMEOUT)), [1, 3, 4]);
    assert_eq!(queue.next_deadline(), Some(start + Duration::from_secs(10) + TIMEOUT));
    assert_eq!(ids(expire(&queue, start + Duration::from_secs(10) + TIMEOUT)), [2]);
}

#[test]
fn an_item_that_was_taken_out_never_comes_back() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, 1, start);
    queue.insert(2, 2, start);
    assert_eq!(queue.remove(1), Some(1));
    assert_eq!(ids(expire(&queue, start + TIMEOUT)), [2]);

    for id in [1, 2] {
        assert!(!queue.touch(id, start + TIMEOUT), "{id} was touched back to life");
        assert_eq!(queue.remove(id), None);
    }
    assert_eq!(ids(expire(&queue, start + 10 * TIMEOUT)), Vec::<u64>::new());
    assert_eq!(queue.drain(), Vec::<u64>::new());
}

#[test]
fn an_item_that_is_touched_after_a_look_does_not_expire() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, 1, start);
    let [due] = &queue.due(start + TIMEOUT)[..] else { panic!("one item is due") };
    assert_eq!(due.id, 1);
    assert!(queue.touch(1, start + TIMEOUT));
    assert_eq!(queue.expire(1, start + TIMEOUT), None, "a touched item expired");
    assert_eq!(queue.next_deadline(), Some(start + 2 * TIMEOUT));
}

#[test]
fn an_item_that_was_heard_earlier_than_others_goes_to_its_place_among_them() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let queue = TimeoutQueue::new(TIMEOUT);
    for id in 1..=4 {
        queue.insert(id, id, at(2 * id));
    }
    assert!(queue.touch(1, at(5)), "it was heard between 2 and 3");
    queue.insert(5, 5, at(7)); // two threads can read the clock in another order
    assert_eq!(ids(expire(&queue, at(5) + TIMEOUT)), [2, 1]);
    assert_eq!(ids(expire(&queue, at(8) + TIMEOUT)), [3, 5, 4]);
}

#[test]
fn the_entries_are_listed_from_the_front_with_their_stamps() {
    let start = Instant::now();
    let at = |seconds| start + Duration::from_secs(seconds);
    let queue = TimeoutQueue::new(TIMEOUT);
    for id in 1..=3 {
        queue.insert(id, 10 * id, at(id));
    }
    assert!(queue.touch(1, at(4)));
    assert_eq!(queue.entries(), [(2, at(2), 20), (3, at(3), 30), (1, at(4), 10)]);
    assert_eq!(queue.remove(2), Some(20), "a list takes nothing out");
    assert_eq!(queue.entries(), [(3, at(3), 30), (1, at(4), 10)]);
}

#[test]
fn an_earlier_touch_does_not_undo_a_later_one() {
    let start = Instant::now();
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, 1, start);
    queue.insert(2, 2, start + 2 * TIMEOUT);
    assert!(queue.touch(1, start + TIMEOUT));
    assert!(queue.touch(1, start));
    assert_eq!(queue.next_deadline(), Some(start + 2 * TIMEOUT));
}

#[test]
fn draining_takes_everything() {
    let queue = TimeoutQueue::new(TIMEOUT);
    queue.insert(1, 1, Instant::now());
    queue.insert(2, 2, Instant::now());
    assert_eq!(queue.drain(), [1, 2]);
    assert_eq!(queue.next_deadline(), None);
}

#[derive(Debug, Clone)]
enum Operation {
    Insert,
    Touch(u64),
    /// A touch of an item that was heard this many seconds ago.
    TouchAgo(u64, u64),
    Remove(u64),
    Expire,
    Advance(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        3 => Just(Operation::Insert),
        4 => (0..12_u64).prop_map(Operation::Touch),
        1 => (0..12_u64, 0..40_u64).prop_map(|(id, ago)| Operation::TouchAgo(id, ago)),
        1 => (0..12_u64).prop_map(Operation::Remove),
        2 => Just(Operation::Expire),
        3 => (0..30_u64).prop_map(Operation::Advance),
    ]
}

proptest! {
    /// The model is a list of (id, last heard) that is searched from end to end.
    #[test]
    fn it_behaves_as_a_list_that_is_searched(operations in vec(operation(), 0..200)) {
        let queue = TimeoutQueue::new(TIMEOUT);
        let mut model: Vec<(u64, Instant)> = Vec::new();
        let mut now = Instant::now() + TIMEOUT;
        let mut next_id = 0;
        for operation in operations {
            match operation {
                Operation::Insert => {
                    queue.insert(next_id, next_id, now);
                    model.push((next_id, now));
                    next_id += 1;
                }
                Operation::Touch(_) | Operation::TouchAgo(..) => {
                    let (id, heard) = match operation {
                        Operation::TouchAgo(id, ago) => (id, now.checked_sub(Duration::from_secs(ago)).expect("the clock began later")),
                        Operation::Touch(id) => (id, now),
                        _ => unreachable!("the two touches are matched here"),
                    };
                    let place = model.iter().position(|entry| entry.0 == id);
                    prop_assert_eq!(queue.touch(id, heard), place.is_some());
                    if let Some(place) = place {
                        let (_, before) = model.remove(place);
                        let heard = heard.max(before);
                        let place = model.iter().rposition(|entry| entry.1 <= heard);
                        model.insert(place.map_or(0, |place| place + 1), (id, heard));
                    }
                }
                Operation::Remove(id) => {
                    let place = model.iter().position(|entry| entry.0 == id);
                    let removed = place.map(|place| model.remove(place).0);
                    prop_assert_eq!(queue.remove(id), removed);
                }
                Operation::Expire => {
                    let (due, left) =
                        model.into_iter().partition(|&(_, heard)| heard + TIMEOUT <= now);
                    model = left;
                    let expected: Vec<_> = Vec::<(u64, Instant)>::into_iter(due)
                        .map(|(item, heard)| Expired { item, silent: now - heard })
                        .collect();
                    prop_assert_eq!(expire(&queue, now), expected);
                }
                Operation::Advance(seconds) => now += Duration::from_secs(seconds),
            }
            let earliest = model.iter().map(|&(_, heard)| heard + TIMEOUT).min();
            prop_assert_eq!(queue.next_deadline(), earliest);
        }
    }
}
