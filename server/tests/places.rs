//! The places that --max-connections grants, and the room that there is for them.

use server::limits::{Places, threads_within};

#[test]
fn a_place_is_given_back_once_though_it_is_given_back_early_and_dropped() {
    let places = Places::new(1);
    let place = places.take().expect("one place is free");
    assert!(places.take().is_none(), "there is one place");
    place.give_back();
    let next = places.take().expect("the place was given back");
    drop(place);
    assert!(places.take().is_none(), "the place was given back twice");
    drop(next);
    assert!(places.take().is_some(), "a dropped place was not given back");
}

#[test]
fn little_address_space_holds_few_threads_and_much_holds_many() {
    const GIB: u64 = 1024 * 1024 * 1024;
    assert_eq!(threads_within(0, 2), 0);
    assert_eq!(threads_within(GIB / 4, 2), 0, "it is needed for other threads");
    assert_eq!(threads_within(GIB, 2), 11, "each has a heap");
    assert!(threads_within(4 * GIB, 2) > 5000, "they share sixteen heaps");
    assert!(threads_within(4 * GIB, 64) < 64, "sixty-four cores could have 512 heaps");
}
