//! The heartbeat thread: does what the rule in [`liveness`](crate::liveness) says, and sleeps
//! until the rule next says something.
//!
//! In the article: the loop of `send_heart`.

use std::time::{Duration, Instant};

use common::{
    diagnosis::Finding,
    event_with_finding,
    period::Period,
    targets::HEARTBEATS,
    verdict::{Suspect, Verdict},
    words::Millis,
};
use crossbeam_channel::{Receiver, RecvTimeoutError};
use tracing::{debug, info};

use crate::{
    activity::{Activity, LastActivity},
    end_signal::EndSignal,
    ending::{Ending, Unanswered},
    liveness::{HeartbeatRule, Liveness, Silence, Step},
    outgoing::{NotSent, Outgoing},
    receive::News,
};

/// What the server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Questions {
    /// One heartbeat at once, which must be answered within this time: a connection proves only
    /// that a kernel has taken it.
    pub at_once: Option<Period>,
    /// Heartbeats in each silence.
    pub in_silence: Option<HeartbeatRule>,
}

impl Questions {
    /// Nothing is asked: the kernel watches the connection alone.
    pub const NONE: Self = Self { at_once: None, in_silence: None };
}

/// The heartbeat thread's view of the connection.
pub struct Heartbeat<'a> {
    pub outgoing: &'a Outgoing,
    pub activity: &'a Activity,
    /// News from the receiver; the channel is disconnected when the receiver ends.
    pub news: &'a Receiver<News>,
}

/// The thread while it sends heartbeats by one rule.
struct Beat<'a> {
    on: &'a Heartbeat<'a>,
    rule: HeartbeatRule,
    until: Until,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Until {
    /// The server has said its first byte.
    Proven,
    Dead,
}

/// The silence so far.
#[derive(Default)]
struct SoFar {
    /// Heartbeats that could not be sent.
    unsent: u32,
    /// Why the last of those could not.
    not_sent: Option<NotSent>,
    /// Whether the verdict has waited for a reader that may have been held up.
    waited: bool,
}

/// The receiver has ended, so the connection has.
struct Over;

impl Heartbeat<'_> {
    /// Asks these questions until the receiver ends, or until the server is dead: then signals
    /// that.
    pub fn run(self, questions: Questions, end: &EndSignal) {
        if let Ok(Some(unanswered)) = self.ask(questions) {
            end.signal(Ending::Unanswered(unanswered));
        }
    }

    fn ask(&self, questions: Questions) -> Result<Option<Unanswered>, Over> {
        if let Some(interval) = questions.at_once {
            let rule = HeartbeatRule { idle: interval, retries: 0, interval };
            let dead = Beat { on: self, rule, until: Until::Proven }.beat()?;
            if dead.is_some() {
                return Ok(dead);
            }
        }
        match questions.in_silence {
            Some(rule) => Beat { on: self, rule, until: Until::Dead }.beat(),
            None => Ok(None),
        }
    }
}

