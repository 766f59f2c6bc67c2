//! The README and `docs/`: each relative link leads somewhere, and each test that a page names
//! is in a file beside it.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The pages, each with its text outside code blocks.
fn pages() -> Vec<(PathBuf, String)> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = fs::read_dir(workspace.join("docs")).expect("docs/ is there").flatten();
    let files = docs.map(|entry| entry.path()).chain([workspace.join("README.md")]);
    let pages = files.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    let text = |file: PathBuf| {
        let text = fs::read_to_string(&file).expect("a page can be read");
        (file, text.split("```").step_by(2).collect())
    };
    pages.map(text).collect()
}

/// The targets of a page's links.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target)
}

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for (file, text) in pages() {
        for link in links(&text).filter(|link| !link.starts_with("http")) {
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { file.clone() } else { file.with_file_name(path) };
            let has_anchor = || {
                let text = fs::read_to_string(&target).unwrap_or_default();
                text.lines().any(|line| line.starts_with('#') && anchor(line) == fragment)
            };
            if !target.exists() || !fragment.is_empty() && !has_anchor() {
                broken.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere:\n{}", broken.join("\n"));
}

/// A test's name is a sentence in backticks, of three words or more.
fn is_test_name(code: &&str) -> bool {
    let is_part = |c| matches!(c, 'a'..='z' | '0'..='9' | '_');
    code.chars().all(is_part) && code.matches('_').count() >= 2
}

#[test]
fn every_test_that_a_page_names_is_in_a_file_beside_it() {
    let (mut wrong, mut found) = (Vec::new(), 0);
    let checked = ["article.md", "reconnect.md", "testing.md"];
    let is_checked = |file: &Path| checked.iter().any(|name| file.ends_with(name));
    for (file, text) in pages().into_iter().filter(|(file, _)| is_checked(file)) {
        // What stands beside a name is its row of a table, or its paragraph.
        for passage in text.replace("|\n", "|\n\n").split("\n\n") {
            let is_source = |link: &&str| link.contains("/tests/") || link.contains("/src/");
            let tests = links(passage).filter(is_source);
            let read = |link| fs::read_to_string(file.with_file_name(link)).unwrap_or_default();
            let sources: String = tests.map(read).collect();
            let code: Vec<&str> = passage.split('`').skip(1).step_by(2).collect();
            for name in code.iter().copied().filter(is_test_name) {
                found += 1;
                if !sources.contains(&format!("fn {name}(")) {
                    wrong.push(format!("{}: no such test: {name}", file.display()));
                }
            }
            // In a command, what follows the test's file is a part of one test's name.
            let commands = code.iter().filter(|code| code.starts_with("cargo test -p "));
            let filters = commands.filter_map(|command| command.split(' ').nth(6));
            for filter in filters.filter(|filter| !filter.starts_with("--")) {
                let names = sources.split("fn ").filter_map(|rest| rest.split_once('('));
                let matching = names.filter(|(name, _)| name.contains(filter)).count();
                if matching != 1 {
                    wrong.push(format!("{}: {matching} tests match {filter}", file.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "names of tests that are wrong:\n{}", wrong.join("\n"));
    assert!(found > 10, "only {found} names of tests were found in the pages");
}
