//! One connection, from its threads' start to its end.
//!
//! | thread | blocks on | ended by |
//! | --- | --- | --- |
//! | the caller of [`Session::run`] | the input, and the end | the end |
//! | `receiver` | `read`, and the end of the output's reader | the server, or the end's shutdown of the socket |
//! | `heartbeat`, if there is a rule | a channel, until the rule's next deadline | the receiver's end |

use std::{
    io::{self, ErrorKind},
    net::TcpStream,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use common::{start::thread_error, streams::Stdout};
use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::{
    activity::Activity,
    end_signal::EndSignal,
    ending::Ending,
    heartbeat::Heartbeat,
    input::{Input, Next},
    liveness::HeartbeatRule,
    outgoing::Outgoing,
    receive::Receive,
    report::{Forwarded, Report},
    unanswered::Unanswered,
};

/// How long an interrupted session waits for an output that takes nothing.
const BLOCKED_OUTPUT: Duration = Duration::from_millis(200);

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
    unanswered: Arc<Unanswered>,
    end: Arc<EndSignal>,
    ended: Receiver<Ending>,
}

impl Session {
    pub fn new(stream: TcpStream) -> Self {
        let (stream, unanswered) = (Arc::new(stream), Arc::<Unanswered>::default());
        let (end, ended) = EndSignal::new(Arc::clone(&stream), Arc::clone(&unanswered));
        Self { stream, unanswered, end: Arc::new(end), ended }
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
        input: Input,
        output: Stdout,
    ) -> io::Result<Report> {
        let (to_receiver, expected) = crossbeam_channel::unbounded();
        let (to_heartbeat, news) = crossbeam_channel::unbounded();
        let activity = Arc::new(Activity::new(Instant::now()));
        let outgoing = Arc::new(Outgoing::new(
            Arc::clone(&self.stream),
            Arc::clone(&activity),
            Arc::clone(&self.unanswered),
            to_receiver,
        ));

        let (running, receiver_done) = crossbeam_channel::bounded::<()>(0);
        let receiver = self.spawn("receiver", {
            let (stream, end) = (Arc::clone(&self.stream), self.end());
            let (outgoing, activity) = (Arc::clone(&outgoing), Arc::clone(&activity));
            let unanswered = Arc::clone(&self.unanswered);
            move || {
                let _running = running;
                Receive {
                    stream: &stream,
                    expected: &expected,
                    unanswered: &unanswered,
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

        let forwarded = self.forward(input, &outgoing, at_input_end);

        // An output that takes nothing holds the receiver up. That must not hold up Ctrl-C.
        let stuck = matches!(forwarded.ending, Ending::Interrupted)
            && receiver_done.recv_timeout(BLOCKED_OUTPUT) == Err(RecvTimeoutError::Timeout);
        if !stuck {
            join(receiver);
            heartbeat.into_iter().for_each(join);
        }
        let lines_unanswered = self.unanswered.lines();
        Ok(Report {
            ending: forwarded.ending(lines_unanswered),
            sent: outgoing.sent(),
            lines_unanswered,
            round_trips: activity.round_trips(),
        })
    }

    /// Sends the input's text until the input or the session ends. At the input's end does what
    /// `at_input_end` says. Returns when the session has ended.
    fn forward(
        &self,
        mut input: Input,
        outgoing: &Outgoing,
        at_input_end: AtInputEnd,
    ) -> Forwarded {
        let mut all_sent = false;
        loop {
            let done = match input.next(&self.stream, &self.ended) {
                Next::Text(text) => outgoing.text(text),
                Next::End(Ok(())) => {
                    all_sent = at_input_end == AtInputEnd::Finish;
                    match at_input_end {
                        AtInputEnd::Finish => outgoing.close(),
                        AtInputEnd::Stay => outgoing.finish_line(),
                    }
                }
                Next::End(Err(error)) => {
                    self.end.signal(Ending::Failed { doing: "reading the input", error });
                    Ok(())
                }
                Next::ConnectionOver => break,
            };
            if let Err(error) = done {
                self.signal_unsent(error);
                break;
            }
        }
        let ends = "`end` owns a sender, so the channel cannot be disconnected while we wait";
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

fn join(thread: JoinHandle<()>) {
    thread.join().expect("a panic is caught where the thread starts");
}
