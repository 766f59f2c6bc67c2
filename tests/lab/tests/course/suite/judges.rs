//! The judges of the exercises: what they take for right, and what they do not.

use libtest_mimic::{Failed, Trial};
use tests::markdown::blocks;

use super::{
    page::{Page, Step},
    session,
};

/// How the line begins in which a reader writes the answer.
const ANSWER: &str = "answer=";

/// The exercises with a judge that answers at once: the right answers, and the wrong ones.
const ANSWERS: [(u32, &[&str], &[&str]); 6] = [
    (2, &["1.5s", "1500ms", "2s", "1.5s to 2.5s"], &["1s", "3s", "1s to 3s", "at once", "2"]),
    (3, &["6s", "6 s", "6000ms", "6 seconds", "0.1 min"], &["5s", "7s", "6", "6ms", "6m"]),
    (4, &["1.5s", "1500ms", "1s500ms"], &["1s", "1400ms", "1540ms", "2s"]),
    (5, &["never", " Never "], &["4s", "0s", "hangs"]),
    (
        6,
        &["15m", "16m", "15min", "16 minutes", "960s", "15 to 17 min", "15m..17m", "15 到 17 分钟"],
        &["1", "15", "15s", "14m", "20m", "17m to 15m", "14m to 17m", "15h"],
    ),
    (7, &["3s", "3 秒"], &["never", "2.5s", "2500ms", "4s"]),
];

/// No answer to anything.
const NONSENSE: [&str; 6] = ["", " ", "x", ".*", "\\1", "$HOME"];

pub(crate) fn trials(page: &Page) -> Vec<Trial> {
    let judges = page.exercises().into_iter().filter_map(|(number, _, section)| {
        let (_, right, wrong) = ANSWERS.iter().find(|(it, ..)| *it == number)?;
        let commands =
            blocks(&section.text).find(|it| it.text.starts_with(ANSWER))?.text.to_owned();
        let judge = commands.lines().find(|line| line.contains("judge.sh"))?.to_owned();
        let name = format!("{}: its judge knows right from wrong", section.heading);
        Some(Trial::test(name, move || knows(&judge, right, wrong)))
    });
    let judges: Vec<_> = judges.collect();
    assert_eq!(judges.len(), ANSWERS.len(), "an exercise has no judge");
    judges
}

fn knows(judge: &str, right: &[&str], wrong: &[&str]) -> Result<(), Failed> {
    let wrong = wrong.iter().chain(&NONSENSE).map(|answer| (answer, "not "));
    let answers: Vec<_> = right.iter().map(|answer| (answer, "right: ")).chain(wrong).collect();
    let step = |(answer, _): &(&&str, _)| Step {
        command: format!("{ANSWER}'{answer}'; {judge}"),
        printed: String::new(),
    };
    let steps: Vec<_> = answers.iter().map(step).collect();
    let printed = session::play(&steps, "127.0.0.1:1")?;
    let misjudged =
        answers.iter().zip(printed).filter(|((_, verdict), it)| !it.starts_with(verdict));
    let misjudged: Vec<_> = misjudged.map(|((answer, _), it)| format!("{answer}: {it}")).collect();
    if misjudged.is_empty() { Ok(()) } else { Err(misjudged.join("").into()) }
}
