//! The places that --max-connections grants.

use server::limits::Places;

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
