//! How the limit of open files is raised, with systems that take less than they promise.

use common::descriptors::raise;

/// A system that refuses limits above `most`.
fn takes(most: u64) -> impl FnMut(u64) -> Option<u64> {
    move |limit| (limit <= most).then_some(limit)
}

#[test]
fn the_soft_limit_is_raised_to_the_hard_one() {
    assert_eq!(raise(1024, 524_288, takes(u64::MAX)), 524_288);
}

#[test]
fn a_limit_that_is_as_high_as_it_goes_is_left_alone() {
    assert_eq!(raise(1024, 1024, |_| panic!("nothing is to be set")), 1024);
}

#[test]
fn where_unlimited_is_refused_less_is_tried() {
    assert_eq!(raise(256, u64::MAX, takes(10_240)), 10_240);
    assert_eq!(raise(256, u64::MAX, takes(6000)), 5120);
    assert_eq!(raise(256, u64::MAX, takes(0)), 256);
}

#[test]
fn a_limit_that_the_kernel_lowered_is_the_one_that_holds() {
    assert_eq!(raise(256, u64::MAX, |limit| Some(limit.min(24_576))), 24_576);
}
