//! What the learner said, what the rule said, and how it was.

use lab::live::input::{Deed, Key, What, Who};
use serde_json::json;

use crate::support::Story;

fn c1() -> Who {
    Who::Client("c1".to_owned())
}

/// Answers the open question.
fn say(story: &mut Story, answer: &str) {
    answer.chars().for_each(|key| drop(story.key(key)));
    story.take(What::Key { key: Key::Enter });
}

#[test]
fn a_guess_is_told_beside_its_deed_and_compared_with_the_rule_and_the_outcome() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).done(Deed::Stop { who: c1() });
    story.at(3.0);
    say(&mut story, "s10");
    assert_eq!(story.last_line(), "you stopped c1 (SIGSTOP) · you said: the server, after 10.0s");
    let evicted =
        json!({ "event": "ended", "conn": 1, "reason": "silent", "message": "conn-1 evicted" });
    story.at(11.5).server(evicted);
    assert_eq!(
        story.last_line(),
        "c1: you said: the server, after 10.0s · \
         the rule said: the server, after 7.0s to 10.0s · it was: the server, after 9.5s"
    );
}

#[test]
fn a_cut_is_noticed_first_by_the_client_under_the_labs_own_settings() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).done(Deed::Cut);
    story.at(7.0).client("c1", json!({ "event": "ended", "reason": "unanswered" }));
    assert_eq!(
        story.last_line(),
        "c1: the rule said: the client, after 3.0s to 6.0s · it was: the client, after 5.0s"
    );
}

#[test]
fn a_fault_that_ends_in_time_is_noticed_by_nobody() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).done(Deed::Stop { who: Who::Server });
    say(&mut story, "n");
    story.at(4.0).done(Deed::Continue { who: Who::Server });
    assert_eq!(
        story.last_line(),
        "c1: you said: nobody · the rule said: the client, after 3.0s to 6.0s · \
         it was: nobody, and the fault was over after 2.0s"
    );
}

#[test]
fn a_question_that_is_skipped_leaves_no_guess() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).done(Deed::Stop { who: c1() });
    assert!(story.world.view.question.is_some());
    story.take(What::Key { key: Key::Escape });
    assert_eq!(story.last_line(), "you stopped c1 (SIGSTOP)");
    assert!(story.world.view.question.is_none());
}

#[test]
fn a_key_that_is_no_answer_does_what_it_always_does() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).done(Deed::Cut);
    assert!(story.key('x').is_some(), "x mends the line");
    assert!(story.world.view.question.is_none());
}

#[test]
fn an_end_that_comes_while_the_deed_is_being_done_is_an_outcome_of_it() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    let deed = Deed::Kill { who: c1() };
    story.at(2.0).take(What::Begun { deed: deed.clone() });
    story.server(json!({ "event": "ended", "conn": 1, "reason": "closed_by_client" }));
    story.take(What::Exited { who: c1() });
    story.take(What::Done { deed });
    assert_eq!(
        story.last_line(),
        "c1: the rule said: the server, at once · it was: the server, at once"
    );
    assert!(story.world.view.question.is_none());
}

#[test]
fn a_deed_that_fails_opens_no_case() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).take(What::Begun { deed: Deed::Cut });
    story.take(What::Failed { deed: Deed::Cut, why: "refused".to_owned() });
    assert_eq!(story.last_line(), "that failed: refused");
    assert!(story.world.cases.is_empty() && story.world.view.question.is_none());
}

#[test]
fn of_two_faults_at_once_nothing_is_predicted() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).done(Deed::Stop { who: c1() });
    story.at(3.0).done(Deed::Kill { who: c1() });
    assert_eq!(story.last_line(), "c1: two faults at once; the rule predicts one at a time");
    assert!(story.world.cases.is_empty() && story.world.view.question.is_none());
    story.at(3.1).server(json!({ "event": "ended", "conn": 1, "reason": "closed_by_client" }));
    assert!(!story.last_line().contains("it was"), "{}", story.last_line());
}

#[test]
fn a_mend_that_fails_ends_no_fault() {
    let mut story = Story::new();
    story.at(1.0).connects(1);
    story.at(2.0).done(Deed::Cut);
    story.take(What::Begun { deed: Deed::Mend });
    story.take(What::Failed { deed: Deed::Mend, why: "refused".to_owned() });
    assert_eq!(story.world.cases.len(), 1);
}
