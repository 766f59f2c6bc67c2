//! Stdin, read by the main thread itself, which waits with `poll(2)` for text and for news.

use std::{
    io::{self, PipeReader, PipeWriter, Read as _, Write as _},
    os::fd::AsFd as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use common::streams::{self, Stream};
use nix::poll::{PollFd, PollFlags};

use super::{Chunks, Next};

pub struct Input {
    stdin: Stream,
    chunks: Chunks,
    has_ended: bool,
    news: PipeReader,
    waker: Waker,
}

/// Wakes the main thread, from any thread.
#[derive(Clone)]
pub struct Waker(Arc<Pipe>);

struct Pipe {
    /// Whether a byte is in the pipe. There is never more than one, so a write never blocks.
    is_full: AtomicBool,
    writer: PipeWriter,
}

impl Waker {
    pub fn wake(&self) {
        if !self.0.is_full.swap(true, Ordering::AcqRel) {
            let _ = (&self.0.writer).write(&[0]);
        }
    }
}

/// What a wait has brought.
enum Ready {
    Text,
    /// News, an output without a reader, or the deadline.
    Else,
}

/// Waits for text on `stdin`, for `news`, until nobody reads `output` any more, or until `deadline`.
fn wait(
    stdin: Option<&Stream>,
    news: &PipeReader,
    output: Option<&Stream>,
    deadline: Option<Instant>,
) -> io::Result<Ready> {
    let nothing = || PollFd::new(news.as_fd(), PollFlags::empty());
    let mut watched = [
        PollFd::new(news.as_fd(), PollFlags::POLLIN),
        stdin.map_or_else(nothing, |stdin| PollFd::new(stdin.as_fd(), PollFlags::POLLIN)),
        // Ends and errors are always reported.
        output.map_or_else(nothing, |output| PollFd::new(output.as_fd(), PollFlags::empty())),
    ];
    streams::wait(&mut watched, deadline)?;
    Ok(if watched[1].any() == Some(true) { Ready::Text } else { Ready::Else })
}

impl Input {
    /// # Errors
    /// When stdin cannot be used, or no descriptor is left.
    pub fn new() -> io::Result<Self> {
        let (news, writer) = io::pipe()?;
        let waker = Waker(Arc::new(Pipe { is_full: AtomicBool::new(false), writer }));
        let (stdin, chunks) = (streams::stdin()?, Chunks::default());
        Ok(Self { stdin, chunks, has_ended: false, news, waker })
    }

    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Waits for text, for news, until nobody reads `output` any more, or until `deadline`. After
    /// the input's end no text is waited for. Text comes first, so that it is counted among the
    /// unanswered lines when the connection is over.
    pub fn next(&mut self, output: Option<&Stream>, deadline: Option<Instant>) -> Next<'_> {
        if self.has_ended {
            return self.news(output, deadline);
        }
        loop {
            match wait(Some(&self.stdin), &self.news, output, deadline) {
                Ok(Ready::Text) => {}
                Ok(Ready::Else) => {
                    self.take_news();
                    return Next::News;
                }
                Err(error) => return self.end(Err(error)),
            }
            match self.chunks.read(&mut self.stdin) {
                Ok(Some([])) => {}
                Ok(Some(_)) => return Next::Text(self.chunks.last()),
                Ok(None) => return self.end(Ok(())),
                Err(error) => return self.end(Err(error)),
            }
        }
    }

    /// Waits as [`next`](Self::next) does, and leaves the input alone.
    pub fn news(&mut self, output: Option<&Stream>, deadline: Option<Instant>) -> Next<'static> {
        if let Err(error) = wait(None, &self.news, output, deadline) {
            return self.end(Err(error));
        }
        self.take_news();
        Next::News
    }

    /// Empties the pipe before the main thread looks around: news that comes while it does wakes
    /// it again.
    fn take_news(&mut self) {
        // What was stored before a wake-up must be seen by the look that follows.
        if self.waker.0.is_full.swap(false, Ordering::AcqRel) {
            let _ = self.news.read(&mut [0]);
        }
    }

    fn end(&mut self, result: io::Result<()>) -> Next<'static> {
        self.has_ended = true;
        Next::End(result)
    }
}
