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

#[test]
fn a_herd_with_jitter_comes_back_and_is_drawn() {
    let plot = tempfile::NamedTempFile::new().expect("a temporary file");
    let herds = [(Pauses::Jitter, run(Pauses::Jitter))];
    draw(CONNECTIONS, &herds, plot.path()).expect("the plot is drawn");
    let svg = fs::read_to_string(plot.path()).expect("the plot is there");
    let document = roxmltree::Document::parse(&svg).expect("it is well-formed");
    let text = |name| {
        let nodes = document.descendants().filter(move |node| node.has_tag_name(name));
        nodes.filter_map(|node| node.text()).map(str::trim).collect::<Vec<_>>()
    };
    assert_eq!(
        text(("http://www.w3.org/2000/svg", "title")),
        ["Connects per 20 ms of 200 connections that lost their server at once"]
    );
    let words = text(("http://www.w3.org/2000/svg", "text"));
    let heading = format!(
        "with jitter: {} connects, at most {}",
        herds[0].1.connects.len(),
        herds[0].1.peak()
    );
    for expected in [&heading, "the server is back", "all are back"] {
        assert!(words.iter().any(|it| it.starts_with(expected)), "no {expected} in {words:?}");
    }
}
