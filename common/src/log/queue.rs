//! The queue of lines between the program and stderr.
//!
//! It is bounded, and a thread of its own empties it. Lines that find no room are dropped and
//! counted.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use parking_lot::{Condvar, Mutex};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder};

/// How many lines may wait for stderr.
const QUEUE: usize = 8192;

/// A stderr that takes nothing for this long is not waited for any longer.
const PATIENCE: Duration = Duration::from_millis(500);

/// The writing end of the queue to stderr; one write is one line.
#[derive(Clone)]
pub struct Lines {
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
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
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
    pub fn lost(&self) -> u64 {
        self.queue.error_counter().dropped_lines() as u64
    }

    /// Waits until the queue is empty, or until stderr has taken nothing for half a second.
    /// Returns whether it is empty.
    pub fn drain(&self) -> bool {
        let mut lines = self.written.lines.lock();
        loop {
            let before = *lines;
            if before + self.lost() >= self.queued.load(Ordering::Acquire) {
                return true;
            }
            let timed_out = self.written.more.wait_for(&mut lines, PATIENCE).timed_out();
            if timed_out && *lines == before {
                return false;
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
