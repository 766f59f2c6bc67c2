//! The person's conversation, from stdin to stdout. It may outlive its connections.
//!
//! ```text
//!                    ┌───────────────── due ─────────────────┐
//!                    ↓                                       │
//!  start ──→ Connecting ───────── failed ──────────────→  Waiting ── too long ──→ the end
//!                    │                                       ↑
//!                    ↓                                       │ why it ended
//!               Confirming ── not answered ──→ Draining ─────┘
//!                    │ a byte came                ↑
//!                    ↓                            │ ended
//!          the text again ──→ Live ───────────────┘
//! ```
//!
//! Without reconnection there is one connection, and its end is the session's. With it, a new
//! connection is first asked for a sign of life (`connect` proves only a kernel with a backlog),
//! then the text is sent again that has not come back, then the conversation goes on.
//!
//! The main thread does all of this. It waits in one place, for text from the input and for news
//! from the other threads, and then looks around.
//!
//! In the article: `client::run_loop`, which serves one connection.

mod outage;
mod said;
mod steps;

use std::{
    error::Error,
    net::SocketAddr,
    ops::ControlFlow,
    sync::Arc,
    time::{Duration, Instant},
};

use common::{detect::Detect, period::Period, streams::Stdout};

use crate::{
    connection::Over,
    course::Course,
    ending::{Doing, Ending},
    input::{Input, Next},
    interrupt::Interrupt,
    liveness::HeartbeatRule,
    receive::Shared,
    report::{Figures, Report},
    servers::Servers,
};
use steps::{Phase, State, Step};

/// What to do when the input ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtInputEnd {
    /// Tell the server, take its last replies, and end.
    Finish,
    /// Keep the connection and its heartbeats until interrupted.
    Stay,
}

/// What the session is told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `HOST:PORT` each, in the order of preference. There is at least one.
    pub servers: Vec<String>,
    pub rule: HeartbeatRule,
    pub detect: Detect,
    pub at_input_end: AtInputEnd,
    /// How long after the last sign of life the session gives up. `None` if it ends with its
    /// first connection.
    pub give_up_after: Option<Period>,
    /// What a person may do, said when the first connection stands.
    pub hint: &'static str,
}

/// What the session cannot go on without: a first server, a thread, the options of keepalive.
type Failure = Box<dyn Error>;

/// The conversation.
pub struct Session {
    settings: Settings,
    shared: Shared,
    interrupt: Arc<Interrupt>,
    course: Course,
    /// For each server the addresses that took a connection and did not answer, since a server was
    /// last proven. They are tried last.
    unproven: Vec<Vec<SocketAddr>>,
    figures: Figures,
    input_has_ended: bool,
    ends_in_half_line: bool,
    /// Since when there is no connection, after the first one.
    down_since: Option<Instant>,
}

impl Session {
    /// A conversation whose echo goes to `output`, and whose input wakes up for news by `input`.
    pub fn new(
        settings: Settings,
        input: &Input,
        output: Stdout,
        interrupt: Arc<Interrupt>,
    ) -> Self {
        let shared = Shared {
            unanswered: Arc::default(),
            resends: settings.give_up_after.is_some(),
            output: Arc::new(output),
            main: input.waker(),
        };
        let Settings { rule, detect, .. } = settings;
        let random = fastrand::Rng::new();
        let give_up_after = settings.give_up_after.map_or(Duration::ZERO, Period::get);
        let servers = Servers::new(settings.servers.len(), give_up_after, random, Instant::now());
        let watched = detect.uses_heartbeat();
        let patience = if watched { rule.detection_time() } else { Duration::ZERO };
        let course = Course::new(servers, patience);
        let unproven = vec![Vec::new(); settings.servers.len()];
        Self {
            settings,
            shared,
            interrupt,
            course,
            unproven,
            figures: Figures::default(),
            input_has_ended: false,
            ends_in_half_line: false,
            down_since: None,
        }
    }

