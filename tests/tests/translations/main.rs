//! The Chinese pages say what the English ones say today.
//!
//! Each Chinese section carries the hash of the English section that it renders. When the English
//! text changes, the test names the section, the command that shows what changed, and the command
//! that enters the new hash once the Chinese says it too. What needs no translation is compared.

mod pair;
mod same;
mod style;

use std::path::Path;

use tests::markdown::Section;

use pair::{Pair, hash, pairs, tie};

#[test]
fn the_language_switch_is_the_first_line_of_both_pages() {
    for pair in pairs() {
        let name = |file| Path::new(file).file_name().and_then(|it| it.to_str()).expect("a name");
        let english = format!("**English** · [简体中文]({})", name(&pair.chinese_file));
        let chinese = format!("[English]({}) · **简体中文**", name(&pair.english_file));
        assert_eq!(pair.first_lines(), [english, chinese]);
    }
}

#[test]
fn the_headings_correspond() {
    for pair in pairs() {
        let levels = |sections: &[Section]| sections.iter().map(|it| it.level).collect::<Vec<_>>();
        if levels(&pair.english) != levels(&pair.chinese) {
            let is_rendered = |new: &str| pair.chinese.iter().any(|it| tie(it) == Some(new));
            let alone = pair.english.iter().filter(|it| !is_rendered(&hash(it)));
            let alone: Vec<_> = alone.map(|it| &it.heading).collect();
            let file = &pair.chinese_file;
            panic!("{file} has other headings; it does not have these as they are: {alone:?}");
        }
    }
}

#[test]
fn each_section_renders_the_english_text_as_it_is_today() {
    let mut stale = String::new();
    for pair in pairs() {
        for (english, chinese) in pair.sections() {
            let new = hash(english);
            match tie(chinese) {
                Some(old) if old == new => {}
                old => stale.push_str(&what_to_do(&pair, english, chinese, old, &new)),
            }
        }
    }
    assert!(stale.is_empty(), "the English text has changed:\n{stale}");
}

fn what_to_do(
    Pair { english_file, chinese_file, .. }: &Pair,
    english: &Section,
    chinese: &Section,
    old: Option<&str>,
    new: &str,
) -> String {
    let where_it_is = format!(
        "\n{chinese_file}, line {}, \"{}\" renders {english_file}, line {}, \"{}\".\n",
        chinese.line, chinese.heading, english.line, english.heading
    );
    let Some(old) = old else {
        return where_it_is + &format!("Put this under its heading:\n  <!-- en: {new} -->\n");
    };
    where_it_is
        + &format!(
            "This shows what has changed since the translation (of the whole page):\n  \
             git diff --word-diff $(git log -1 --format=%H -S {old} -- {chinese_file}) -- {english_file}\n\
             Change the Chinese, then enter the new hash:\n  \
             sed -i 's/en: {old} /en: {new} /' {chinese_file}\n"
        )
}
