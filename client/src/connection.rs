//! One connection, from its threads' start to its end.
//!
//! | thread | blocks on | ended by |
//! | --- | --- | --- |
//! | `receiver` | `read`, and the end of the output's reader | the server, or the end's shutdown of the socket |
//! | `heartbeat`, if there is something to ask | a channel, until the rule's next deadline | the receiver's end |
//!
//! The main thread writes the text. It belongs to the [`session`](crate::session).

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpStream},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use common::{socket::says_ended, start::thread_error};
use crossbeam_channel::{Receiver, RecvTimeoutError, TryRecvError};

use crate::{
    activity::{Activity, RoundTrips},
    end_signal::EndSignal,
    ending::{Doing, Ending},
    heartbeat::{Heartbeat, Questions},
    input::Waker,
    outgoing::{Outgoing, Sent},
    receive::{Receive, Shared},
};

/// A connection that stands, and its threads.
pub struct Connection {
    pub address: SocketAddr,
    pub began: Instant,
    stream: Arc<TcpStream>,
    outgoing: Arc<Outgoing>,
    activity: Arc<Activity>,
    end: Arc<EndSignal>,
    ended: Receiver<Ending>,
    main: Waker,
    threads: Vec<JoinHandle<()>>,
    /// Disconnected when the receiver has ended.
    receiving: Receiver<()>,
}

/// What is left of a connection.
#[derive(Debug, Clone, Copy)]
pub struct Life {
    pub sent: Sent,
    pub round_trips: RoundTrips,
}

impl Connection {
    /// Starts the threads of a new connection.
    ///
    /// # Errors
    /// When a thread cannot be started.
    pub fn start(
        (stream, address): (TcpStream, SocketAddr),
        shared: &Shared,
        questions: Questions,
    ) -> io::Result<Self> {
        let (stream, began) = (Arc::new(stream), Instant::now());
        let (end, ended) = EndSignal::new(Arc::clone(&stream), shared.main.clone());
        let (to_receiver, expected) = crossbeam_channel::unbounded();
        let (to_heartbeat, news) = crossbeam_channel::unbounded();
        let activity = Arc::new(Activity::new(began));
        let outgoing = Outgoing::new(Arc::clone(&stream), Arc::clone(&activity), to_receiver);
        let (end, outgoing) = (Arc::new(end), Arc::new(outgoing));

        let (running, receiving) = crossbeam_channel::bounded::<()>(0);
        let receive = {
            let (stream, shared, end) = (Arc::clone(&stream), shared.clone(), Arc::clone(&end));
            let (outgoing, activity) = (Arc::clone(&outgoing), Arc::clone(&activity));
            move || {
                let _running = running;
                Receive {
                    stream: &stream,
                    expected: &expected,
                    shared: &shared,
                    activity: &activity,
                    outgoing: &outgoing,
                    news: &to_heartbeat,
                }
                .run(&end);
            }
        };
        let mut connection = Self {
            address,
            began,
            stream,
            outgoing,
            activity,
            end,
            ended,
            main: shared.main.clone(),
            threads: Vec::new(),
            receiving,
        };
        connection.spawn("receiver", receive)?;
        if questions != Questions::NONE {
            let (outgoing, activity) =
                (Arc::clone(&connection.outgoing), Arc::clone(&connection.activity));
            let end = Arc::clone(&connection.end);
            connection.spawn("heartbeat", move || {
                Heartbeat { outgoing: &outgoing, activity: &activity, news: &news }
                    .run(questions, &end);
            })?;
        }
        Ok(connection)
    }

    /// What ends the connection from outside, such as a signal handler.
    pub fn end(&self) -> Arc<EndSignal> {
        Arc::clone(&self.end)
    }

    /// Why the connection has ended, if it has. It is told once.
    pub fn ended(&self) -> Option<Ending> {
        self.ended.try_recv().ok()
    }

    /// Since the connection was made until the first byte came from the server, if one has.
    pub fn proof(&self) -> Option<Duration> {
        self.activity.first().map(|first| first.saturating_duration_since(self.began))
    }

    /// When the last byte came; at the start, when the connection was made.
    pub fn last_came(&self) -> Instant {
        self.activity.last(Instant::now()).came
    }

    /// Sends text, blocking while the server does not read. A failure ends the connection.
    ///
    /// # Errors
    /// When the connection has ended.
    pub fn send(&self, text: &[u8]) -> Result<(), Over> {
        self.done(self.outgoing.text(text))
    }

    /// Tells the server that nothing more will come. A failure ends the connection.
    ///
    /// # Errors
    /// When the connection has ended.
    pub fn close(&self) -> Result<(), Over> {
        self.done(self.outgoing.close())
    }

    /// Signals why a write failed. Where the error says only that the connection has ended, or that
    /// there is none to close, the thread that ended it has signalled why, or is about to.
    fn done(&self, written: io::Result<()>) -> Result<(), Over> {
        written.map_err(|error| {
            if !says_ended(&error) && error.kind() != ErrorKind::NotConnected {
                self.end.signal(Ending::of_failure(Doing::Sending, error, &self.stream));
            }
            Over
        })
    }

    /// Whether everything that the server sent has been read and handed on. What came back is known
    /// only then.
    pub fn is_drained(&self) -> bool {
        self.receiving.try_recv() == Err(TryRecvError::Disconnected)
    }

    /// Waits for that. Returns whether it came to be.
    pub fn drain(&self, limit: Duration) -> bool {
        self.receiving.recv_timeout(limit) == Err(RecvTimeoutError::Disconnected)
    }

    /// Takes leave of a connection that has ended. Waits for its threads, unless the receiver is
    /// held up by an output that takes nothing.
    ///
    /// # Panics
    /// Never: a panic of a thread is caught there.
    pub fn finish(self) -> Life {
        if self.is_drained() {
            for thread in self.threads {
                thread.join().expect("a panic is caught where the thread starts");
            }
        }
        Life { sent: self.outgoing.sent(), round_trips: self.activity.round_trips() }
    }

    /// Starts a thread whose panic ends the connection, too.
    fn spawn(
        &mut self,
        name: &'static str,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let (end, main) = (self.end(), self.main.clone());
        let started = thread::Builder::new().name(name.to_owned()).spawn(move || {
            if catch_unwind(AssertUnwindSafe(body)).is_err() {
                end.signal(Ending::Panicked { thread: name });
            }
            main.wake(); // everything is read
        });
        self.threads.push(started.map_err(|error| thread_error(name, &error))?);
        Ok(())
    }
}

/// The connection has ended; [`Connection::ended`] says why, now or in a moment.
#[derive(Debug)]
pub struct Over;
