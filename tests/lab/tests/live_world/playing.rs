//! An experiment that plays, and how soon the screen is drawn again.

use std::time::Duration;

use lab::live::{
    draw::Moment,
    input::{Deed, Key, What},
    show::pace,
    world::{
        client::SHOWN_AFTER_END,
        keys::{Mode, Wish},
        story::Kind,
    },
};
use serde_json::json;

use crate::support::Story;

fn escape(story: &mut Story) -> Option<Wish> {
    story.take(What::Key { key: Key::Escape })
}

fn playing() -> Story {
    let mut story = Story::new();
    story.take(What::Playing { title: Some("A hang".to_owned()) });
    story
}

#[test]
fn escape_stops_the_experiment_that_plays() {
    assert_eq!(escape(&mut playing()), Some(Wish::StopPlaying));
    assert_eq!(escape(&mut Story::new()), None);
}

#[test]
fn escape_first_closes_what_is_open() {
    let mut story = playing();
    for open in ['e', '?'] {
        story.key(open);
        assert_eq!(escape(&mut story), None);
        assert_eq!(story.world.view.mode, Mode::Watching);
    }
    story.connects(1);
    story.key('t');
    assert_eq!(escape(&mut story), None, "the line is not sent");
    story.done(Deed::Cut);
    assert!(story.world.view.question.is_some());
    assert_eq!(escape(&mut story), None, "the question is skipped");
    assert_eq!(escape(&mut story), Some(Wish::StopPlaying));
}

#[test]
fn a_script_that_has_failed_is_told_as_trouble_and_plays_no_more() {
    let mut story = playing();
    story.take(What::ScriptFailed { why: "line 3: it came too late".to_owned() });
    let line = story.world.story.lines().back().expect("it is told");
    assert_eq!(line.kind, Kind::Trouble);
    assert_eq!(line.text, "not as expected: line 3: it came too late");
    assert_eq!(story.world.view.playing, None);
}

#[test]
fn a_notice_stands_until_the_next_key() {
    let mut story = Story::new();
    let told = story.world.story.told();
    story.take(What::Noticed { text: "written: a and b".to_owned() });
    assert_eq!(story.world.view.done.as_deref(), Some("written: a and b"));
    assert_eq!(story.world.story.told(), told, "it is no part of the story");
    story.key('?');
    assert_eq!(story.world.view.done, None);
}

#[test]
fn ten_frames_a_second_are_drawn_only_while_something_moves() {
    let fast = |story: &Story, after, moment| {
        pace(&story.world, story.now() + after, moment) < Duration::from_secs(1)
    };
    let mut story = Story::new();
    assert!(!fast(&story, Duration::ZERO, Moment::Live), "there is no client");
    story.connects(1);
    assert!(fast(&story, Duration::ZERO, Moment::Live));
    assert!(!fast(&story, Duration::ZERO, Moment::Frozen));
    story.at(10.0).client("c1", json!({ "event": "ended", "reason": "unanswered" }));
    assert!(fast(&story, Duration::ZERO, Moment::Live), "it is still shown");
    assert!(!fast(&story, SHOWN_AFTER_END, Moment::Live), "it is not shown any more");
    story.done(Deed::Cut);
    assert!(fast(&story, SHOWN_AFTER_END, Moment::Live), "the cut lasts");
}
