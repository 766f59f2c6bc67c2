//! One connection of a load: the line that it sends, and the replies that it waits for.

use std::{
    collections::VecDeque,
    io::{self, ErrorKind, Read as _, Write as _},
    time::Instant,
};

use common::socket::send_at_once;
use hdrhistogram::Histogram;
use mio::net::TcpStream;

pub(crate) struct Connection {
    pub(crate) stream: TcpStream,
    line: Vec<u8>,
    expected: Vec<u8>,
    /// Bytes of a reply whose rest has not come.
    partial: usize,
    /// When each line without a reply was sent, or due.
    unanswered: VecDeque<Instant>,
}

impl Connection {
    pub(crate) fn new(
        stream: std::net::TcpStream,
        number: usize,
        length: usize,
    ) -> io::Result<Self> {
        send_at_once(&stream);
        stream.set_nonblocking(true)?;
        let mut line = format!("connection {number} says hello ").into_bytes();
        line.resize(length.max(2), b'x');
        line[length.max(2) - 1] = b'\n';
        let expected = line.to_ascii_uppercase();
        let stream = TcpStream::from_std(stream);
        Ok(Self { stream, line, expected, partial: 0, unanswered: VecDeque::new() })
    }

    /// Sends the line, which was due at `due`.
    pub(crate) fn send(&mut self, due: Instant) -> io::Result<()> {
        self.unanswered.push_back(due);
        match self.stream.write(&self.line) {
            Ok(written) if written == self.line.len() => Ok(()),
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(error),
            _ => Err(io::Error::other("the server does not read: a line did not fit")),
        }
    }

    /// Reads and checks all bytes that have come. Returns how many replies they completed.
    pub(crate) fn receive(&mut self, latency: &mut Histogram<u64>) -> io::Result<usize> {
        let mut block = [0; 4096];
        let mut answered = 0;
        loop {
            let count = match self.stream.read(&mut block) {
                Ok(0) => {
                    return Err(io::Error::other("a connection was closed from the server's side"));
                }
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(answered),
                Err(error) => return Err(error),
            };
            let now = Instant::now();
            let mut rest = &block[..count];
            while !rest.is_empty() {
                let length = rest.len().min(self.expected.len() - self.partial);
                if rest[..length] != self.expected[self.partial..][..length] {
                    return Err(io::Error::other("a reply is not its line in capitals"));
                }
                rest = &rest[length..];
                self.partial += length;
                if self.partial == self.expected.len() {
                    self.partial = 0;
                    answered += 1;
                    let Some(sent) = self.unanswered.pop_front() else {
                        return Err(io::Error::other("a reply came twice"));
                    };
                    let nanos = now.saturating_duration_since(sent).as_nanos();
                    latency.saturating_record(u64::try_from(nanos).unwrap_or(u64::MAX));
                }
            }
            if count < block.len() {
                return Ok(answered);
            }
        }
    }
}
