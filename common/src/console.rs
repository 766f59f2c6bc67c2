//! How things are said to a person: the log on stderr, figures, and text from a peer.

use std::{
    env,
    fmt::{self, Write as _},
    io::{self, IsTerminal},
    time::Duration,
};

use chrono::{FixedOffset, Local, Utc};
use tracing::{Level, Metadata, warn};
use tracing_subscriber::{
    filter::filter_fn,
    fmt::{format::Writer, layer, time::FormatTime},
    layer::{Layer as _, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use crate::log::LineWriter;

/// The target of the few lines that even a quiet log prints.
pub const ALWAYS: &str = "always";

/// How much of a peer's text one log line shows, in bytes.
const SHOWN: usize = 160;

/// The two flags that say how much is logged.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Verbosity {
    /// Say more: the server, the text that passes; the client, what the kernel knows
    #[arg(short, long, conflicts_with = "quiet")]
    verbose: bool,
    /// Say only what went wrong
    #[arg(short, long)]
    quiet: bool,
}

/// The running log; dropped, it sees to it that the last lines are written.
pub struct Log(LineWriter);

/// Starts the log: events on stderr, one a line, with the local time to the millisecond;
/// coloured on a terminal unless [`NO_COLOR`](https://no-color.org) is set. If one was
/// started before, that one goes on.
///
/// # Errors
/// When the log's thread cannot be started.
pub fn start_log(verbosity: Verbosity) -> io::Result<Log> {
    let most = match verbosity {
        Verbosity { quiet: true, .. } => Level::WARN,
        Verbosity { verbose: true, .. } => Level::DEBUG,
        _ => Level::INFO,
    };
    let shown = move |event: &Metadata<'_>| event.target() == ALWAYS || *event.level() <= most;
    let lines = LineWriter::start(io::stderr())?;
    let log = Log(lines.clone());
    let events = layer()
        .with_writer(move || lines.clone())
        .with_ansi(takes_colour(&io::stderr()))
        .with_timer(Clock(*Local::now().offset()))
        .with_target(false)
        // The hint lets what is never shown cost nothing where it is not said.
        .with_filter(filter_fn(shown).with_max_level_hint(most.max(Level::INFO)));
    let _ = tracing_subscriber::registry().with(events).try_init();
    Ok(log)
}

/// Whether colour may go there: to a terminal, unless [`NO_COLOR`](https://no-color.org) is set.
#[must_use]
pub fn takes_colour(stream: &impl IsTerminal) -> bool {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !no_color
}

impl Drop for Log {
    fn drop(&mut self) {
        let lost = self.0.lost();
        if lost > 0 {
            warn!("{} of this log were lost: stderr took none", Count(lost, "line"));
        }
        self.0.flush_all();
    }
}

/// The time of day at the offset from UTC that held when the program started. To look the
/// zone up for each line would open a file in each thread.
struct Clock(FixedOffset);

impl FormatTime for Clock {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        write!(w, "{}", Utc::now().with_timezone(&self.0).format("%H:%M:%S%.3f"))
    }
}

/// A duration in seconds, to a tenth: `60.0s`.
pub struct Seconds(pub Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}s", self.0.as_secs_f64())
    }
}

/// A duration in milliseconds, to a hundredth: `0.31ms`.
pub struct Millis(pub Duration);

impl fmt::Display for Millis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}ms", self.0.as_secs_f64() * 1000.0)
    }
}

/// So many of something: `1 line`, `2 lines`.
pub struct Count(pub u64, pub &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, noun) = self;
        write!(f, "{count} {noun}{}", if *count == 1 { "" } else { "s" })
    }
}

/// A peer's text in quotes, with everything escaped that could drive a terminal, and
/// cut where it gets long.
pub struct Escaped<'a>(pub &'a [u8]);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = &self.0[..self.0.len().min(SHOWN)];
        f.write_char('"')?;
        for chunk in shown.utf8_chunks() {
            write!(f, "{}{}", chunk.valid().escape_debug(), chunk.invalid().escape_ascii())?;
        }
        f.write_char('"')?;
        if shown.len() < self.0.len() {
            write!(f, "… ({} bytes)", self.0.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
