//! The story as lines.

use std::time::Duration;

use lab::live::{
    input::{Deed, Input, What, Who},
    replay::{self, Replay},
    tell::{Teller, clock},
    world::World,
};

use crate::stage::world;

/// The lines that are new.
fn told(teller: &mut Teller, world: &World) -> Vec<String> {
    let mut out = Vec::new();
    teller.tell(world, &mut out).expect("there is room");
    String::from_utf8(out).expect("it is text").lines().map(str::to_owned).collect()
}

#[test]
fn each_line_of_the_story_is_told_once_with_its_time() {
    let (mut world, mut teller) = (world(), Teller::default());
    assert!(told(&mut teller, &world).is_empty());
    let at = Duration::from_millis(42_349);
    let who = Who::Client("c3".to_owned());
    world.take(&Input { at, what: What::Begun { deed: Deed::Stop { who } } });
    world.take(&Input { at, what: What::Said { text: "Think: who notices?".to_owned() } });
    assert_eq!(
        told(&mut teller, &world),
        ["00:42.3  you stopped c3 (SIGSTOP)", "00:42.3  Think: who notices?"]
    );
    assert!(told(&mut teller, &world).is_empty());
}

#[test]
fn lines_are_told_when_the_story_has_forgotten_older_ones() {
    let (mut world, mut teller) = (world(), Teller::default());
    for number in 0..2000 {
        let what = What::Said { text: number.to_string() };
        world.take(&Input { at: Duration::ZERO, what });
        assert_eq!(told(&mut teller, &world), [format!("00:00.0  {number}")]);
    }
}

#[test]
fn a_long_recording_is_told_whole() {
    let said = |number: u64| What::Said { text: number.to_string() };
    let start = Input { at: Duration::ZERO, what: What::Started(world().start) };
    let at = |number| Duration::from_secs(number / 1000); // many at once
    let inputs = (0..3000).map(|number| Input { at: at(number), what: said(number) });
    let replay = Replay::new([start].into_iter().chain(inputs).collect()).expect("it has a start");
    let mut out = Vec::new();
    replay::tell(&replay, &mut out).expect("there is room");
    let told = String::from_utf8(out).expect("it is text");
    let expected = (0..3000).map(|number| format!("00:0{}.0  {number}", number / 1000));
    assert!(told.lines().eq(expected), "{told}");
}

#[test]
fn the_clock_counts_minutes_beyond_an_hour() {
    assert_eq!(clock(Duration::from_millis(4_261_999)), "71:01.9");
}
