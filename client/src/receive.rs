//! The receiver thread, the only one that reads the socket: echoes go to the output,
//! acknowledgements to the heartbeat thread.
//!
//! In the article's client two threads read the same socket and take each other's bytes.

use std::{
    io::{ErrorKind, Read as _, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use common::wire::{Reply, ReplyReader, SentHeartbeat};
use crossbeam_channel::{Receiver, Sender};

use crate::{
    activity::{Activity, Received},
    end::End,
    ending::Ending,
};

/// Bytes taken by one read at most.
const READ_SIZE: usize = 64 * 1024;

/// An acknowledged heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered {
    /// The heartbeat's number.
    pub number: u32,
    /// From its writing to its acknowledgement.
    pub round_trip: Duration,
}

/// Reads until the stream or the output ends, and signals which it was.
pub fn run(
    stream: &TcpStream,
    books: &Receiver<SentHeartbeat>,
    activity: &Activity,
    answered: &Sender<Answered>,
    output: &mut impl Write,
    end: &End,
) {
    end.signal(match receive(stream, books, activity, answered, output) {
        Ok(()) => Ending::ServerClosed { reset: false },
        Err(ending) => ending,
    });
}

fn receive(
    mut stream: &TcpStream,
    books: &Receiver<SentHeartbeat>,
    activity: &Activity,
    answered: &Sender<Answered>,
    output: &mut impl Write,
) -> Result<(), Ending> {
    let mut replies = ReplyReader::new(READ_SIZE);
    let mut received = Received::default();
    loop {
        let count = match stream.read(replies.space()) {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Ending::from_connection("receiving", error)),
        };
        let now = Instant::now();
        activity.received(now);

        // Entered before they were written, so whatever is answered here is known here.
        books.try_iter().for_each(|heartbeat| replies.expect(heartbeat));
        let seen = |reply| match reply {
            Reply::Acknowledgement(SentHeartbeat { number, at, .. }) => {
                let round_trip = now.saturating_duration_since(at);
                received.round_trips.add(round_trip);
                let _ = answered.send(Answered { number, round_trip });
            }
            Reply::Probe => {}
        };
        let echo = if count == 0 { replies.finish() } else { replies.take(count, seen) };
        write_out(output, echo)?;

        (received.lines, received.bytes) = (replies.lines(), replies.bytes());
        activity.listening(Instant::now(), received);
        if count == 0 {
            return Ok(());
        }
    }
}

/// Writes the echo, at once and whole.
fn write_out(output: &mut impl Write, echo: &[u8]) -> Result<(), Ending> {
    if echo.is_empty() {
        return Ok(());
    }
    output.write_all(echo).and_then(|()| output.flush()).map_err(|error| match error.kind() {
        ErrorKind::BrokenPipe => Ending::OutputClosed,
        _ => Ending::Failed { doing: "writing the output", error },
    })
}
