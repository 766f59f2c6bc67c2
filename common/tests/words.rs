//! Figures and text as people see them.

use std::time::Duration;

use common::words::{Count, Escaped, Millis, Seconds};

#[test]
fn a_peers_text_cannot_drive_the_terminal() {
    let text = b"red\x1b[31m \x9b \x07 \r\n \"\xff \xe2\x80\xae \xe4\xbd\xa0";
    let shown = Escaped(text).to_string();
    assert_eq!(shown, "\"red\\u{1b}[31m \\x9b \\u{7} \\r\\n \\\"\\xff \\u{202e} 你\"");
}

#[test]
fn a_long_text_is_cut_and_its_length_told() {
    let shown = Escaped(&[b'x'; 1000]).to_string();
    assert!(shown.ends_with("x\"… (1000 bytes)"), "{shown}");
    assert!(shown.len() < 200);
}

#[test]
fn figures_have_their_unit() {
    assert_eq!(Seconds(Duration::from_millis(60_049)).to_string(), "60.0s");
    assert_eq!(Millis(Duration::from_micros(310)).to_string(), "0.31ms");
    assert_eq!(Count(1, "line").to_string(), "1 line");
    assert_eq!(Count(0, "line").to_string(), "0 lines");
}