impl Beat<'_> {
    /// Sends heartbeats until the server is dead, or proven if that is enough.
    fn beat(&self) -> Result<Option<Unanswered>, Over> {
        let mut liveness = match self.until {
            Until::Proven => Liveness::at_once(self.rule, Instant::now()),
            Until::Dead => Liveness::new(self.rule, self.on.activity.last(Instant::now()).heard),
        };
        let mut so_far = SoFar::default();
        let mut tried = None;
        loop {
            let now = Instant::now();
            let LastActivity { came, heard, sent, bytes_read } = self.on.activity.last(now);
            if self.until == Until::Proven && bytes_read > 0 {
                return Ok(None);
            }
            // A heartbeat that could not be sent is not tried again at once.
            match liveness.step(heard, tried.map_or(sent, |tried| sent.max(tried)), now) {
                Step::Wait(deadline) => {
                    // After a heartbeat a byte may bring the next deadline forward.
                    let has_sent = liveness.heartbeats() > 0;
                    if !has_sent || self.on.activity.wake_at_next_byte(bytes_read) {
                        self.wait(deadline)?;
                    }
                }
                Step::Heartbeat(number) => {
                    if number == 1 {
                        so_far = SoFar::default();
                    }
                    self.send(number, now, now.saturating_duration_since(came), &mut so_far);
                    tried = Some(Instant::now());
                }
                Step::Dead(silence) => {
                    match self.suspect(bytes_read, &so_far).judge() {
                        Verdict::Alive(ago) => {
                            let alive = now.checked_sub(ago).unwrap_or(now);
                            liveness = Liveness::since(self.rule, alive, now);
                            let unsent = so_far.unsent.min(liveness.heartbeats());
                            so_far = SoFar { unsent, ..SoFar::default() };
                            self.wait(now)?; // the receiver may have ended meanwhile
                        }
                        Verdict::Wait(grace) => {
                            so_far.waited = true;
                            self.wait(now + grace)?;
                        }
                        Verdict::Dead => {
                            let lasted = now.saturating_duration_since(came);
                            let silence = Silence { lasted, ..silence };
                            let unanswered = self.unanswered(silence, bytes_read == 0, &so_far);
                            if unanswered.is_evidence() {
                                return Ok(Some(unanswered));
                            }
                            liveness = Liveness::new(self.rule, now);
                        }
                    }
                }
            }
        }
    }

    /// The server after a silence that began when so many bytes had been read. Bytes that were
    /// read since are as good as unread ones: the rule has not seen them.
    fn suspect(&self, bytes_read: u64, so_far: &SoFar) -> Suspect {
        let unread = self.on.outgoing.unread(bytes_read);
        let took = self.on.outgoing.took(so_far.not_sent == Some(NotSent::Blocked));
        let patience = self.rule.detection_time();
        Suspect { patience, unread, took, waited: so_far.waited }
    }

    /// Waits for news until `deadline`.
    fn wait(&self, deadline: Instant) -> Result<(), Over> {
        match self.on.news.recv_deadline(deadline) {
            Ok(News::Answered { number: Some(number), round_trip }) => {
                let retry = number - 1;
                let round_trip_ms = round_trip.map(|time| time.as_secs_f64() * 1000.0);
                let time = round_trip.map_or_else(
                    || "; our output was blocked, so its round trip is not known".to_owned(),
                    |time| format!(" in {}", Millis(time)),
                );
                info!(
                    target: HEARTBEATS, event = "heartbeat_answered", retry, round_trip_ms,
                    "{} answered{time}", self.name(number)
                );
                Ok(())
            }
            Ok(News::Answered { .. } | News::Byte) | Err(RecvTimeoutError::Timeout) => Ok(()),
            Err(RecvTimeoutError::Disconnected) => Err(Over),
        }
    }

    /// Sends the heartbeat of this number in a silence that has lasted for `silence`.
    fn send(&self, number: u32, now: Instant, silence: Duration, so_far: &mut SoFar) {
        let retry = number - 1;
        let unanswered = retry.saturating_sub(so_far.unsent);
        let finding = if retry == 0 { None } else { self.on.outgoing.finding(silence) };
        let known = if retry == 0 { String::new() } else { known(unanswered, finding) };
        let name = self.name(number);
        // A byte that comes meanwhile may make the next heartbeat due after `idle` already.
        let limit = now + self.rule.interval.min(self.rule.idle).get();
        // The answer to the first question is told with the connection.
        let told = (self.until == Until::Dead).then_some(number);
        match self.on.outgoing.heartbeat(told, limit) {
            Ok(()) if told.is_none() => debug!(event = "asked", "asked for a sign of life"),
            Ok(()) => event_with_finding!(info, finding, {
                target: HEARTBEATS, event = "heartbeat_sent", retry, unanswered
            }, "{name} sent{known}"),
            Err(why) => {
                so_far.unsent += 1;
                so_far.not_sent = Some(why);
                match why {
                    NotSent::Closed => {}
                    // A connection that has ended at once: its end is told by itself.
                    NotSent::Failed if told.is_none() => debug!(
                        event = "heartbeat_unsent", retry, unanswered, %why,
                        "{name} could not be sent: {why}"
                    ),
                    _ => event_with_finding!(warn, finding, {
                        event = "heartbeat_unsent", retry, unanswered, %why
                    }, "{name} could not be sent: {why}{known}"),
                }
            }
        }
    }

    fn unanswered(&self, silence: Silence, never_heard: bool, so_far: &SoFar) -> Unanswered {
        let SoFar { unsent, not_sent, .. } = *so_far;
        // Nothing was sent before the first question, so what is acknowledged is the question.
        let is_first = self.until == Until::Proven && unsent == 0;
        let since = if is_first { Duration::MAX } else { silence.lasted };
        let finding = self.on.outgoing.finding(since);
        Unanswered { silence, unsent, not_sent, never_heard, finding }
    }

    /// `heartbeat` for the first one of a silence, `retry 2 of 5` for a later one.
    fn name(&self, number: u32) -> String {
        match number {
            1 => "heartbeat".to_owned(),
            _ => format!("retry {} of {}", number - 1, self.rule.retries),
        }
    }
}

/// The unanswered heartbeats so far and the kernel's evidence, in half a line.
fn known(unanswered: u32, finding: Option<Finding>) -> String {
    let evidence = finding.map(|finding| finding.so_far());
    match (unanswered, evidence) {
        (0, None) => String::new(),
        (0, Some(evidence)) => format!(" ({evidence})"),
        (_, None) => format!(" ({unanswered} unanswered)"),
        (_, Some(evidence)) => format!(" ({unanswered} unanswered: {evidence})"),
    }
}
