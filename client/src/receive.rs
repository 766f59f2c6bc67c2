//! The receiver thread, the only one that reads the socket. Echoes go to the output,
//! acknowledgements to the heartbeat thread.
//!
//! In the article's client two threads read the same socket, and each takes bytes that were
//! meant for the other.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use common::{
    streams::{Ready, Stdout, reader_has_gone, wait_for_bytes},
    wire::{Reply, ReplyReader, SentHeartbeat},
};
use crossbeam_channel::{Receiver, Sender};
use tracing::{debug, info, warn};

use crate::{
    activity::Activity,
    end_signal::EndSignal,
    ending::Ending,
    outgoing::{NotSent, Outgoing},
    unanswered::Unanswered,
};

/// The most that one read takes.
const READ_SIZE: usize = 64 * 1024;

/// News from the receiver to the heartbeat thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A heartbeat was acknowledged. It has no number if it answered a probe. Its round trip is
    /// not known if our own output was blocked meanwhile.
    Answered { number: Option<u32>, round_trip: Option<Duration> },
    /// A byte came, and the heartbeat thread had asked to be woken.
    Byte,
}

/// How long the answer to a probe may wait for the write lock. Nobody reads meanwhile. A thread
/// that holds the lock for longer is sending text, which answers the probe as well.
const PROBE_PATIENCE: Duration = Duration::from_millis(10);

/// The least time between the answers to two probes: a server that sends probes without end must
/// not make us send heartbeats without end.
const PROBE_PAUSE: Duration = Duration::from_millis(20);

/// An output that takes bytes for this long delays what is read after them.
const BLOCKED: Duration = Duration::from_millis(1);

/// The receiver's view of the session.
pub struct Receive<'a> {
    pub stream: &'a TcpStream,
    /// The heartbeats that were announced.
    pub expected: &'a Receiver<SentHeartbeat>,
    /// The echo that is due.
    pub unanswered: &'a Unanswered,
    /// The times of the last activity; each read updates them.
    pub activity: &'a Activity,
    pub outgoing: &'a Outgoing,
    /// Tells the heartbeat thread of acknowledgements.
    pub news: &'a Sender<News>,
    pub output: Stdout,
}

impl Receive<'_> {
    /// Reads until the stream or the output ends, and signals which it was.
    pub fn run(mut self, end: &EndSignal) {
        end.signal(match self.receive() {
            // After the kernel gave up, a read may just find an end of stream.
            Ok(()) => match (self.stream.take_error(), self.outgoing.gave_up()) {
                (Ok(Some(error)), _) => Ending::of_failure(RECEIVING, error, self.stream),
                (_, Some(verdict)) => Ending::of_verdict(verdict, self.stream),
                _ => Ending::ServerClosed,
            },
            Err(ending) => ending,
        });
    }

    fn receive(&mut self) -> Result<(), Ending> {
        let mut replies = ReplyReader::new(READ_SIZE);
        let (mut answer_due, mut answered) = (None, None);
        let mut blocked_until = None;
        loop {
            match wait_for_bytes(self.stream, &self.output, answer_due) {
                Ok(Ready::Bytes) => {}
                Ok(Ready::OutputGone) => return Err(Ending::OutputClosed),
                Ok(Ready::Deadline) => {
                    (answer_due, answered) = (None, Some(Instant::now()));
                    self.answer_probe();
                    continue;
                }
                Err(error) => {
                    return Err(Ending::Failed { doing: "waiting for the server", error });
                }
            }
            let count = match self.stream.read(replies.space()) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Ending::of_failure(RECEIVING, error, self.stream)),
            };
            if count == 0 {
                // The bytes that are not the rest of the echo are a message that was cut short.
                let rest = replies.finish();
                let right = self.unanswered.take(rest).map_or_else(|it| it.right, |()| rest.len());
                return write_out(&mut self.output, &rest[..right]);
            }
            let now = Instant::now();
            if self.activity.bytes_came(now, count) {
                let _ = self.news.send(News::Byte);
            }

            // A heartbeat is announced before it is written, so each one that is answered in these
            // bytes is known here.
            self.expected.try_iter().for_each(|heartbeat| replies.expect(heartbeat));
            let mut probed = false;
            let echo = replies.take(count, |reply| match reply {
                Reply::Acknowledgement(SentHeartbeat { number, at, .. }) => {
                    let is_known = blocked_until.is_none_or(|until| at > until);
                    let round_trip = is_known.then(|| now.saturating_duration_since(at));
                    self.activity.answered(round_trip);
                    let _ = self.news.send(News::Answered { number, round_trip });
                }
                Reply::Probe => probed = true,
            });
            let taken = self.unanswered.take(echo);
            let right = taken.as_ref().err().map_or(echo.len(), |wrong| wrong.right);
            write_out(&mut self.output, &echo[..right])?;
            taken.map_err(Ending::WrongReply)?;
            let listening = Instant::now();
            if listening.duration_since(now) > BLOCKED {
                blocked_until = Some(listening);
            }
            self.activity.listening(listening);
            if probed {
                answer_due = Some(answered.map_or(now, |at: Instant| now.max(at + PROBE_PAUSE)));
            }
        }
    }

    fn answer_probe(&self) {
        match self.outgoing.heartbeat(None, Instant::now() + PROBE_PATIENCE) {
            Ok(()) => {
                info!(event = "probe_answered", "answered the server's probe with a heartbeat");
            }
            // After our end of stream the server waits for nothing more.
            Err(why @ NotSent::Closed) => {
                debug!(event = "probe_unanswered", %why, "could not answer the server's probe: {why}");
            }
            Err(why) => {
                warn!(event = "probe_unanswered", %why, "could not answer the server's probe: {why}");
            }
        }
    }
}

const RECEIVING: &str = "receiving";

/// Writes the echo, at once and whole.
fn write_out(output: &mut Stdout, echo: &[u8]) -> Result<(), Ending> {
    if echo.is_empty() {
        return Ok(());
    }
    output.write_all(echo).and_then(|()| output.flush()).map_err(|error| {
        // A socket whose reader has gone may be reset, and a terminal reports an I/O error.
        let is_gone = error.kind() == ErrorKind::BrokenPipe || reader_has_gone(output);
        if is_gone {
            Ending::OutputClosed
        } else {
            Ending::Failed { doing: "writing the output", error }
        }
    })
}
