//! The tables of names in `docs/article.md` and `docs/article.zh-CN.md`: from the article to the
//! code, and back.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

const PAGES: [&str; 2] = ["article.md", "article.zh-CN.md"];

/// A table as rows of cells, without its header.
type Table = Vec<Vec<String>>;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// A page's table from the article to the code, and the one back.
fn tables(page: &str) -> [Table; 2] {
    let text = read(&docs().join(page));
    let cells = |line: &str| line.trim_matches('|').split(" | ").map(str::to_owned).collect();
    let tables = text.split("\n\n").filter(|part| part.starts_with("| "));
    let mut tables = tables.map(|table| table.lines().skip(2).map(cells).collect());
    let mut next = || tables.next().expect("the page has two tables");
    [next(), next()]
}

/// The target of the link in a cell: a file, seen from `docs`.
fn file(cell: &str) -> &str {
    let (_, target) = cell.split_once("](").expect("a link");
    target.split_once(')').expect("a link").0
}

/// The names in backticks in a cell.
fn names(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// The article's names in a cell, each with the file. A part of the article that has no name counts
/// as an empty one.
fn pairs<'a>(article: &'a str, code: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut pairs: Vec<_> = names(article).map(|name| (name, file(code))).collect();
    if pairs.is_empty() {
        pairs.push(("", file(code)));
    }
    pairs
}

/// The same for a whole table, with the article in one column and the file in another.
fn all_pairs(table: &Table, article: usize, code: usize) -> BTreeSet<(&str, &str)> {
    table.iter().flat_map(|row| pairs(&row[article], &row[code])).collect()
}

#[test]
fn both_directions_and_both_languages_tell_the_same_names_of_the_article() {
    let all = PAGES.map(tables);
    let [[there, back], [there_zh, back_zh]] = &all;
    let told = all_pairs(there, 0, 1);
    assert_eq!(all_pairs(back, 1, 0), told, "the way back differs");
    assert_eq!(all_pairs(there_zh, 0, 1), told, "the Chinese page differs");
    assert_eq!(all_pairs(back_zh, 1, 0), told, "the way back differs on the Chinese page");
    let ours = |rows: &Table| -> Vec<_> {
        rows.iter().map(|row| names(&row[2]).map(str::to_owned).collect::<Vec<_>>()).collect()
    };
    assert_eq!(ours(there), ours(there_zh), "the Chinese page has other names of ours");
}

/// Whether a source declares this name.
fn declares(source: &str, name: &str) -> bool {
    ["fn ", "struct ", "enum ", "const ", "pub "].iter().any(|keyword| {
        source.split(&format!("{keyword}{name}")).skip(1).any(|rest| {
            !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_' || next == '!')
        })
    })
}

#[test]
fn each_name_of_ours_is_declared_in_its_file() {
    let mut missing = Vec::new();
    for row in PAGES.iter().flat_map(|page| tables(page)[0].clone()) {
        let source = read(&docs().join(file(&row[1])));
        assert!(names(&row[2]).next().is_some(), "no name of ours: {row:?}");
        let unknown = names(&row[2]).filter(|name| !declares(&source, name));
        missing.extend(unknown.map(|name| format!("{}: {name}", file(&row[1]))));
    }
    assert!(missing.is_empty(), "these are not declared:\n{}", missing.join("\n"));
}

#[test]
fn each_file_says_what_the_article_calls_it() {
    let mut silent = Vec::new();
    for row in &tables(PAGES[0])[1] {
        let source = read(&docs().join(file(&row[0])));
        let docs: Vec<_> = source.lines().take_while(|line| line.starts_with("//!")).collect();
        let docs = docs.join("\n");
        assert!(docs.contains("article"), "{} does not name the article", file(&row[0]));
        let unsaid = names(&row[1]).filter(|name| !docs.contains(&format!("`{name}`")));
        silent.extend(unsaid.map(|name| format!("{}: {name}", file(&row[0]))));
    }
    assert!(
        silent.is_empty(),
        "these are not in the files' first comments:\n{}",
        silent.join("\n")
    );
}

#[test]
fn the_seven_files_of_the_reading_order_come_first() {
    let readme = read(&docs().join("../README.md"));
    let numbered =
        readme.lines().filter(|line| line.get(1..).is_some_and(|rest| rest.starts_with(". [`")));
    let order: Vec<_> = numbered.map(|line| format!("../{}", file(line))).collect();
    assert_eq!(order.len(), 7, "{order:?}");
    for page in PAGES {
        let back = &tables(page)[1];
        let first: Vec<_> = back.iter().take(7).map(|row| file(&row[0]).to_owned()).collect();
        assert_eq!(first, order, "{page}");
    }
}
