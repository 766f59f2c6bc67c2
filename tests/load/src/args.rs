//! What the load program's flags may say, beside what the other programs' may.

use common::args::positive;

/// Connections that one address can make to another: it has no more ports.
const MOST_CONNECTIONS: u32 = 65_535;

/// A line has to fit into a socket at once.
const LONGEST_LINE: u32 = 16 * 1024;

/// Lines a second, from one every quarter of an hour to far beyond what a thread can send.
const RATES: std::ops::RangeInclusive<f64> = 0.001..=1e7;

fn from_to(text: &str, least: u32, most: u32) -> Result<usize, String> {
    let number = positive(text)?;
    if (least..=most).contains(&number) {
        usize::try_from(number).map_err(|error| error.to_string())
    } else {
        Err(format!("must be from {least} to {most}"))
    }
}

/// Reads a number of connections.
///
/// # Errors
/// A text that is no whole number, zero, and more than one address has ports for.
pub fn connections(text: &str) -> Result<usize, String> {
    from_to(text, 1, MOST_CONNECTIONS)
}

/// Reads a line's length, in bytes.
///
/// # Errors
/// A text that is no whole number, less than a byte and its newline, and more than 16 KiB.
pub fn line(text: &str) -> Result<usize, String> {
    from_to(text, 2, LONGEST_LINE)
}

/// Reads a number of pairs of runs.
///
/// # Errors
/// A text that is no whole number, zero, and more than 1000.
pub fn pairs(text: &str) -> Result<usize, String> {
    from_to(text, 1, 1000)
}

/// Reads a rate, in lines a second.
///
/// # Errors
/// A text that is no number, and one that is not positive, finite and within reason.
pub fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if RATES.contains(&rate) {
        Ok(rate)
    } else {
        Err(format!("must be from {} to {} lines a second", RATES.start(), RATES.end()))
    }
}
