//! The log: events on stderr, as text for people or as JSON for programs.
//!
//! A program never waits for stderr while it works: a reader that pauses (`| less`, Ctrl-S)
//! must not hold up a server. Lines go through a bounded [`queue`]; those that find no room are
//! counted and reported at the end. The last lines are waited for, as long as stderr takes
//! anything.

pub mod queue;

use std::{
    env,
    fmt::{self, Display},
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use chrono::{FixedOffset, Local, SecondsFormat, Utc};
use clap::ValueEnum;
use tracing::{Level, Metadata, error, warn};
use tracing_subscriber::{
    filter::filter_fn,
    fmt::{
        format::{Writer, debug_fn},
        layer,
        time::FormatTime,
    },
    layer::{Layer as _, SubscriberExt as _},
    util::SubscriberInitExt as _,
};

use crate::{
    start::thread_error,
    streams,
    targets::{ALWAYS, HEARTBEATS},
    words::Count,
};
use queue::Lines;

/// The flags that choose what is logged and how. Each program has a `--verbose` of its own.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct LogArgs {
    /// Log only warnings and errors
    #[arg(short, long, conflicts_with = "verbose")]
    quiet: bool,

    /// Leave single heartbeats out of the log
    #[arg(long)]
    hide_heartbeats: bool,

    /// One line per event for people, or one JSON object per line for programs
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Form::Text)]
    log: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Json,
}

/// The running log. Dropped, it waits for the last lines.
pub struct Log {
    form: Form,
    lines: Lines,
}

impl LogArgs {
    /// Runs a program's `body` under a log, and logs why it fails. `verbose` is how often the flag
    /// `--verbose` was given: once adds the events of the debug level, twice those of the trace
    /// level.
    pub fn run<E: Display>(
        self,
        verbose: u8,
        body: impl FnOnce(&Log) -> Result<ExitCode, E>,
    ) -> ExitCode {
        let log = match self.start(verbose) {
            Ok(log) => log,
            Err(error) => {
                let _ = writeln!(io::stderr(), "error: {}", thread_error("log", &error));
                return ExitCode::FAILURE;
            }
        };
        body(&log).unwrap_or_else(|reason| {
            log.make_room();
            match log.form {
                Form::Text => {
                    let line = format!("error: {reason}\n");
                    let _ = log.lines.clone().write_all(line.as_bytes());
                }
                Form::Json => error!(event = "failed", "{reason}"),
            }
            ExitCode::FAILURE
        })
    }

    /// Starts the log. A log that was started before goes on in its place.
    fn start(self, verbose: u8) -> io::Result<Log> {
        let most = match verbose {
            _ if self.quiet => Level::WARN,
            0 => Level::INFO,
            1 => Level::DEBUG,
            _ => Level::TRACE,
        };
        let shown = move |event: &Metadata<'_>| {
            (event.target() == ALWAYS || *event.level() <= most)
                && !(self.hide_heartbeats && event.target() == HEARTBEATS)
        };
        // The level hint lets tracing skip disabled events without formatting them.
        let shown = filter_fn(shown).with_max_level_hint(most.max(Level::INFO));

        let lines = Lines::start(streams::stderr()?)?;
        let log = Log { form: self.log, lines: lines.clone() };
        let events = layer().with_writer(move || lines.clone()).with_target(false);
        let on_terminal = self.log == Form::Text && io::stderr().is_terminal();
        let clock = Clock { with_date: !on_terminal, offset: *Local::now().offset() };
        let events = match self.log {
            Form::Text => events
                .with_ansi(takes_colour(&io::stderr()))
                .with_timer(clock)
                .fmt_fields(debug_fn(|writer, field, value| match field.name() {
                    "message" => write!(writer, "{value:?}"),
                    _ => Ok(()),
                }))
                .boxed(),
            Form::Json => events
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false)
                .with_timer(clock)
                .boxed(),
        };
        let _ = tracing_subscriber::registry().with(events.with_filter(shown)).try_init();
        Ok(log)
    }
}

impl Log {
    /// Waits until stderr has taken what was logged, so that the lines to come find room in the
    /// queue.
    pub fn make_room(&self) {
        self.lines.drain();
    }

    /// The queue, for a signal handler that ends the process: it must wait for the last lines
    /// itself.
    pub fn lines(&self) -> Lines {
        self.lines.clone()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let is_taken = self.lines.drain();
        let lines = self.lines.lost();
        if is_taken && lines > 0 {
            let lost = Count(lines, "line");
            let were = if lines == 1 { "was" } else { "were" };
            warn!(
                event = "lines_lost",
                lines, "{lost} of this log {were} lost: stderr did not take them in time"
            );
            self.lines.drain();
        }
    }
}

/// Whether colour may be written there: to a terminal that knows it, unless
/// [`NO_COLOR`](https://no-color.org) is set.
pub fn takes_colour(stream: &impl anstream::stream::RawStream) -> bool {
    // anstream gives colour to a dumb terminal where the variable `CI` is set.
    let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    !is_dumb && anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never
}

/// The time of day on a terminal, RFC 3339 with date and zone elsewhere.
struct Clock {
    with_date: bool,
    /// Looked up once: looking it up for each line would open a file in each thread.
    offset: FixedOffset,
}

impl FormatTime for Clock {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        let now = Utc::now().with_timezone(&self.offset);
        if self.with_date {
            w.write_str(&now.to_rfc3339_opts(SecondsFormat::Millis, false))
        } else {
            write!(w, "{}", now.format("%H:%M:%S%.3f"))
        }
    }
}
