//! Any moment can be seen again.

use std::time::Duration;

use lab::live::{
    history::{History, KEPT},
    input::{Deed, Input, What},
    record::{self, Recorder},
    replay::Replay,
};

use crate::support::start;

fn history(deeds: &[(u64, Deed)]) -> History {
    limited(deeds, KEPT)
}

fn limited(deeds: &[(u64, Deed)], limit: usize) -> History {
    let at = |at, what| Input { at: Duration::from_secs(at), what };
    let mut history = History::new(at(0, What::Started(start())), limit).expect("it is a start");
    for (seconds, deed) in deeds {
        history.take(at(*seconds, What::Done { deed: deed.clone() }));
    }
    history
}

#[test]
fn the_world_is_seen_as_it_was_at_a_moment() {
    let history = history(&[(2, Deed::Cut), (5, Deed::Mend)]);
    let is_cut = |at| history.at(Duration::from_secs(at)).cut.is_some();
    assert_eq!([1, 2, 4, 5].map(is_cut), [false, true, true, false]);
    assert!(history.world.cut.is_none());
}

#[test]
fn steps_go_from_one_event_to_the_next() {
    let history = history(&[(2, Deed::Cut), (5, Deed::Mend)]);
    let seconds = |it: Option<Duration>| it.map(|it| it.as_secs());
    assert_eq!(seconds(history.before(Duration::from_secs(9))), Some(5));
    assert_eq!(seconds(history.before(Duration::from_secs(5))), Some(2));
    assert_eq!(seconds(history.after(Duration::from_secs(2))), Some(5));
    assert_eq!(seconds(history.after(Duration::from_secs(5))), None);
}

/// Inputs of a minute, and a cut or its end in each second.
fn many() -> Vec<Input> {
    let mut inputs = vec![Input { at: Duration::ZERO, what: What::Started(start()) }];
    for number in 0..6000 {
        let at = Duration::from_millis(number * 10);
        let deed = if number % 200 < 100 { Deed::Cut } else { Deed::Mend };
        let what = if number % 100 == 0 { What::Done { deed } } else { printed(10) };
        inputs.push(Input { at, what });
    }
    inputs
}

/// An input of so many bytes and a few more, after which the world is as before.
fn printed(bytes: usize) -> What {
    What::Printed { client: "nobody".to_owned(), line: "x".repeat(bytes) }
}

#[test]
fn the_moments_of_a_long_run_are_seen_as_they_were() {
    let history = History::recorded(many()).expect("it begins with a start");
    for second in 0..60 {
        for after in [0, 5, 999] {
            let world = history.at(Duration::from_millis(second * 1000 + after));
            let since = (second % 2 == 0).then(|| Duration::from_secs(second));
            assert_eq!(world.cut, since, "{second}s and {after}ms");
        }
        let second = Duration::from_secs(second);
        assert_eq!(history.inputs_after(second).next().map(|it| it.at), history.after(second));
    }
}

#[test]
fn a_replay_goes_forwards_and_back() {
    let mut replay = Replay::new(many()).expect("it begins with a start");
    assert_eq!(replay.length(), Duration::from_millis(59_990));
    for second in [0, 1, 50, 51, 7, 8, 59, 2, 0] {
        replay.go_to(Duration::from_secs(second));
        let since = (second % 2 == 0).then(|| Duration::from_secs(second));
        assert_eq!(replay.world.cut, since, "{second}s");
    }
}

#[test]
fn a_run_of_many_bytes_forgets_its_beginning_and_not_its_state() {
    let mut history = limited(&[(1, Deed::Cut)], 4 << 20);
    let at = |number: u64| Duration::from_secs(2 + number);
    for number in 0..100 {
        history.take(Input { at: at(number), what: printed(100_000) });
    }
    assert!(history.whole().is_none());
    assert_eq!(history.at(at(0)).cut, Some(Duration::from_secs(1)));
    let kept = history.inputs().count();
    assert!((25..=42).contains(&kept), "{kept} inputs");
}

#[test]
fn a_run_of_many_small_inputs_is_kept() {
    let mut history = history(&[]);
    for _ in 0..120_000 {
        history.take(Input { at: Duration::from_secs(1), what: printed(1) });
    }
    assert_eq!(history.whole().map(Iterator::count), Some(120_001));
}

#[test]
fn inputs_that_come_in_the_wrong_order_are_put_in_order() {
    let mut history = history(&[(5, Deed::Cut)]);
    history.take(Input { at: Duration::from_millis(4999), what: What::Done { deed: Deed::Mend } });
    assert_eq!(history.end(), Duration::from_secs(5));
    assert!(history.at(Duration::from_secs(5)).cut.is_none());
    let folder = tempfile::tempdir().expect("there is room");
    let file = folder.path().join("run.jsonl");
    let mut recorder = Recorder::create(&file).expect("the file can be written");
    let mut inputs = history.whole().expect("it is short");
    inputs.try_for_each(|input| recorder.write(input)).expect("there is room");
    drop(recorder);
    assert_eq!(record::read(&file).map(|inputs| inputs.len()), Ok(3));
}
