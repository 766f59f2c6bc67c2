//! One connection, from its threads' start to its end.
//!
//! | thread | blocks on | ended by |
//! | --- | --- | --- |
//! | the caller of [`Session::run`] | the input's chunks, and the end | the end |
//! | `stdin` | the input | never joined: its read cannot be interrupted |
//! | `receiver` | `read` | the server, or the end's shutdown of the socket |
//! | `heartbeat`, if there is a rule | a channel, until the rule's next deadline | the receiver's end |

use std::{
    io::{self, ErrorKind, Read, Write},
    net::TcpStream,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use common::start::thread_error;
use crossbeam_channel::{Receiver, RecvTimeoutError, select_biased};

use crate::{
    activity::Activity,
    end_signal::EndSignal,
    ending::Ending,
    heartbeat::Heartbeat,
    input,
    liveness::HeartbeatRule,
    outgoing::Outgoing,
    receive::Receive,
    report::{Forwarded, Report},
};

/// Chunks of input that may wait for the server to read.
const CHUNKS_WAITING: usize = 4;

/// How long an interrupted session waits for an output that takes nothing.
const BLOCKED_OUTPUT: Duration = Duration::from_millis(200);

/// How long the end of an empty input may take to be read.
const EMPTY_INPUT: Duration = Duration::from_millis(200);

/// What to do when the input ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtInputEnd {
    /// Tell the server, take its last replies, and end.
    Finish,
    /// Keep the connection and its heartbeats until interrupted.
    Stay,
}

/// A connection to the server.
pub struct Session {
    pub stream: Arc<TcpStream>,
    end: Arc<EndSignal>,
    ended: Receiver<Ending>,
}

impl Session {
    pub fn new(stream: TcpStream) -> Self {
        let stream = Arc::new(stream);
        let (end, ended) = EndSignal::new(Arc::clone(&stream));
        Self { stream, end: Arc::new(end), ended }
    }

    /// What ends the session from outside, such as a signal handler.
    pub fn end(&self) -> Arc<EndSignal> {
        Arc::clone(&self.end)
    }

    /// Sends the input's lines, writes their echoes to the output, and keeps the
    /// connection alive by `rule` if there is one, until the session ends.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn run(
        self,
        rule: Option<HeartbeatRule>,
        at_input_end: AtInputEnd,
        input: impl Read + Send + 'static,
        output: impl Write + Send + 'static,
    ) -> io::Result<Report> {
        let (to_main, chunks) = crossbeam_channel::bounded(CHUNKS_WAITING);
        let (to_receiver, expected) = crossbeam_channel::unbounded();
        let (to_heartbeat, news) = crossbeam_channel::unbounded();
        let outgoing = Arc::new(Outgoing::new(Arc::clone(&self.stream), to_receiver));
        let activity = Arc::new(Activity::new(Instant::now()));

        let (running, receiver_done) = crossbeam_channel::bounded::<()>(0);
        let receiver = self.spawn("receiver", {
            let (stream, end) = (Arc::clone(&self.stream), self.end());
            let (outgoing, activity) = (Arc::clone(&outgoing), Arc::clone(&activity));
            move || {
                let _running = running;
                Receive {
                    stream: &stream,
                    expected: &expected,
                    activity: &activity,
                    outgoing: &outgoing,
                    news: &to_heartbeat,
                    output,
                }
                .run(&end);
            }
        })?;
        let heartbeat = match rule {
            None => {
                drop(news); // there is no heartbeat thread to read them
                None
            }
            Some(rule) => Some(self.spawn("heartbeat", {
                let (outgoing, activity) = (Arc::clone(&outgoing), Arc::clone(&activity));
                let end = self.end();
                move || {
                    Heartbeat { rule, outgoing: &outgoing, activity: &activity, news: &news }
                        .run(&end);
                }
            })?),
        };
        self.spawn("stdin", move || input::read(input, &to_main))?;

        let forwarded = self.forward(&chunks, &outgoing, at_input_end);

        // An output that takes nothing holds the receiver up. That must not hold up Ctrl-C.
        let stuck = matches!(forwarded.ending, Ending::Interrupted)
            && receiver_done.recv_timeout(BLOCKED_OUTPUT) == Err(RecvTimeoutError::Timeout);
        if !stuck {
            join(receiver);
            heartbeat.into_iter().for_each(join);
        }
        Ok(Report::new(forwarded, outgoing.sent(), activity.total()))
    }

    /// Sends the input's chunks until the input or the session ends. After the input's end does
    /// what `at_input_end` says, and waits for the session's end.
    fn forward(
        &self,
        chunks: &Receiver<io::Result<Vec<u8>>>,
        outgoing: &Outgoing,
        at_input_end: AtInputEnd,
    ) -> Forwarded {
        let ends = "`end` owns a sender, so the channel cannot be disconnected while we wait";
        loop {
            let sent = select_biased! {
                recv(self.ended) -> ending => {
                    let ending = ending.expect(ends);
                    let all_sent = at_input_end == AtInputEnd::Finish
                        && matches!(ending, Ending::ServerClosed)
                        && had_nothing_to_send(chunks, outgoing);
                    return Forwarded { ending, all_sent };
                }
                recv(chunks) -> chunk => match chunk {
                    Ok(Ok(text)) => outgoing.text(&text),
                    Ok(Err(error)) => {
                        self.end.signal(Ending::Failed { doing: "reading the input", error });
                        continue;
                    }
                    Err(_) => break,
                },
            };
            if let Err(error) = sent {
                self.signal_unsent(error);
                return Forwarded { ending: self.ended.recv().expect(ends), all_sent: false };
            }
        }
        let finished = match at_input_end {
            AtInputEnd::Finish => outgoing.close(),
            AtInputEnd::Stay => outgoing.finish_line(),
        };
        // With nothing to send, all of it is sent, though the server may have closed first.
        let all_sent =
            (finished.is_ok() || outgoing.sent().bytes == 0) && at_input_end == AtInputEnd::Finish;
        if let Err(error) = finished {
            self.signal_unsent(error);
        }
        Forwarded { ending: self.ended.recv().expect(ends), all_sent }
    }

    /// Signals why a write failed. A broken pipe, or no connection to close, says only that the
    /// session has ended: the thread that ended it has signalled why, or is about to.
    fn signal_unsent(&self, error: io::Error) {
        if !matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::NotConnected) {
            self.end.signal(Ending::of_failure("sending", error, &self.stream));
        }
    }

    /// Starts a thread whose panic ends the session, too.
    fn spawn(
        &self,
        name: &'static str,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<JoinHandle<()>> {
        let end = self.end();
        let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
            if catch_unwind(AssertUnwindSafe(body)).is_err() {
                end.signal(Ending::Panicked { thread: name });
            }
        });
        started.map_err(|error| thread_error(name, &error))
    }
}

/// Whether the input was empty. A server that closes at once may do so before the end of an empty
/// input is read; whether it does is chance, and must not change how the session ends.
fn had_nothing_to_send(chunks: &Receiver<io::Result<Vec<u8>>>, outgoing: &Outgoing) -> bool {
    outgoing.sent().bytes == 0
        && matches!(chunks.recv_timeout(EMPTY_INPUT), Err(RecvTimeoutError::Disconnected))
}

fn join(thread: JoinHandle<()>) {
    thread.join().expect("a panic is caught where the thread starts");
}
