//! The picture of the growth is readable: it says which line is whose, and its figures are whole.

use std::{fs, path::Path};

use load::{
    growth::{Step, draw},
    servers::Figures,
};

#[test]
fn the_picture_of_the_docs_is_drawn_from_the_table_beside_it() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let page = fs::read_to_string(docs.join("performance.md")).expect("the page is there");
    let (_, section) = page.split_once("\n## How cost grows\n").expect("it has the section");
    let number = |cell: &str| cell.split(' ').next().and_then(|number| number.parse().ok());
    let row = |line: &str| {
        let cells: Vec<_> = line.trim_matches(['|', ' ']).split(" | ").collect();
        let connections: usize = cells[0].parse().ok()?;
        let figures = cells[2..].iter().map(|cell| number(cell).expect("a figure"));
        Some((connections, figures.collect::<Vec<f64>>().try_into().expect("five figures")))
    };
    let lines = section.lines().take_while(|line| !line.starts_with("## "));
    let rows: Vec<(usize, Figures)> =
        lines.filter(|line| line.starts_with('|')).filter_map(row).collect();
    let steps: Vec<_> = rows
        .chunks_exact(3)
        .map(|of| Step { connections: of[0].0, medians: [of[0].1, of[1].1, of[2].1] })
        .collect();
    assert_eq!(steps.len(), 5, "five numbers of connections");
    let drawn = tempfile::NamedTempFile::new().expect("a temporary file");
    draw(&steps, drawn.path()).expect("it is drawn");
    let [drawn, stands] = [drawn.path(), &docs.join("pictures/growth.svg")]
        .map(|file| fs::read_to_string(file).expect("it is there"));
    assert!(drawn == stands, "docs/pictures/growth.svg is not drawn from the table:\n{drawn}");
}

/// A word of the picture, and the height at which it stands.
type Word = (String, i32);

/// The words of a picture of servers that are equally fast and cost the same.
fn words(connections: &[usize]) -> Vec<Word> {
    let figures: Figures = [61_234.5, 15.25, 1.0, 2.0, 3.0];
    let step = |&connections| Step { connections, medians: [figures; 3] };
    let steps: Vec<Step> = connections.iter().map(step).collect();
    let plot = tempfile::NamedTempFile::new().expect("a temporary file");
    draw(&steps, plot.path()).expect("the plot is drawn");
    let svg = fs::read_to_string(plot.path()).expect("the plot is there");
    let document = roxmltree::Document::parse(&svg).expect("it is well-formed");
    let words = document.descendants().filter(|node| node.tag_name().name() == "text");
    let word = |node: roxmltree::Node<'_, '_>| {
        let height = node.attribute("y").and_then(|y| y.parse().ok());
        (node.text().unwrap_or_default().trim().to_owned(), height.expect("a word has a place"))
    };
    words.map(word).collect()
}

fn heights(words: &[Word], text: &str) -> Vec<i32> {
    words.iter().filter(|(word, _)| word == text).map(|&(_, height)| height).collect()
}

#[test]
fn each_panel_names_each_server_and_no_name_covers_another_one() {
    let words = words(&[1, 100]);
    let names = ["our server", "bare loop", "tokio server"].map(|name| heights(&words, name));
    for panel in 0..2 {
        let mut heights = names.each_ref().map(|heights| heights[panel]);
        heights.sort_unstable();
        let gaps = heights.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.min() >= Some(20), "names are too close: {words:?}");
    }
}

#[test]
fn the_axes_have_the_measured_numbers_of_connections_and_whole_figures() {
    let connections = [7, 100, 10_000];
    let words = words(&connections);
    for measured in connections {
        let count = heights(&words, &measured.to_string()).len();
        assert_eq!(count, 2, "{measured} is not once in each panel: {words:?}");
    }
    let figures = words.iter().filter(|(word, _)| word.parse::<f64>().is_ok());
    let is_whole = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    assert!(figures.clone().all(|(word, _)| is_whole(word)), "a fraction in {words:?}");
    let on_the_left = figures.count() - 2 * connections.len();
    assert!((6..=14).contains(&on_the_left), "too few ticks, or too many: {words:?}");
}
