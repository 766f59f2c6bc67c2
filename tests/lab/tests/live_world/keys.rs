//! What the keys ask for.

use lab::live::{
    input::{Deed, Key, What, Who},
    world::keys::{Mode, Wish},
};

use crate::support::{Story, start};

#[allow(clippy::unnecessary_wraps, reason = "it is compared with what a key asks for")]
fn wish(deed: Deed) -> Option<Wish> {
    Some(Wish::Do(deed))
}

fn c1() -> Who {
    Who::Client("c1".to_owned())
}

#[test]
fn each_key_asks_for_its_deed_and_then_for_the_opposite() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    let client = || "c1".to_owned();
    let pairs = [
        ('s', Deed::Stop { who: c1() }, Deed::Continue { who: c1() }),
        ('d', Deed::Deafen { client: client() }, Deed::Undeafen { client: client() }),
        ('x', Deed::Cut, Deed::Mend),
        ('S', Deed::Stop { who: Who::Server }, Deed::Continue { who: Who::Server }),
    ];
    for (key, first, second) in pairs {
        assert_eq!(story.key(key), wish(first.clone()));
        story.done(first);
        story.take(What::Key { key: Key::Escape }); // the question
        assert_eq!(story.key(key), wish(second.clone()));
        story.done(second);
    }
    assert_eq!(story.key('k'), wish(Deed::Kill { who: c1() }));
    assert_eq!(story.key('r'), wish(Deed::Reset { client: client() }));
    assert_eq!(story.key('K'), wish(Deed::Kill { who: Who::Server }));
    story.take(What::Exited { who: Who::Server });
    assert_eq!(story.key('K'), wish(Deed::Restart));
    assert_eq!(story.key('a'), wish(Deed::Add { client: "c2".to_owned(), flags: Vec::new() }));
}

#[test]
fn a_line_is_typed_as_the_chosen_client() {
    let mut story = Story::new();
    (1..=2).for_each(|conn| story.at(1.0).connects(conn));
    story.key('1');
    "thqi".chars().for_each(|key| assert_eq!(story.key(key), None));
    story.take(What::Key { key: Key::Backspace });
    let typed = story.take(What::Key { key: Key::Enter });
    assert_eq!(typed, wish(Deed::Type { client: "c1".to_owned(), line: "hq".to_owned() }));
    assert_eq!(story.world.view.mode, Mode::Watching);
}

#[test]
fn what_is_impossible_is_refused_with_the_reason() {
    let no = |text: &str| Some(text.to_owned());
    let mut story = Story::from(lab::live::input::Start {
        no_network: no("unshare failed"),
        no_tap: no("refused"),
        ..start()
    });
    assert_eq!(story.key('s'), None);
    assert_eq!(story.world.view.notice.as_deref(), Some("there is no client yet; a adds one"));
    assert_eq!(story.key('x'), None);
    let notice = story.world.view.notice.clone().expect("it says why");
    assert!(notice.contains("unshare failed"), "{notice}");
    story.at(1.0).connects(1);
    assert_eq!(story.key('r'), None);
    let possible: Vec<_> = story.world.possible().into_iter().map(|(key, _)| key).collect();
    assert!(!possible.contains(&"x") && !possible.contains(&"r") && possible.contains(&"s"));
}

#[test]
fn nothing_is_done_to_a_client_that_is_not_ours() {
    let mut story = Story::new();
    story.at(1.0).joins(1, 7000);
    for key in ['s', 'k', 'd', 'r', 't'] {
        assert_eq!(story.key(key), None);
        let notice = story.world.view.notice.as_deref();
        assert_eq!(notice, Some("ext is not ours: use its own terminal"));
    }
}

#[test]
fn arrows_and_digits_choose_a_client() {
    let mut story = Story::new();
    (1..=3).for_each(|conn| story.at(1.0).connects(conn));
    let chosen = |story: &Story| story.world.chosen().map(|client| client.name.clone());
    assert_eq!(chosen(&story).as_deref(), Some("c3"), "the newest one");
    story.take(What::Key { key: Key::Up });
    assert_eq!(chosen(&story).as_deref(), Some("c2"));
    story.key('1');
    assert_eq!(chosen(&story).as_deref(), Some("c1"));
    (0..5).for_each(|_| drop(story.take(What::Key { key: Key::Down })));
    assert_eq!(chosen(&story).as_deref(), Some("c3"));
}
