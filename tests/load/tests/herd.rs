//! A small herd: all come back, what is counted adds up, and the picture is readable.
#![cfg(target_os = "linux")]

use std::{fs, time::Duration};

use load::scenarios::herd::{Findings, Herd, Pauses, draw};

const CONNECTIONS: usize = 200;

fn run(pauses: Pauses) -> Findings {
    let herd = Herd { connections: CONNECTIONS, pauses, away: Duration::from_millis(100) };
    let found = herd.run().expect("all come back");
    assert_eq!(found.back.len(), CONNECTIONS, "{found:?}");
    let failed = found.refused + found.broken;
    assert_eq!(found.connects.len(), CONNECTIONS + failed, "{found:?}");
    let counted: u32 = found.per_bin().iter().sum();
    assert_eq!(counted as usize, found.connects.len(), "{found:?}");
    found
}

#[test]
fn a_herd_without_jitter_is_silent_for_its_first_pause_and_all_of_it_comes_back() {
    let found = run(Pauses::Longest);
    assert!(found.connects[0] >= Duration::from_secs(1), "{found:?}");
}

#[test]
fn a_herd_without_pauses_comes_back() {
    run(Pauses::None);
}

/// The picture of herds, as SVG.
fn drawn(connections: usize, herds: &[(Pauses, Findings)]) -> String {
    let plot = tempfile::NamedTempFile::new().expect("a temporary file");
    draw(connections, herds, plot.path()).expect("the plot is drawn");
    fs::read_to_string(plot.path()).expect("the plot is there")
}

/// What the elements of this name say.
fn text(svg: &str, name: &str) -> Vec<String> {
    let document = roxmltree::Document::parse(svg).expect("it is well-formed");
    let nodes = document.descendants().filter(|node| node.tag_name().name() == name);
    nodes.filter_map(|node| node.text()).map(|text| text.trim().to_owned()).collect()
}

#[test]
fn a_herd_with_jitter_comes_back_and_is_drawn() {
    let herds = [(Pauses::Jitter, run(Pauses::Jitter))];
    let svg = drawn(CONNECTIONS, &herds);
    assert_eq!(
        text(&svg, "title"),
        ["Connects per 20 ms of 200 connections that lost their server at once"]
    );
    let words = text(&svg, "text");
    let heading = format!(
        "with jitter: {} connects, at most {}",
        herds[0].1.connects.len(),
        herds[0].1.peak()
    );
    for expected in [&heading, "the server is back", "all are back"] {
        assert!(words.iter().any(|it| it.starts_with(expected)), "no {expected} in {words:?}");
    }
}

#[test]
fn the_picture_of_the_docs_has_the_title_the_panels_and_the_words_that_are_drawn_today() {
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/pictures/herd.svg");
    let stands = fs::read_to_string(picture).expect("the picture is there");
    let herds = Pauses::ALL.map(|pauses| (pauses, made_up()));
    let today = drawn(10_000, &herds);
    assert_eq!(text(&stands, "title"), text(&today, "title"));
    assert_eq!(words_without_figures(&stands), words_without_figures(&today));
}

/// Three connects at once. All are back after about as long as in the docs, so the axes are alike.
fn made_up() -> Findings {
    Findings {
        connects: vec![Duration::ZERO; 3],
        refused: 0,
        broken: 0,
        slow: 0,
        all_lost: Duration::ZERO,
        listening: Duration::ZERO,
        back: vec![Duration::from_secs(7)],
    }
}

/// The words of a picture, with `#` for what was counted. The numbers of the axes are left out.
fn words_without_figures(svg: &str) -> Vec<String> {
    let word = |word: &str| match word.parse::<u64>() {
        Ok(_) => "#".to_owned(),
        Err(_) => word.to_owned(),
    };
    let words = text(svg, "text").into_iter();
    let words = words.filter(|it| it.parse::<u64>().is_err());
    words.map(|it| it.split(' ').map(word).collect::<Vec<_>>().join(" ")).collect()
}
