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
    net::{Shutdown, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::RecvTimeoutError;

use crate::{
    activity::Activity,
    end_signal::EndSignal,
    ending::Ending,
    forward::forward,
    heartbeat, input,
    liveness::HeartbeatRule,
    outgoing::Outgoing,
    receive::Receive,
    report::Report,
    sync::{self, Receiver},
};

/// Chunks of input that may wait for the server to read.
const CHUNKS_WAITING: usize = 4;

/// How long an interrupted session waits for an output that takes nothing.
const PATIENCE: Duration = Duration::from_millis(200);

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
    stream: Arc<TcpStream>,
    end: Arc<EndSignal>,
    ended: Receiver<Ending>,
}

impl Session {
    /// A session on a connected stream.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        let stream = Arc::new(stream);
        let (end, ended) = EndSignal::new({
            let stream = Arc::clone(&stream);
            move || drop(stream.shutdown(Shutdown::Both))
        });
        Self { stream, end: Arc::new(end), ended }
    }

    /// The connection, for its options.
    #[must_use]
    pub fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// What ends the session from outside, such as a signal handler.
    #[must_use]
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
        let (to_main, chunks) = sync::bounded(CHUNKS_WAITING);
        let (to_receiver, books) = crossbeam_channel::unbounded();
        let (to_heartbeat, answered) = crossbeam_channel::unbounded();
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
                    books: &books,
                    activity: &activity,
                    outgoing: &outgoing,
                    answered: &to_heartbeat,
                    output,
                }
                .run(&end);
            }
        })?;
        let heartbeat = match rule {
            None => {
                drop(answered); // nobody will ask for what is answered
                None
            }
            Some(rule) => Some(self.spawn("heartbeat", {
                let (outgoing, activity) = (Arc::clone(&outgoing), Arc::clone(&activity));
                let end = self.end();
                move || heartbeat::run(rule, &outgoing, &activity, &answered, &end)
            })?),
        };
        self.spawn("stdin", move || input::read(input, &to_main))?;

        let write = |text: &[u8]| outgoing.text(text).map_err(|error| self.why_not_sent(error));
        let finish = || {
            let finished = match at_input_end {
                AtInputEnd::Finish => outgoing.close(),
                AtInputEnd::Stay => outgoing.finish_line(),
            };
            finished.map_err(|error| self.why_not_sent(error))
        };
        let (ending, finished) = forward(&chunks, &self.end, &self.ended, write, finish);
        let all_sent = finished && at_input_end == AtInputEnd::Finish;

        // An output that takes nothing holds the receiver up, which must not hold up Ctrl-C.
        let stuck = matches!(ending, Ending::Interrupted)
            && receiver_done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
        if !stuck {
            join(receiver);
            heartbeat.into_iter().for_each(join);
        }
        Ok(Report::new(ending, all_sent, outgoing.sent(), activity.total()))
    }

    /// What a failed write says. A broken pipe, or no connection to close, says only that the
    /// session has ended: the receiver, or whoever ended it, knows why.
    fn why_not_sent(&self, error: io::Error) -> Option<Ending> {
        match error.kind() {
            ErrorKind::BrokenPipe | ErrorKind::NotConnected => None,
            _ => Some(Ending::of_failure("sending", error, &self.stream)),
        }
    }

    /// Starts a thread whose panic ends the session, too.
    fn spawn(
        &self,
        name: &'static str,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<JoinHandle<()>> {
        let end = self.end();
        thread::Builder::new().name(name.to_owned()).spawn(move || {
            if catch_unwind(AssertUnwindSafe(body)).is_err() {
                end.signal(Ending::Panicked { thread: name });
            }
        })
    }
}

fn join(thread: JoinHandle<()>) {
    thread.join().expect("a panic is caught where the thread starts");
}
