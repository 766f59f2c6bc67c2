//! What needs no translation: code, links, the numbers in tables.

use std::collections::BTreeSet;

use tests::markdown::{Section, blocks, inline_code, links, prose};

use crate::pair::{Pair, pairs};

/// The English words for numbers.
const NUMBERS: [(&str, &str); 12] = [
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("ten", "10"),
    ("hundred", "100"),
    ("thousand", "1000"),
];

/// What of a section is compared, its English form and its Chinese one.
type Parts = (&'static str, Vec<String>, Vec<String>);

fn parts(pair: &Pair, english: &Section, chinese: &Section) -> [Parts; 6] {
    let code = |section: &Section| {
        blocks(&section.text).map(|it| format!("{}\n{}", it.language, it.text)).collect()
    };
    let code_blocks = ("code blocks", code(english), code(chinese));
    let [english, chinese] = [english, chinese].map(|section| without_tie(&prose(&section.text)));
    let expected_links = sorted(links(&english).map(|link| pair.translated_link(link)));
    // Where English has a word for a number, the Chinese may have the word or the number.
    let all_numbers = sorted(numbers(&english));
    let is_a_word = |number: &String| {
        let is_named = |word: &str| NUMBERS.contains(&(&*word.to_lowercase(), number));
        !all_numbers.contains(number) && english.split(|c: char| !c.is_alphabetic()).any(is_named)
    };
    let found = sorted(numbers(&chinese).filter(|number| !is_a_word(number)));
    [
        code_blocks,
        ("inline code", words_of_code(&english), words_of_code(&chinese)),
        ("links", expected_links, sorted(links(&chinese).map(str::to_owned))),
        ("numbers in tables", cells(&english), cells(&chinese)),
        ("numbers", all_numbers, found),
        ("HTML", tags(&english), tags(&chinese)),
    ]
}

#[test]
fn what_needs_no_translation_is_the_same() {
    let mut different = Vec::new();
    for pair in pairs() {
        for (english, chinese) in pair.sections() {
            for (what, expected, found) in parts(&pair, english, chinese) {
                if expected != found {
                    let place = format!("{}, \"{}\"", pair.chinese_file, chinese.heading);
                    let lacks = without(&expected, &found);
                    let has = without(&found, &expected);
                    different.push(format!("{place}: {what}: lacks {lacks:#?}, has {has:#?}"));
                }
            }
        }
    }
    assert!(
        different.is_empty(),
        "different from the English (if nothing is lacking, in order or number):\n{}",
        different.join("\n")
    );
}

fn without<'a>(these: &'a [String], others: &[String]) -> Vec<&'a String> {
    these.iter().filter(|it| !others.contains(it)).collect()
}

fn without_tie(prose: &str) -> String {
    prose
        .lines()
        .filter(|line| !line.starts_with("<!--"))
        .fold(String::new(), |text, line| text + line + "\n")
}

/// Without doubles: another language says a thing again where this one says "it".
fn sorted(texts: impl Iterator<Item = String>) -> Vec<String> {
    texts.collect::<BTreeSet<_>>().into_iter().collect()
}

fn words_of_code(prose: &str) -> Vec<String> {
    let on_one_line = |code: &str| code.split_whitespace().collect::<Vec<_>>().join(" ");
    sorted(inline_code(prose).map(on_one_line))
}

fn numbers(text: &str) -> impl Iterator<Item = String> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let parts = text.split(move |c| !is_part(c)).map(|part| part.trim_matches('.').to_owned());
    parts.filter(|part| !part.is_empty())
}

/// Each table's cells, each as the numbers in it, in any order.
fn cells(prose: &str) -> Vec<String> {
    let cell = |cell: &str| {
        let mut numbers: Vec<_> = numbers(cell).collect();
        numbers.sort_unstable();
        numbers.join(" ")
    };
    let row = |row: &str| row.split('|').map(cell).collect::<Vec<_>>().join(" | ");
    prose.lines().filter(|line| line.starts_with('|')).map(row).collect()
}

fn tags(prose: &str) -> Vec<String> {
    let tags = prose.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
    tags.map(|(tag, _)| tag.to_owned()).collect()
}
