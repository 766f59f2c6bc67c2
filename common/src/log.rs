//! The log: events on stderr, as text for people or as JSON for programs.
//!
//! A program never waits for stderr while it works: a reader that pauses (`| less`, Ctrl-S)
//! must not hold up a server. Lines go through a bounded queue to a thread that writes them.
//! When the queue is full, lines are dropped, counted, and reported at the end. The last lines
//! are waited for, as long as stderr takes anything.

use std::{
    fmt::{self, Display},
    io::{self, IsTerminal as _, Write},
    mem,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use chrono::{FixedOffset, Local, SecondsFormat, Utc};
use clap::ValueEnum;
use parking_lot::{Condvar, Mutex};
use tracing::{Level, Metadata, error, warn};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder};
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

use crate::words::Count;

/// The target of the few events that even a quiet log shows.
pub const ALWAYS: &str = "always";

/// The target of the events about single heartbeats, which can be hidden.
pub const HEARTBEATS: &str = "heartbeats";

/// How many lines may wait for stderr.
const QUEUE: usize = 8192;

/// A stderr that takes nothing for this long is not waited for at the end.
const PATIENCE: Duration = Duration::from_secs(1);

/// The flags that choose what is logged and how. Each program has a `--verbose` of its own.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct LogArgs {
    /// Log only what went wrong
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
    /// Runs a program's `body` under a log, and logs why it fails.
    pub fn run<E: Display>(
        self,
        verbose: bool,
        body: impl FnOnce(&Log) -> Result<ExitCode, E>,
    ) -> ExitCode {
        let log = match self.start(verbose) {
            Ok(log) => log,
            Err(error) => {
                let _ = writeln!(io::stderr(), "error: cannot start the log's thread: {error}");
                return ExitCode::FAILURE;
            }
        };
        body(&log).unwrap_or_else(|reason| {
            log.make_room();
            match log.form {
                Form::Text => drop(writeln!(io::stderr(), "error: {reason}")),
                Form::Json => error!(event = "failed", "{reason}"),
            }
            ExitCode::FAILURE
        })
    }

    /// Starts the log; `verbose` adds the events of the debug level. A log that was started
    /// before goes on in its place.
    fn start(self, verbose: bool) -> io::Result<Log> {
        let most = match self {
            Self { quiet: true, .. } => Level::WARN,
            _ if verbose => Level::DEBUG,
            _ => Level::INFO,
        };
        let shown = move |event: &Metadata<'_>| {
            (event.target() == ALWAYS || *event.level() <= most)
                && !(self.hide_heartbeats && event.target() == HEARTBEATS)
        };
        // The level hint lets tracing skip disabled events without formatting them.
        let shown = filter_fn(shown).with_max_level_hint(most.max(Level::INFO));

        let lines = Lines::start(io::stderr())?;
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
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.drain();
        let lines = self.lines.lost();
        if lines > 0 {
            let lost = Count(lines, "line");
            warn!(event = "lines_lost", lines, "{lost} of this log were lost: stderr took none");
            self.lines.drain();
        }
    }
}

/// Whether colour may be written there: to a terminal that knows it, unless
/// [`NO_COLOR`](https://no-color.org) is set.
pub fn takes_colour(stream: &impl anstream::stream::RawStream) -> bool {
    anstream::AutoStream::choice(stream) != anstream::ColorChoice::Never
}

/// The writing end of the queue to stderr; one write is one line.
#[derive(Clone)]
struct Lines {
    queue: NonBlocking,
    queued: Arc<AtomicU64>,
    written: Arc<Written>,
}

/// The lines that stderr has taken.
#[derive(Default)]
struct Written {
    lines: Mutex<u64>,
    more: Condvar,
}

impl Lines {
    /// Starts the thread that writes to `out` for as long as the process lives.
    fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        // `finish` below panics where no thread can be started, so that is tried first.
        let trial = thread::Builder::new().name("log".to_owned()).spawn(|| ())?;
        let _ = trial.join();

        let written = Arc::<Written>::default();
        let (queue, guard) = NonBlockingBuilder::default()
            .lossy(true)
            .buffered_lines_limit(QUEUE)
            .thread_name("log")
            .finish(Counted { out, written: Arc::clone(&written) });
        mem::forget(guard); // it would wait for a fixed time; `drain` waits for progress
        Ok(Self { queue, queued: Arc::default(), written })
    }

    /// How many lines were dropped because the queue was full.
    fn lost(&self) -> u64 {
        self.queue.error_counter().dropped_lines() as u64
    }

    /// Waits until the queue is empty, or until stderr has taken nothing for [`PATIENCE`].
    fn drain(&self) {
        let mut lines = self.written.lines.lock();
        loop {
            let before = *lines;
            if before + self.lost() >= self.queued.load(Ordering::Acquire) {
                return;
            }
            let timed_out = self.written.more.wait_for(&mut lines, PATIENCE).timed_out();
            if timed_out && *lines == before {
                return;
            }
        }
    }
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.queued.fetch_add(1, Ordering::Release);
        self.queue.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The end of the queue: counts the lines that it has written to `out`.
struct Counted<W> {
    out: W,
    written: Arc<Written>,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        // A stderr that fails is written to all the same: nobody is left to be told.
        let _ = self.out.write_all(line);
        *self.written.lines.lock() += 1;
        self.written.more.notify_all();
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    /// A stderr that takes nothing until it is told to.
    struct Paused(Receiver<()>, Sender<Vec<u8>>);

    impl Write for Paused {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            let _ = self.1.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_pauses_holds_up_nobody_and_the_lost_lines_are_counted() {
        let (resume, paused) = mpsc::channel();
        let (written, lines) = mpsc::channel();
        let mut log = Lines::start(Paused(paused, written)).unwrap();
        while log.lost() < 1000 {
            log.write_all(b"waits\n").unwrap();
        }
        assert!(lines.try_recv().is_err(), "a line was taken before the reader went on");

        drop(resume); // it takes everything from now on
        log.drain();
        let lost = log.lost();
        log.write_all(b"the last\n").unwrap();
        log.drain();
        assert_eq!(log.lost(), lost, "the queue has no room although it was drained");
        assert_eq!(lines.try_iter().last().as_deref(), Some(&b"the last\n"[..]));
    }
}
