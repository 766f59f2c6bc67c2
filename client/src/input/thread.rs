//! Stdin, read by a thread of its own, for systems whose `poll` does not take every kind of file:
//! Windows has none for pipes and consoles, and macOS's refuses terminals. A blocked read cannot be
//! waited for together with anything else, and the session must be able to end meanwhile.
//!
//! Nobody watches the reader of stdout here. The next echo finds out that it has gone.

use std::{
    io::{self, ErrorKind},
    thread,
    time::Instant,
};

use common::{
    start::thread_error,
    streams::{self, Stdout},
};
use crossbeam_channel::{Receiver, Select, Sender};

use super::{Chunks, Next};

/// Chunks of input that may wait for the server to read.
const CHUNKS_WAITING: usize = 4;

pub struct Input {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    has_ended: bool,
    news: Receiver<()>,
    waker: Waker,
}

/// Wakes the main thread, from any thread.
#[derive(Clone)]
pub struct Waker(Sender<()>);

impl Waker {
    pub fn wake(&self) {
        let _ = self.0.try_send(()); // if one is there already, that is enough
    }
}

impl Input {
    /// # Errors
    /// When the thread cannot be started.
    pub fn new() -> io::Result<Self> {
        let (to_main, chunks) = crossbeam_channel::bounded(CHUNKS_WAITING);
        let (waker, news) = crossbeam_channel::bounded(1);
        // It is never joined: its read cannot be interrupted.
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || read(&to_main))
            .map_err(|error| thread_error("stdin", &error))?;
        Ok(Self { chunks, chunk: Vec::new(), has_ended: false, news, waker: Waker(waker) })
    }

    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Waits for text, for news, or until `deadline`. After the input's end no text is waited for.
    /// Text comes first, so that it is counted among the unanswered lines when the connection is
    /// over.
    pub fn next(&mut self, output: Option<&Stdout>, deadline: Option<Instant>) -> Next<'_> {
        if self.has_ended {
            return self.news(output, deadline);
        }
        let mut select = Select::new_biased();
        let text = select.recv(&self.chunks);
        select.recv(&self.news);
        let ready = match deadline {
            Some(deadline) => select.ready_deadline(deadline).ok(),
            None => Some(select.ready()),
        };
        if ready != Some(text) {
            let _ = self.news.try_recv();
            return Next::News;
        }
        match self.chunks.recv() {
            Ok(Ok(chunk)) => {
                self.chunk = chunk;
                Next::Text(&self.chunk)
            }
            Ok(Err(error)) => self.end(Err(error)),
            Err(_) => self.end(Ok(())),
        }
    }

    /// Waits as [`next`](Self::next) does, and leaves the input alone.
    pub fn news(&mut self, _: Option<&Stdout>, deadline: Option<Instant>) -> Next<'static> {
        let _ = match deadline {
            Some(deadline) => self.news.recv_deadline(deadline).ok(),
            None => self.news.recv().ok(),
        };
        Next::News
    }

    fn end(&mut self, result: io::Result<()>) -> Next<'static> {
        self.has_ended = true;
        Next::End(result)
    }
}

fn read(to_main: &Sender<io::Result<Vec<u8>>>) {
    let mut chunks = Chunks::default();
    let mut stdin = match streams::stdin() {
        Ok(stdin) => stdin,
        Err(error) => return drop(to_main.send(Err(error))),
    };
    loop {
        let sent = match chunks.read(&mut stdin) {
            Ok(None) => return,
            Ok(Some([])) => Ok(()),
            Ok(Some(chunk)) => to_main.send(Ok(chunk.to_vec())),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => {
                let _ = to_main.send(Err(error));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}
