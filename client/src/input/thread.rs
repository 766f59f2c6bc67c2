//! Stdin, read by a thread of its own, for systems whose `poll` does not take every kind of file:
//! Windows has none for pipes and consoles, and macOS's refuses terminals. A blocked read cannot be
//! waited for together with anything else, and the session must be able to end meanwhile.
//!
//! Nobody watches the reader of stdout here. The next echo finds out that it has gone.

use std::{
    io::{self, ErrorKind},
    net::TcpStream,
    thread,
};

use common::{start::thread_error, streams};
use crossbeam_channel::{Receiver, Select, Sender};

use super::{Chunks, Next};
use crate::ending::Ending;

/// Chunks of input that may wait for the server to read.
const CHUNKS_WAITING: usize = 4;

pub struct Input {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    has_ended: bool,
}

impl Input {
    /// # Errors
    /// When the thread cannot be started.
    pub fn new() -> io::Result<Self> {
        let (to_main, chunks) = crossbeam_channel::bounded(CHUNKS_WAITING);
        // It is never joined: its read cannot be interrupted.
        thread::Builder::new()
            .name("stdin".to_owned())
            .spawn(move || read(&to_main))
            .map_err(|error| thread_error("stdin", &error))?;
        Ok(Self { chunks, chunk: Vec::new(), has_ended: false })
    }

    /// Waits for text, or for the connection's end. After the input's end only that is waited for.
    pub fn next(&mut self, _: &TcpStream, ended: &Receiver<Ending>) -> Next<'_> {
        let mut select = Select::new_biased();
        if !self.has_ended {
            select.recv(&self.chunks);
        }
        let over = select.recv(ended);
        if select.ready() == over {
            return Next::ConnectionOver;
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
