//! The session's states, and the steps from one to the next.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    ops::ControlFlow,
    panic::catch_unwind,
    thread,
    time::{Duration, Instant},
};

use common::{start::thread_error, streams::reader_has_gone};
use crossbeam_channel::Receiver;
use tracing::warn;

use super::{Failure, Session};
use crate::{
    budget::Budget,
    connect::{ConnectError, NotConnected, connect_elsewhere},
    connection::Connection,
    ending::Ending,
    heartbeat::Questions,
    servers::Attempt,
};

/// How long an interrupted session waits for an output that takes nothing.
const BLOCKED_OUTPUT: Duration = Duration::from_millis(200);

/// A connection, or why there is none.
type Outcome = Result<(TcpStream, SocketAddr), ConnectError>;

pub(super) enum State {
    Connecting {
        server: usize,
        since: Instant,
        outcome: Receiver<Outcome>,
    },
    Up {
        server: usize,
        connection: Connection,
        phase: Phase,
    },
    /// The connection has ended. What it still holds is read to its end.
    Draining {
        server: usize,
        connection: Connection,
        ending: Ending,
    },
    Waiting(Attempt),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The server has not said a byte yet.
    Confirming,
    Live,
    /// A write has failed, so nothing may be sent after it. The end is about to be told.
    Failing,
}

pub(super) enum Step {
    /// Nothing to do until there is news.
    Wait(State),
    /// Look around again.
    Next(State),
    End(Ending),
}

impl Session {
    /// Does everything that is to be done without waiting. Returns the state in which to wait, or
    /// how the session has ended.
    pub(super) fn advance(
        &mut self,
        mut step: Step,
    ) -> Result<ControlFlow<Ending, State>, Failure> {
        loop {
            step = match step {
                Step::Next(state) => self.step(state)?,
                Step::Wait(state) => return Ok(ControlFlow::Continue(state)),
                Step::End(ending) => return Ok(ControlFlow::Break(ending)),
            }
        }
    }

    fn step(&mut self, state: State) -> Result<Step, Failure> {
        let now = Instant::now();
        let is_interrupted = self.interrupt.is_signalled();
        match state {
            State::Connecting { .. } | State::Waiting(_) if is_interrupted => {
                Ok(Step::End(Ending::Interrupted))
            }
            // While there is no connection, no receiver watches the output.
            State::Connecting { .. } | State::Waiting(_)
                if self.course.is_proven() && reader_has_gone(&self.shared.output) =>
            {
                Ok(Step::End(Ending::OutputClosed))
            }
            State::Connecting { .. } | State::Waiting(_)
                if self.course.is_proven() && self.is_complete() =>
            {
                Ok(Step::End(Ending::Complete))
            }
            State::Connecting { server, since, outcome } => match outcome.try_recv() {
                Ok(outcome) => self.connected(server, since, outcome, now),
                Err(_) => Ok(Step::Wait(State::Connecting { server, since, outcome })),
            },
            State::Up { server, connection, phase } => Ok(match (connection.ended(), phase) {
                (Some(ending), _) => Step::Next(State::Draining { server, connection, ending }),
                (None, Phase::Confirming) if connection.proof().is_some() => {
                    let resumed = self.resume(&connection);
                    let phase = if resumed.is_ok() { Phase::Live } else { Phase::Failing };
                    Step::Next(State::Up { server, connection, phase })
                }
                // Nothing is left to ask for.
                (None, Phase::Confirming) if self.course.is_proven() && self.is_complete() => {
                    connection.end().signal(Ending::Complete);
                    Step::Next(State::Up { server, connection, phase })
                }
                (None, _) => Step::Wait(State::Up { server, connection, phase }),
            }),
            State::Draining { server, connection, ending } => {
                if connection.is_drained() || is_interrupted && connection.drain(BLOCKED_OUTPUT) {
                    self.drained(server, connection, ending)
                } else if is_interrupted {
                    self.figures.add(&connection.finish());
                    Ok(Step::End(Ending::Interrupted))
                } else {
                    Ok(Step::Wait(State::Draining { server, connection, ending }))
                }
            }
            State::Waiting(attempt) if now >= attempt.at => {
                self.course.forgive_if_late(attempt.at, now);
                self.connect(attempt.server)
            }
            State::Waiting(attempt) => Ok(Step::Wait(State::Waiting(attempt))),
        }
    }

    /// Begins to connect, in a thread of its own: the input is read meanwhile. The thread is not
    /// joined, because nothing interrupts it.
    pub(super) fn connect(&mut self, server: usize) -> Result<Step, Failure> {
        self.course.attempt();
        let (to_main, outcome) = crossbeam_channel::bounded(1);
        let (name, main) = (self.settings.servers[server].clone(), self.shared.main.clone());
        let last = self.unproven[server].clone();
        let started = thread::Builder::new().name("connector".to_owned()).spawn(move || {
            let panicked = |_| Err(ConnectError::new(&name, NotConnected::Panicked));
            let _ = to_main
                .send(catch_unwind(|| connect_elsewhere(&name, &last)).unwrap_or_else(panicked));
            main.wake();
        });
        match started {
            Ok(_) => Ok(Step::Wait(State::Connecting { server, since: Instant::now(), outcome })),
            Err(error) => {
                let error = thread_error("connector", &error);
                self.system_refused(server, error, NotConnected::NoThread)
            }
        }
    }

    fn connected(
        &mut self,
        server: usize,
        since: Instant,
        outcome: Outcome,
        now: Instant,
    ) -> Result<Step, Failure> {
        self.course.forgive_if_late(since + Budget::WHOLE, now);
        let (stream, address) = match outcome {
            Ok(connected) => connected,
            Err(error) => return self.not_connected(server, error),
        };
        if let Some(keepalive) = self.settings.detect.keepalive() {
            match keepalive.apply(&stream) {
                Ok(held) => held.log(None),
                // A connection that has ended already may refuse its options.
                Err(error) => return self.system_refused(server, error, NotConnected::Ended),
            }
        }
        let detect = self.settings.detect;
        let questions = Questions {
            at_once: self.reconnects().then_some(self.settings.rule.interval),
            in_silence: detect.uses_heartbeat().then_some(self.settings.rule),
        };
        let connection = match Connection::start((stream, address), &self.shared, questions) {
            Ok(connection) => connection,
            Err(error) => return self.system_refused(server, error, NotConnected::NoThread),
        };
        self.interrupt.enter(connection.end());
        self.figures.connections += 1;
        if self.figures.connections == 1
            && let Some(warning) = detect.warning()
        {
            warn!(event = "no_user_timeout", "{warning}");
        }
        let phase = if self.reconnects() {
            Phase::Confirming
        } else {
            self.say_connected(&connection, None);
            Phase::Live
        };
        // The input is looked at before the connection's end. If the input has ended and the
        // server closes the connection at once, everything is done.
        Ok(Step::Wait(State::Up { server, connection, phase }))
    }

    /// The system has refused something that a connection takes. Later that may change; at the start
    /// it ends the session.
    fn system_refused(
        &mut self,
        server: usize,
        error: io::Error,
        reason: fn(io::Error) -> NotConnected,
    ) -> Result<Step, Failure> {
        if !self.course.is_proven() {
            return Err(error.into());
        }
        let error = ConnectError::new(&self.settings.servers[server], reason(error));
        self.not_connected(server, error)
    }
}
