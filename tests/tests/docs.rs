//! The READMEs, `docs/` and the first page of `cargo doc`: each relative link leads somewhere, each
//! test that a page names is in a file beside it, and each library says where to start.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tests::markdown::{anchor, blocks, inline_code, links, prose};

/// The pages, each with its text outside code blocks.
fn pages() -> Vec<(PathBuf, String)> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let docs = fs::read_dir(workspace.join("docs")).expect("docs/ is there").flatten();
    let readmes = ["README.md", "README.zh-CN.md"].map(|name| workspace.join(name));
    let files = docs.map(|entry| entry.path()).chain(readmes);
    let pages = files.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    let text = |file: PathBuf| {
        let text = fs::read_to_string(&file).expect("a page can be read");
        (file, prose(&text))
    };
    pages.map(text).collect()
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

#[test]
fn every_picture_stands_on_a_page_with_the_command_that_draws_it() {
    let pictures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures");
    let pages = pages();
    for picture in fs::read_dir(pictures).expect("there are pictures").flatten() {
        let name = picture.file_name().into_string().expect("a plain name");
        let shows =
            |text: &str| links(text).any(|link| link.ends_with(&format!("pictures/{name}")));
        let mut with_it = pages.iter().filter(|(_, text)| shows(text)).peekable();
        assert!(with_it.peek().is_some(), "no page shows {name}");
        for (file, _) in with_it {
            let draws = format!(" docs/pictures/{name}");
            let text = fs::read_to_string(file).expect("a page can be read");
            let is_drawn = blocks(&text)
                .flat_map(|block| block.text.lines())
                .any(|line| line.starts_with("cargo run ") && line.contains(&draws));
            assert!(is_drawn, "no command draws {name} in {}", file.display());
        }
    }
}

/// A test's name is a sentence in backticks, of three words or more.
fn is_test_name(code: &&str) -> bool {
    let is_part = |c| matches!(c, 'a'..='z' | '0'..='9' | '_');
    code.chars().all(is_part) && code.matches('_').count() >= 2
}

#[test]
fn every_test_that_a_page_names_is_in_a_file_beside_it() {
    let (mut wrong, mut found) = (Vec::new(), 0);
    let checked = ["article.md", "article.zh-CN.md", "course.md", "reconnect.md", "testing.md"];
    let is_checked = |file: &Path| checked.iter().any(|name| file.ends_with(name));
    for (file, text) in pages().into_iter().filter(|(file, _)| is_checked(file)) {
        // What stands beside a name is its row of a table, or its paragraph.
        for passage in text.replace("|\n", "|\n\n").split("\n\n") {
            let is_source = |link: &&str| link.contains("/tests/") || link.contains("/src/");
            let tests = links(passage).filter(is_source);
            let read = |link| fs::read_to_string(file.with_file_name(link)).unwrap_or_default();
            let sources: String = tests.map(read).collect();
            let code: Vec<&str> = inline_code(passage).collect();
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

#[test]
fn every_library_says_where_to_start() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for package in ["common", "server", "client", "tests", "tests/lab", "tests/load"] {
        let source = fs::read_to_string(workspace.join(package).join("src/lib.rs"));
        let source = source.expect("each package has a library");
        let mut docs = source.lines().take_while(|line| line.starts_with("//!"));
        assert!(docs.any(|line| line.starts_with("//! Start with [`")), "{package} does not");
    }
}
