//! The receiver thread, the only one that reads the socket. Echoes go to the output,
//! acknowledgements to the heartbeat thread.
//!
//! In the article: the calls of `Read` in `send_heart` and in `client::run_loop`. There two threads
//! read the same socket, and each takes bytes that were meant for the other.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{
    streams::{Ready, Stdout, reader_has_gone, says_reader_gone, wait_for_bytes},
    wire::{Reply, ReplyReader, SentHeartbeat},
};
use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use tracing::{debug, info, warn};

use crate::{
    activity::Activity,
    end_signal::EndSignal,
    ending::{Doing, Ending},
    input::Waker,
    outgoing::{NotSent, Outgoing},
    unanswered::Unanswered,
};

/// The most that one read takes.
const READ_SIZE: usize = 64 * 1024;

/// News from the receiver to the heartbeat thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    /// A heartbeat was acknowledged. It has no number if it answered a probe or was the first
    /// question. Its round trip is not known if our own output was blocked meanwhile.
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

/// What all connections of a session share.
#[derive(Clone)]
pub struct Shared {
    pub unanswered: Arc<Mutex<Unanswered>>,
    /// Whether text that has not come back will be sent again.
    pub resends: bool,
    pub output: Arc<Stdout>,
    pub main: Waker,
}

/// The receiver's view of the connection.
pub struct Receive<'a> {
    pub stream: &'a TcpStream,
    /// The heartbeats that were announced.
    pub expected: &'a Receiver<SentHeartbeat>,
    pub shared: &'a Shared,
    /// The times of the last activity; each read updates them.
    pub activity: &'a Activity,
    pub outgoing: &'a Outgoing,
    /// Tells the heartbeat thread of acknowledgements.
    pub news: &'a Sender<News>,
}

impl Receive<'_> {
    /// Reads until the stream or the output ends, and signals which it was.
    pub fn run(self, end: &EndSignal) {
        end.signal(match self.receive() {
            // After the kernel gave up, a read may just find an end of stream.
            Ok(()) => match (self.stream.take_error(), self.outgoing.gave_up()) {
                (Ok(Some(error)), _) => Ending::of_failure(Doing::Receiving, error, self.stream),
                (_, Some(verdict)) => Ending::of_verdict(verdict, self.stream),
                _ => Ending::ServerClosed,
            },
            Err(ending) => ending,
        });
    }

    fn receive(&self) -> Result<(), Ending> {
        let mut replies = ReplyReader::new(READ_SIZE);
        let (mut answer_due, mut answered) = (None, None);
        let (mut blocked_until, mut is_proven) = (None, false);
        loop {
            match wait_for_bytes(self.stream, &self.shared.output, answer_due) {
                Ok(Ready::Bytes) => {}
                Ok(Ready::OutputGone) => return Err(Ending::OutputClosed),
                Ok(Ready::Deadline) => {
                    (answer_due, answered) = (None, Some(Instant::now()));
                    self.answer_probe();
                    continue;
                }
                Err(error) => return Err(Ending::Failed { doing: Doing::Receiving, error }),
            }
            let mut stream = self.stream;
            let count = match stream.read(replies.space()) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Ending::of_failure(Doing::Receiving, error, self.stream)),
            };
            if count == 0 {
                // A server answers in order, so an echo cannot come before what is due.
                let is_due = replies.acknowledgement_is_due();
                return if is_due { Ok(()) } else { self.last_bytes(replies.finish()) };
            }
            let now = Instant::now();
            if self.activity.bytes_came(now, count) {
                let _ = self.news.send(News::Byte);
            }
            if !is_proven {
                is_proven = true;
                self.shared.main.wake();
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
            self.echo(echo)?;
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

    /// Checks the echo, and writes what is right of it to the output.
    fn echo(&self, echo: &[u8]) -> Result<(), Ending> {
        let taken = self.shared.unanswered.lock().take(echo);
        let right = taken.as_ref().err().map_or(echo.len(), |wrong| wrong.right);
        self.write_out(&echo[..right])?;
        if taken.map_err(Ending::WrongReply)? {
            self.shared.main.wake(); // there is room for more input
        }
        Ok(())
    }

    /// The stream has ended, and these bytes were held back because they might begin something else
    /// than echo. They are certainly the rest of the echo if the server has ended the stream
    /// because we have, and nothing else is due. Other bytes are not counted as echo if their text
    /// is sent again. Else as many are as are right.
    fn last_bytes(&self, held: &[u8]) -> Result<(), Ending> {
        let unanswered = self.shared.unanswered.lock();
        let is_rest = self.outgoing.is_closed() && unanswered.is_completed_by(held);
        let right = match (is_rest, self.shared.resends) {
            (true, _) => held.len(),
            (false, true) => 0,
            (false, false) => unanswered.right(held),
        };
        drop(unanswered);
        self.echo(&held[..right])
    }

    /// Writes the echo, at once and whole.
    fn write_out(&self, echo: &[u8]) -> Result<(), Ending> {
        if echo.is_empty() {
            return Ok(());
        }
        let mut output = &*self.shared.output;
        output.write_all(echo).and_then(|()| output.flush()).map_err(|error| {
            // A socket whose reader has gone may be reset, and a terminal reports an I/O error.
            let is_gone = says_reader_gone(&error) || reader_has_gone(output);
            if is_gone {
                Ending::OutputClosed
            } else {
                Ending::Failed { doing: Doing::WritingOutput, error }
            }
        })
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
