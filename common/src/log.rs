//! The log's way out: lines are handed to one thread, which writes them to stderr.
//!
//! Whoever logs is slowed down to the speed at which stderr takes lines, and none is lost,
//! as long as it takes a few thousand bytes a second. But a reader who pauses (`| less`, Ctrl-S) must not hold up a
//! server: when a line has waited for half a second, it and those after it are counted and
//! dropped, until there is room again.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use crossbeam_channel::{Receiver, Sender};

/// How long a line waits for a stderr that takes nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// Lines that may wait.
const LINES: usize = 4096;

/// Bytes that are written at once at most, but for the last line: little enough for a slow
/// reader to take within [`PATIENCE`].
const BATCH: usize = 4096;

enum Message {
    Line(Vec<u8>),
    /// Everything before this is written when its sender is dropped.
    Flush(#[allow(dead_code, reason = "it is there to be dropped")] Sender<()>),
}

/// Hands lines to the log's thread. A write is one line.
#[derive(Clone)]
pub struct LineWriter {
    lines: Sender<Message>,
    stalled: Arc<AtomicBool>,
    lost: Arc<AtomicU64>,
}

impl LineWriter {
    /// Starts the log's thread, which writes to `out` for as long as the process lives.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(out: impl Write + Send + 'static) -> io::Result<Self> {
        let (lines, received) = crossbeam_channel::bounded(LINES);
        thread::Builder::new().name("log".to_owned()).spawn(move || write_out(&received, out))?;
        Ok(Self { lines, stalled: Arc::default(), lost: Arc::default() })
    }

    /// Waits until what was handed over is written, but not for a stderr that takes nothing.
    pub fn flush_all(&self) {
        let (written, is_written) = crossbeam_channel::bounded(0);
        if self.lines.send_timeout(Message::Flush(written), PATIENCE).is_ok() {
            let _ = is_written.recv_timeout(PATIENCE);
        }
    }

    /// Lines that were dropped.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Write for LineWriter {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let patience = if self.stalled.load(Ordering::Relaxed) { Duration::ZERO } else { PATIENCE };
        let sent = self.lines.send_timeout(Message::Line(line.to_vec()), patience);
        self.stalled.store(sent.is_err(), Ordering::Relaxed);
        self.lost.fetch_add(u64::from(sent.is_err()), Ordering::Relaxed);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes what has come in as few writes as it takes. A stderr that fails is written to
/// all the same: its reader may be gone, and nobody is left to be told.
fn write_out(lines: &Receiver<Message>, mut out: impl Write) {
    let mut batch = Vec::new();
    while let Ok(first) = lines.recv() {
        let mut next = Some(first);
        let mut flushed = None;
        while let Some(message) = next {
            match message {
                Message::Line(line) => batch.extend_from_slice(&line),
                Message::Flush(written) => flushed = Some(written),
            }
            let full = batch.len() >= BATCH || flushed.is_some();
            next = if full { None } else { lines.try_recv().ok() };
        }
        let _ = out.write_all(&batch);
        batch.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stderr that takes nothing until it is told to.
    struct Paused(Receiver<()>, Sender<u8>);

    impl Write for Paused {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.recv();
            for &byte in bytes {
                let _ = self.1.send(byte);
            }
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_who_pauses_holds_up_nobody_and_the_lost_lines_are_counted() {
        let (resume, paused) = crossbeam_channel::unbounded();
        let (written, bytes) = crossbeam_channel::unbounded();
        let mut log = LineWriter::start(Paused(paused, written)).unwrap();
        while log.lost() < 1000 {
            log.write_all(b"x").unwrap();
        }
        let waiting = bytes.len() as u64;
        assert_eq!(waiting, 0, "nothing was taken");

        drop(resume); // it takes everything from now on
        log.flush_all();
        let lost = log.lost();
        log.write_all(b"!").unwrap();
        log.flush_all();
        assert_eq!(log.lost(), lost, "there is room again");
        assert_eq!(bytes.try_iter().last(), Some(b'!'));
    }
}