    /// Sends the input's lines and writes their echoes to the output, until the session ends.
    ///
    /// # Errors
    /// When no server could be connected to at the start, or the system refuses what a connection
    /// takes: a thread, or the options of keepalive.
    pub fn run(mut self, mut input: Input) -> Result<Report, Failure> {
        let mut step = self.connect(0)?;
        let ending = loop {
            let mut state = match self.advance(step)? {
                ControlFlow::Continue(state) => state,
                ControlFlow::Break(ending) => break ending,
            };
            if let Err(ending) = self.take_input(&mut state, &mut input) {
                break ending;
            }
            step = Step::Next(state);
        };
        self.interrupt.close();
        self.figures.down += self.down_since.map_or(Duration::ZERO, |since| since.elapsed());
        let unanswered = self.shared.unanswered.lock();
        let (sent, all) = (unanswered.sent(), unanswered.all());
        self.figures.half_line = self.ends_in_half_line && sent == all;
        let kept = self.reconnects().then_some(all);
        Ok(Report { ending, figures: self.figures, lines_unanswered: sent.lines, kept })
    }

    fn reconnects(&self) -> bool {
        self.shared.resends
    }

    /// Whether text is to be read from the input. While there is no connection it is kept, but not
    /// before a server has been found at all.
    fn takes_text(&self, state: &State) -> bool {
        let is_live = matches!(state, State::Up { phase: Phase::Live, .. });
        (is_live || self.reconnects() && self.course.is_proven())
            && self.shared.unanswered.lock().has_room()
    }

    /// Takes text from the input until there is something else to do. While text can be sent, it
    /// comes first.
    fn take_input(&mut self, state: &mut State, input: &mut Input) -> Result<(), Ending> {
        let deadline = match state {
            State::Waiting(attempt) => Some(attempt.at),
            _ => None,
        };
        loop {
            // While there is no connection, no receiver watches the output.
            let is_down = matches!(state, State::Connecting { .. } | State::Waiting(_));
            let output = (is_down && self.course.is_proven()).then_some(&*self.shared.output);
            let next = if self.takes_text(state) {
                input.next(output, deadline)
            } else {
                input.news(output, deadline)
            };
            match next {
                Next::Text(text) if self.text(state, text).is_ok() => {}
                Next::Text(_) | Next::News => return Ok(()),
                Next::End(Ok(())) => {
                    self.end_of_input(state);
                    return Ok(());
                }
                Next::End(Err(error)) => {
                    let ending = Ending::Failed { doing: Doing::ReadingInput, error };
                    let State::Up { connection, .. } = state else { return Err(ending) };
                    connection.end().signal(ending);
                    return Ok(());
                }
            }
        }
    }

    /// Sends text, or keeps it.
    ///
    /// # Errors
    /// When it was not sent, or not all of it.
    fn text(&mut self, state: &mut State, text: &[u8]) -> Result<(), Over> {
        self.ends_in_half_line = text.last().is_some_and(|&last| last != b'\n');
        let mut unanswered = self.shared.unanswered.lock();
        let State::Up { connection, phase: phase @ Phase::Live, .. } = state else {
            unanswered.keep(text);
            return Err(Over);
        };
        unanswered.hand_over(text);
        drop(unanswered);
        connection.send(text).inspect_err(|_| *phase = Phase::Failing)
    }

    fn end_of_input(&mut self, state: &mut State) {
        self.input_has_ended = true;
        match (self.settings.at_input_end, &*state) {
            (AtInputEnd::Finish, State::Up { connection, phase: Phase::Live, .. }) => {
                let _ = connection.close();
            }
            (AtInputEnd::Stay, _) if self.ends_in_half_line => {
                let _ = self.text(state, b"\n");
            }
            _ => {}
        }
    }

    /// Whether there is nothing left to do: the input has ended, and all of it came back.
    fn is_complete(&self) -> bool {
        self.input_has_ended
            && self.settings.at_input_end == AtInputEnd::Finish
            && self.shared.unanswered.lock().is_empty()
    }
}
