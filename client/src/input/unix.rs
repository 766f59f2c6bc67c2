//! Stdin, read by the main thread itself, which waits with `poll(2)` for text and for the end of
//! the connection.

use std::{io, net::TcpStream, os::fd::AsFd as _};

use common::streams::{self, Stream};
use crossbeam_channel::Receiver;
use nix::poll::{PollFd, PollFlags};

use super::{Chunks, Next};
use crate::ending::Ending;

pub struct Input {
    stdin: Stream,
    chunks: Chunks,
    has_ended: bool,
}

impl Input {
    /// # Errors
    /// When stdin cannot be used.
    pub fn new() -> io::Result<Self> {
        Ok(Self { stdin: streams::stdin()?, chunks: Chunks::default(), has_ended: false })
    }

    /// Waits for text, or for the connection's end; after the input's end, for that alone. If both
    /// text and the connection's end are there, the text comes first, so that it is counted among
    /// the unanswered lines.
    pub fn next(&mut self, connection: &TcpStream, _: &Receiver<Ending>) -> Next<'_> {
        loop {
            let nothing = PollFlags::empty(); // ends and errors are always reported
            let mut watched = [
                PollFd::new(connection.as_fd(), nothing),
                PollFd::new(self.stdin.as_fd(), PollFlags::POLLIN),
            ];
            let count = if self.has_ended { 1 } else { 2 };
            if let Err(error) = streams::wait(&mut watched[..count], None) {
                return self.end(Err(error));
            }
            if watched[1].any() != Some(true) {
                return Next::ConnectionOver;
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
