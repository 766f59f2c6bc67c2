//! Compares what a command prints with the page, word by word.

use tests::measured::masked_with_whole;

/// What stands on the page for lines that are left out.
const LEFT_OUT: &str = "[…]";

/// Whether this was printed, where the page may leave lines out. What is measured counts only as
/// a measurement: times, ports, and figures of four digits and more. What is computed counts as it
/// is.
pub(crate) fn agrees(page: &str, printed: &str, is_computed: bool) -> bool {
    let words = |text: &str| words(text, is_computed);
    let printed = words(printed);
    let parts: Vec<Vec<String>> = page.split(LEFT_OUT).map(words).collect();
    let [first, between @ .., last] = &parts[..] else {
        return parts == [printed];
    };
    let Some(rest) = printed.strip_prefix(&first[..]) else { return false };
    let Some(mut rest) = rest.strip_suffix(&last[..]) else { return false };
    between.iter().all(|part| {
        let at = rest.windows(part.len()).position(|words| words == part);
        at.inspect(|at| rest = &rest[at + part.len()..]).is_some()
    })
}

/// The words. A prediction within the output of a scene is computed, too.
fn words(text: &str, is_computed: bool) -> Vec<String> {
    let line = |line: &str| {
        let is_exact = is_computed || line.trim_start().starts_with("Predicted: ");
        if is_exact { line.to_owned() } else { masked_with_whole(line) }
    };
    let lines: Vec<_> = text.lines().map(line).collect();
    let words = lines.iter().flat_map(|line| line.split_whitespace());
    // How far a measurement lies outside its prediction, or within it.
    words.map(|word| if word == "within:" { "+#:" } else { word }.to_owned()).collect()
}
