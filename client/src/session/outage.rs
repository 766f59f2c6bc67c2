//! From the end of one connection to the next one: what ended, what is tried, and what is sent
//! again.

use std::time::{Duration, Instant};

use super::{
    AtInputEnd, Failure, Session,
    steps::{State, Step},
};
use crate::{
    connect::ConnectError,
    connection::{Connection, Over},
    course::{Decision, EndedConnection},
    ending::Ending,
};

/// The exit code of a program that could not connect.
const NOT_CONNECTED: u8 = 1;

impl Session {
    /// The server could not be connected to.
    pub(super) fn not_connected(
        &mut self,
        server: usize,
        error: ConnectError,
    ) -> Result<Step, Failure> {
        if !self.reconnects() {
            return Err(error.into());
        }
        let now = Instant::now();
        match self.course.failed(server, error.reason.trouble(), now) {
            Decision::End => Err(error.into()),
            decision => {
                self.say_not_connected(server, &error);
                self.carry_out(decision, NOT_CONNECTED, now)
            }
        }
    }

    /// The connection has ended, and what came back is known.
    pub(super) fn drained(
        &mut self,
        server: usize,
        connection: Connection,
        ending: Ending,
    ) -> Result<Step, Failure> {
        let now = Instant::now();
        let (address, is_proven) = (connection.address, connection.proof().is_some());
        let answer_due = connection.began + self.settings.rule.interval.get();
        let ended = EndedConnection {
            began: connection.began,
            is_proven,
            last_came: connection.last_came(),
            text_came_back: self.shared.unanswered.lock().start_over(),
            late: match ending {
                Ending::Unanswered(unanswered) => unanswered.silence.late,
                _ if is_proven => Duration::ZERO,
                _ => now.saturating_duration_since(answer_due),
            },
        };
        // An end that can be outlived must not hide one that cannot.
        let ending = match connection.end().finding() {
            Some(finding) if self.reconnects() && ending.trouble().is_some() => finding,
            _ => ending,
        };
        self.figures.add(&connection.finish());

        let trouble = match ending.trouble() {
            Some(_) if self.is_done(&ending, is_proven) => {
                return Ok(Step::End(Ending::Complete));
            }
            Some(trouble) if self.reconnects() => trouble,
            _ => return Ok(Step::End(ending)),
        };
        if self.interrupt.is_signalled() {
            return Ok(Step::End(Ending::Interrupted));
        }
        if !is_proven {
            self.unproven[server].retain(|it| *it != address);
            self.unproven[server].push(address);
        }
        let was_proven = self.course.is_proven();
        match self.course.ended(server, ended, trouble, now) {
            Decision::End => Ok(Step::End(ending)),
            decision => {
                let code = ending.exit_code();
                Self::say_ended(&ending.of_a_later_connection(was_proven));
                self.carry_out(decision, code, now)
            }
        }
    }

    /// Whether this end is the one that was wanted: everything came back. Without reconnection
    /// only a server that closes the connection has done what it was asked to.
    fn is_done(&self, ending: &Ending, is_proven: bool) -> bool {
        let is_wanted = if self.reconnects() {
            is_proven || self.course.is_proven()
        } else {
            matches!(ending, Ending::ServerClosed)
        };
        is_wanted && self.is_complete()
    }

    /// Carries out what follows from a failure at `now` that would end the program with this exit
    /// code.
    fn carry_out(&mut self, decision: Decision, code: u8, now: Instant) -> Result<Step, Failure> {
        match decision {
            Decision::Connect(server) => self.connect(server),
            Decision::WaitFor(attempt) => {
                self.down_since.get_or_insert(now);
                self.say_reconnecting(attempt, now);
                Ok(Step::Next(State::Waiting(attempt)))
            }
            Decision::End | Decision::GiveUp => {
                let (after, attempts) = (self.course.silence(now), self.course.attempts());
                Ok(Step::End(Ending::GaveUp { after, attempts, code }))
            }
        }
    }

    /// The server has said a byte: sends what has not come back, and what came meanwhile.
    ///
    /// # Errors
    /// When the connection has ended before everything was sent.
    pub(super) fn resume(&mut self, connection: &Connection) -> Result<(), Over> {
        self.course.proven(Instant::now());
        self.unproven.iter_mut().for_each(Vec::clear);
        self.say_connected(connection, connection.proof());
        let mut piece = Vec::new();
        loop {
            let again = self.shared.unanswered.lock().hand_over_kept(&mut piece);
            let Some(again) = again else { break };
            self.figures.again.add(again);
            connection.send(&piece)?;
        }
        if self.input_has_ended && self.settings.at_input_end == AtInputEnd::Finish {
            let _ = connection.close();
        }
        if let Some(since) = self.down_since.take() {
            let down = since.elapsed();
            self.figures.down += down;
            Self::say_back(down);
        }
        Ok(())
    }
}
