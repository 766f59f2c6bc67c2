//! The page's form: the sixty minutes, the parts of each exercise, and what it quotes.

use std::{fs, path::Path};

use lab::live::ideas::IDEAS;
use libtest_mimic::{Failed, Trial};
use tests::markdown::{Block, Section, blocks, inline_code, prose};

use super::{
    ROOT,
    page::{Page, sessions},
};

/// What each exercise has, in this order.
const PARTS: [&str; 8] = [
    "**Before you run anything.**",
    "**Break it.**",
    "**Watch.**",
    "**Judge.**",
    "**Read.**",
    "<details><summary>The answer</summary>",
    "```text\n$ ",
    "</details>",
];

/// How the inline code of a command begins, and the command that needs a person.
const PROGRAMS: [&str; 3] = ["lab ", "client ", "server "];
const INTERACTIVE: &str = "lab live";

/// Returns what is wrong with the page.
type Check = fn(&Page) -> Vec<String>;

pub(crate) fn trials(page: &Page) -> Vec<Trial> {
    let checks: [(&str, Check); 7] = [
        ("ten_exercises_take_sixty_minutes", ten_exercises),
        ("each_exercise_has_its_parts_in_order", parts),
        ("each_exercise_shows_a_wrong_answer_and_a_right_one", answers),
        ("each_command_to_type_is_one_whose_output_is_shown", commands),
        ("each_command_within_a_sentence_is_one_whose_output_is_shown", inline_commands),
        ("each_experiment_has_the_title_that_the_lab_shows", experiments),
        ("each_quotation_stands_in_its_file", quotations),
    ];
    let trial = |(name, check): (&str, Check)| {
        let page = page.clone();
        Trial::test(name, move || match check(&page) {
            wrong if wrong.is_empty() => Ok(()),
            wrong => Err(Failed::from(wrong.join("\n"))),
        })
    };
    checks.map(trial).into()
}

fn ten_exercises(page: &Page) -> Vec<String> {
    let exercises = page.exercises();
    let numbers: Vec<_> = exercises.iter().map(|(number, ..)| *number).collect();
    let minutes: u32 = exercises.iter().map(|(_, minutes, _)| minutes).sum();
    let is_right = numbers.iter().copied().eq(1..=10) && minutes == 60;
    if is_right { vec![] } else { vec![format!("exercises {numbers:?}, {minutes} minutes")] }
}

fn parts(page: &Page) -> Vec<String> {
    let mut missing = Vec::new();
    for (_, _, Section { heading, text, .. }) in page.exercises() {
        let mut rest = &**text;
        for part in PARTS {
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => missing.push(format!("{heading}: no {part:?} where it belongs")),
            }
        }
    }
    missing
}

/// A session with the answer that stands in the exercise, and with another one.
fn answers(page: &Page) -> Vec<String> {
    let mut wrong = Vec::new();
    for (_, _, section) in page.exercises() {
        let lines = |text| str::lines(text).filter_map(|line| line.split_once("answer="));
        let to_type = blocks(&section.text).filter(|block| block.language == "sh");
        let given: Vec<_> = to_type.flat_map(|block| lines(block.text)).map(|it| it.1).collect();
        let shown = sessions(section).flat_map(|block| lines(block.text));
        let shown: Vec<_> = shown.map(|it| it.1).collect();
        let are_two = given.len() == 1 && shown.len() == 2 && shown[0] == given[0];
        let in_quotes = |answer: &&str| answer.starts_with('\'') && answer.ends_with('\'');
        if !are_two || shown[1] == given[0] || !shown.iter().all(in_quotes) {
            wrong.push(format!("{}: {given:?}, and in the session {shown:?}", section.heading));
        }
    }
    wrong
}

/// The lines that a reader is to type stand again before what they print, in the same section. Only
/// the set-up is no part of a session.
fn commands(page: &Page) -> Vec<String> {
    let mut missing = Vec::new();
    for section in &page.sections {
        let shown: String = sessions(section).map(|block| block.text).collect();
        let to_type = blocks(&section.text).filter(|block| block.language == "sh");
        for line in to_type.flat_map(|block| block.text.lines()) {
            let is_set_up = line.starts_with("cargo build ") || line.starts_with("PATH=");
            if !is_set_up && !shown.contains(&format!("$ {line}\n")) {
                missing.push(format!("{}: {line}", section.heading));
            }
        }
    }
    missing
}

fn inline_commands(page: &Page) -> Vec<String> {
    let mut missing = Vec::new();
    let shown = page.sessions();
    let run: Vec<_> = shown.iter().flat_map(|(_, steps)| steps).map(|it| &it.command).collect();
    for section in &page.sections {
        for code in inline_code(&prose(&section.text)) {
            let is_command = PROGRAMS.iter().any(|program| code.starts_with(program));
            if is_command && code != INTERACTIVE && !run.iter().any(|it| it.contains(code)) {
                missing.push(format!("{}: {code}", section.heading));
            }
        }
    }
    missing
}

/// An experiment of `lab live` is named as "key `e`" and its title.
fn experiments(page: &Page) -> Vec<String> {
    let texts = page.sections.iter().map(|section| &section.text);
    let named = texts.flat_map(|text| text.split("key `e`, \"").skip(1));
    let titles = named.map(|rest| rest.split('"').next().unwrap_or_default());
    let unknown = titles.filter(|title| !IDEAS.iter().any(|idea| idea.title == *title));
    unknown.map(|title| format!("no experiment has the title {title:?}")).collect()
}

/// Code stands in the file of the last link before it. What a change adds does not stand there yet.
fn quotations(page: &Page) -> Vec<String> {
    let is_code = |block: &Block<'_>| ["rust", "diff"].contains(&block.language);
    let mut wrong = Vec::new();
    for section in &page.sections {
        for block in blocks(&section.text).filter(is_code) {
            let (before, target) = block.before.rsplit_once("](").expect("a link to the file");
            let (target, _) = target.split_once(')').expect("the link ends");
            let file = Path::new(ROOT).join("docs").join(target);
            let source = fs::read_to_string(&file).unwrap_or_default();
            let source: Vec<_> = source.lines().map(str::trim).collect();
            let quoted: Vec<_> = quoted(block).collect();
            if !source.windows(quoted.len()).any(|lines| lines == quoted) {
                wrong.push(format!("{}: not in {target}: {}", section.heading, block.text));
            }
            // The link names the function: `Type::function`.
            let name = before.rsplit(['[', ':', '`']).find(|name| !name.is_empty());
            let function = format!("fn {}", name.expect("the link has a text"));
            if !source.iter().any(|line| line.contains(&function)) {
                wrong.push(format!("{}: no {function} in {target}", section.heading));
            }
        }
    }
    wrong
}

fn quoted(block: Block<'_>) -> impl Iterator<Item = &str> {
    let is_diff = block.language == "diff";
    let lines = block.text.lines().filter(move |line| !(is_diff && line.starts_with('+')));
    lines.map(move |line| if is_diff { line.get(1..).unwrap_or_default() } else { line }.trim())
}
