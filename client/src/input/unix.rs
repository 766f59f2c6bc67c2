//! Stdin, read by the main thread itself, which waits with `poll(2)` for all that it has to know.

use std::{io, net::TcpStream, os::fd::AsFd as _};

use common::streams::{self, Stream};
use crossbeam_channel::Receiver;
use nix::poll::{PollFd, PollFlags};

use super::{Chunks, Next};
use crate::ending::Ending;

pub struct Input {
    stdin: Stream,
    /// Watched, not written: a pipe tells when its last reader has gone.
    stdout: Stream,
    chunks: Chunks,
    has_ended: bool,
}

impl Input {
    /// # Errors
    /// When stdin or stdout cannot be used.
    pub fn new() -> io::Result<Self> {
        let (stdin, stdout) = (streams::stdin()?, streams::stdout()?);
        Ok(Self { stdin, stdout, chunks: Chunks::default(), has_ended: false })
    }

    /// Waits for text, for the connection's end, and for the end of stdout's reader; after the
    /// input's end, for the last two. If both text and the connection's end are there, the text
    /// comes first, so that it is counted among the unanswered lines.
    pub fn next(&mut self, connection: &TcpStream, _: &Receiver<Ending>) -> Next<'_> {
        loop {
            let nothing = PollFlags::empty(); // ends and errors are always reported
            let mut watched = [
                PollFd::new(connection.as_fd(), nothing),
                PollFd::new(self.stdout.as_fd(), nothing),
                PollFd::new(self.stdin.as_fd(), PollFlags::POLLIN),
            ];
            let count = if self.has_ended { 2 } else { 3 };
            if let Err(error) = streams::wait(&mut watched[..count]) {
                return self.end(Err(error));
            }
            match watched.each_ref().map(|descriptor| descriptor.any() == Some(true)) {
                [_, _, true] => {}
                [true, ..] => return Next::ConnectionOver,
                _ => return Next::OutputGone,
            }
            match self.chunks.read(&mut self.stdin) {
                Ok(Some([])) => {}
                Ok(Some(_)) => return Next::Text(self.chunks.last()),
                Ok(None) => return self.end(Ok(())),
                Err(error) => return self.end(Err(error)),
            }
        }
    }

    fn end(&mut self, result: io::Result<()>) -> Next<'static> {
        self.has_ended = true;
        Next::End(result)
    }
}
