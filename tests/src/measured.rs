//! What a program prints, without what is different each time.

/// The text with `#` for each figure that has a point or a colon, and for each process id:
/// `2.50s`, `00:07.2`, `127.0.0.1:5005`, `(pid 7)`.
///
/// ```
/// let line = "00:07.2 c1: retry 2 of 5 after 3 s (pid 7)";
/// assert_eq!(tests::measured::masked(line), "# c1: retry 2 of 5 after 3 s (pid #)");
/// ```
pub fn masked(text: &str) -> String {
    masked_where(text, |text| {
        let digits = digits(text);
        (digits.len(), digits.contains(['.', ':']))
    })
}

/// As [`masked`], and with `#` for each whole time and each long figure, too: `3 s`, `1m5s`,
/// `28060`. The unit of a time is part of it.
pub fn masked_with_whole(text: &str) -> String {
    masked_where(text, |text| {
        let length = length_with_unit(text);
        (length, length >= 4 || !text[..length].bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// `figure_at` says how long the figure at the start of a text is, and whether it is measured.
fn masked_where(text: &str, figure_at: impl Fn(&str) -> (usize, bool)) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, figure) = rest.split_at(start);
        masked += before;
        let (length, is_measured) = figure_at(figure);
        let is_in_a_word = masked.ends_with(char::is_alphabetic);
        let is_masked = is_measured && !is_in_a_word || masked.ends_with("(pid ");
        masked += if is_masked { "#" } else { &figure[..length] };
        rest = &figure[length..];
    }
    masked + rest
}

fn digits(text: &str) -> &str {
    let is_part = |c: char| c.is_ascii_digit() || matches!(c, '.' | ':');
    let run = text.find(|c| !is_part(c)).unwrap_or(text.len());
    text[..run].trim_end_matches(['.', ':'])
}

fn length_with_unit(text: &str) -> usize {
    let digits = digits(text).len();
    let rest = text[digits..].trim_start_matches(' ');
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    if !["s", "ms", "m", "h", "min"].contains(&&rest[..letters]) {
        return digits;
    }
    let length = text.len() - rest.len() + letters;
    let is_followed = text[length..].starts_with(|c: char| c.is_ascii_digit());
    length + if is_followed { length_with_unit(&text[length..]) } else { 0 }
}
