//! The README and `docs/`: each relative link leads somewhere, and each test that a table names
//! is in the file beside it.

use std::{
    fs,
    path::{Path, PathBuf},
};

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The pages, each with its folder and its text without code blocks.
fn pages() -> Vec<(PathBuf, String)> {
    let docs = fs::read_dir(workspace().join("docs")).expect("docs/ is there").flatten();
    let files = docs.map(|entry| entry.path()).chain([workspace().join("README.md")]);
    let pages = files.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    let text = |file: PathBuf| {
        let text = fs::read_to_string(&file).expect("a page can be read");
        let outside_code: String = text.split("```").step_by(2).collect();
        (file, outside_code)
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
            let folder = file.parent().expect("a page is in a folder");
            let target = if path.is_empty() { file.clone() } else { folder.join(path) };
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
fn every_test_that_a_page_names_is_in_the_file_beside_it() {
    let (mut missing, mut found) = (Vec::new(), 0);
    for (file, text) in pages() {
        for part in text.split("` in [").collect::<Vec<_>>().windows(2) {
            let name = part[0].rsplit('`').next().unwrap_or_default();
            let Some(link) = part[1].split_once("](").and_then(|(_, rest)| rest.split_once(')'))
            else {
                continue;
            };
            if !link.0.contains("/tests/") {
                continue; // a file of the sources, not of the tests
            }
            let source = file.parent().expect("a page is in a folder").join(link.0);
            let source = fs::read_to_string(source).unwrap_or_default();
            found += 1;
            if !source.contains(&format!("fn {name}(")) {
                missing.push(format!("{}: {name} in {}", file.display(), link.0));
            }
        }
    }
    assert!(missing.is_empty(), "tests that are not there:\n{}", missing.join("\n"));
    assert!(found > 10, "only {found} names of tests were found in the pages");
}
