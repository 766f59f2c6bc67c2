//! The last line: the open question, the text that is typed, why a key did nothing or what it has
//! done, or the keys that do something now.

use ratatui::text::{Line, Span};
use textwrap::core::display_width;

use super::{BAD, BOLD, Moment, PLAIN, Scene, YOURS, text::tail};
use crate::{
    event::Role,
    live::world::{
        case::Question,
        keys::{Mode, Possible},
    },
};

pub(super) fn footer(scene: &Scene) -> Line<'static> {
    let view = &scene.world.view;
    let done = view.done.as_ref().map(|done| Line::styled(format!(" {}", scene.text(done)), BOLD));
    match (scene.look.moment, &done) {
        (Moment::Live, _) => {}
        (Moment::Frozen, Some(done)) => return done.clone(),
        (moment, _) => return fitting(scene, &past(moment)),
    }
    match &view.mode {
        Mode::Watching => {}
        Mode::Typing(line) => return typing(scene, line),
        Mode::Ideas(_) => {
            let keys = [("↑ ↓", "choose"), ("Enter", "play it"), ("Esc", "close the list")];
            return fitting(scene, &[keys.to_vec()]);
        }
        Mode::Help => return Line::raw(" Any key closes the help."),
    }
    if let Some(notice) = &view.notice {
        return Line::styled(format!(" ! {}", scene.text(notice)), BAD.patch(BOLD));
    }
    if let Some(done) = done {
        return done;
    }
    if let Some(question) = &view.question {
        return asked(scene, question);
    }
    keys(scene, &scene.world.possible())
}

/// The keys of a moment that is over.
fn past(moment: Moment) -> [Vec<Possible>; 1] {
    let (space, more): (_, &[_]) = match moment {
        Moment::Live | Moment::Frozen => ("back to now", &[("w", "write recording, picture")]),
        Moment::Replay { is_paused: true, .. } => ("go on", &[]),
        Moment::Replay { is_paused: false, .. } => ("pause", &[]),
    };
    let keys = [("Space", space), ("←", "step back"), ("→", "forward")];
    [keys.iter().chain(more).chain(&[("q", "quit")]).copied().collect()]
}

/// The possible keys, with shorter words if the screen is narrow.
fn keys(scene: &Scene, possible: &[Possible]) -> Line<'static> {
    let both: Vec<_> = possible.iter().filter(|(key, _)| matches!(*key, "S" | "K")).collect();
    let merged = |word: &'static str| {
        let keys = possible.iter().filter_map(|&(key, old)| match key {
            "S" if both.len() == 2 => Some(("S K", word)),
            "K" if both.len() == 2 => None,
            _ => Some((key, old)),
        });
        keys.collect::<Vec<_>>()
    };
    let without = |keys: &[Possible], names: &[&str]| -> Vec<Possible> {
        let bare = |&(key, word): &Possible| (key, if names.contains(&key) { "" } else { word });
        keys.iter().map(bare).collect()
    };
    let short = merged("server");
    fitting(
        scene,
        &[
            possible.to_vec(),
            short.clone(),
            without(&short, &["q"]),
            without(&short, &["q", "r"]),
            without(&short, &["q", "r", "?"]),
            without(&short, &["q", "r", "?", "e"]),
        ],
    )
}

/// The first of these lists that fits, or the last.
fn fitting<const N: usize>(scene: &Scene, lists: &[Vec<Possible>; N]) -> Line<'static> {
    let width = |list: &[Possible]| -> usize {
        let each = list.iter().map(|(key, word)| {
            let blank = usize::from(!word.is_empty());
            display_width(key) + blank + display_width(word) + 2
        });
        each.sum::<usize>().saturating_sub(1)
    };
    let fits = |list: &&Vec<Possible>| width(list) <= scene.columns + 2;
    let list = lists.iter().find(fits).or(lists.last()).map_or(&[][..], |list| list);
    let mut spans = Vec::new();
    for (index, (key, word)) in list.iter().enumerate() {
        spans.push(Span::raw(if index == 0 { " " } else { "  " }));
        spans.push(Span::styled(*key, BOLD));
        if !word.is_empty() {
            spans.push(Span::raw(format!(" {word}")));
        }
    }
    spans.into()
}

fn typing(scene: &Scene, line: &str) -> Line<'static> {
    let name = scene.chosen().map_or_else(String::new, |client| scene.text(&client.name));
    let (before, after) = (format!(" {name} types: "), "  Enter sends it  Esc does not");
    let room = (scene.columns + 1).saturating_sub(display_width(&before) + after.len());
    Line::from(vec![
        Span::styled(before, YOURS.patch(BOLD)),
        Span::raw(tail(&scene.text(line), room)),
        Span::styled("_", BOLD),
        Span::raw(after),
    ])
}

/// The question, with shorter words if the screen is narrow. The answer stands in brackets.
fn asked(scene: &Scene, question: &Question) -> Line<'static> {
    let name = scene.text(&question.client);
    let answers = [
        (Some(Role::Client), "c", "client"),
        (Some(Role::Server), "s", "server"),
        (None, "n", "nobody"),
    ];
    let parts = |ask: &str, gap: &'static str, [enter, escape]: [&'static str; 2]| {
        let mut spans = vec![Span::styled(format!(" {name}: {ask}"), YOURS.patch(BOLD))];
        let mut add = |text: String, style| spans.extend([gap.into(), Span::styled(text, style)]);
        for (who, key, word) in answers {
            if question.who == Some(who) {
                add(format!("[{key} {word}]"), YOURS.patch(BOLD));
            } else {
                add(format!("{key} {word}"), PLAIN);
            }
        }
        if question.who.is_some_and(|who| who.is_some()) {
            add(format!("seconds: {}_", tail(&scene.text(&question.seconds), 6)), BOLD);
        }
        if question.who.is_some() {
            add(enter.to_owned(), PLAIN);
        }
        add(escape.to_owned(), PLAIN);
        Line::from(spans)
    };
    let long = parts("who will notice first?", "  ", ["Enter ok", "Esc skip"]);
    let fits = long.width() <= scene.columns + 2;
    if fits { long } else { parts("who notices first?", " ", ["Enter", "Esc"]) }
}
