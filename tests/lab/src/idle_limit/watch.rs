//! What came on which connection, and when. It holds no socket and no clock: `now` is passed in.
//!
//! The caller reads `now`, then looks at every connection, and then lets the watch
//! [`judge`](Watch::judge). So an answer that came before its deadline is never missed, however
//! late this process is.

use std::time::{Duration, Instant};

use super::{
    fate::{Fate, Look, When},
    plan::Plan,
    void::{Void, Why},
};

/// One of the connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    Control,
    /// One that is silent, by its place in the order of the silences.
    Silent(usize),
}

/// A connection that is silent for its time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    pub planned: Duration,
    opened: Instant,
    pub fate: Fate,
}

/// The connection that beats throughout.
#[derive(Debug)]
struct Control {
    next: Instant,
    asked: Option<Instant>,
    /// Heartbeats that were answered.
    beats: u64,
    /// Whether the heartbeat in flight was sent after everything else had been settled.
    is_last: bool,
    is_done: bool,
}

/// A wake-up that is this late tells that the process was held up: stopped, or on a machine that
/// is very busy.
const LATE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Watch {
    plan: Plan,
    start: Instant,
    pub silences: Vec<Silence>,
    control: Control,
    pub void: Option<Void>,
    /// The longest time by which a wake-up was late, if one was.
    pub held_up: Option<Duration>,
}

impl Watch {
    /// A watch over connections that were opened at these moments, in the order of the silences.
    pub fn new(plan: Plan, opened: impl IntoIterator<Item = Instant>, now: Instant) -> Self {
        let silence = |(planned, opened)| Silence { planned, opened, fate: Fate::Silent };
        let silences = plan.silences().into_iter().zip(opened).map(silence).collect();
        let control = Control { next: now, asked: None, beats: 0, is_last: false, is_done: false };
        Self { plan, start: now, silences, control, void: None, held_up: None }
    }

    /// How long the run has taken.
    pub fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.start)
    }

    /// When to wake up if nothing comes.
    pub fn wake(&self) -> Instant {
        let silences = self.silences.iter().filter_map(|silence| match silence.fate {
            Fate::Silent => Some(silence.opened + silence.planned),
            Fate::Asked { at, .. } => Some(at + self.plan.retry_interval),
            Fate::Answered { .. } | Fate::Dead { .. } => None,
        });
        silences.fold(self.control_wake(), Instant::min)
    }

    fn control_wake(&self) -> Instant {
        match self.control.asked {
            Some(at) => at + self.plan.control_patience(),
            None => self.control.next,
        }
    }

    /// Enters that the caller woke up at `now`, before anything else is entered.
    pub fn woke(&mut self, now: Instant) {
        self.is_late(now.saturating_duration_since(self.wake()));
    }

    fn is_late(&mut self, late: Duration) {
        if late > LATE {
            self.held_up = self.held_up.max(Some(late));
        }
    }

    /// A connection on which a heartbeat is due at `now`. When the run is over, none is.
    pub fn due(&self, now: Instant) -> Option<Line> {
        if self.is_over() {
            return None;
        }
        if self.control.asked.is_none() && self.control.next <= now {
            return Some(Line::Control);
        }
        let is_due = |silence: &Silence| {
            silence.fate == Fate::Silent && silence.opened + silence.planned <= now
        };
        self.silences.iter().position(is_due).map(Line::Silent)
    }

    /// A heartbeat is about to be handed to the kernel.
    pub fn sent(&mut self, line: Line, now: Instant) {
        match line {
            Line::Control => {
                self.control.asked = Some(now);
                self.control.is_last = self.all_settled();
            }
            Line::Silent(index) => {
                let silence = &mut self.silences[index];
                let idle = now.saturating_duration_since(silence.opened);
                silence.fate = Fate::Asked { idle, at: now };
                let late = idle.saturating_sub(silence.planned);
                self.is_late(late); // the process may also be stopped after it woke up
            }
        }
    }

    /// The answer to a heartbeat has come.
    pub fn answered(&mut self, line: Line, now: Instant) {
        match line {
            Line::Control => {
                let sent = self.control.asked.take();
                self.control.beats += 1;
                self.control.is_done = self.control.is_last;
                self.control.next = sent.map_or(now, |sent| sent + self.plan.beat()).max(now);
                self.finish_if_settled(now);
            }
            Line::Silent(index) => {
                let fate = &mut self.silences[index].fate;
                if let Fate::Asked { idle, .. } | Fate::Dead { idle, look: Look::NoAnswer, .. } =
                    *fate
                {
                    *fate = Fate::Answered { idle };
                }
                self.finish_if_settled(now);
            }
        }
    }

    /// The connection has ended.
    pub fn ended(&mut self, line: Line, look: Look, now: Instant) {
        let Line::Silent(index) = line else {
            return self.void(Why::ControlEnded(look), now);
        };
        let silence = &mut self.silences[index];
        silence.fate = match silence.fate {
            Fate::Silent => {
                let idle = now.saturating_duration_since(silence.opened);
                Fate::Dead { idle, look, when: When::DuringSilence }
            }
            Fate::Asked { idle, .. } => Fate::Dead { idle, look, when: When::AtNextByte },
            Fate::Answered { .. } | Fate::Dead { .. } => return,
        };
        self.finish_if_settled(now);
    }

    /// A probe has come. It is traffic on the path, even if nobody answers it.
    pub fn probed(&mut self, line: Line, now: Instant) {
        if let Line::Silent(index) = line
            && self.silences[index].fate == Fate::Silent
        {
            let idle = now.saturating_duration_since(self.silences[index].opened);
            self.void(Why::Probed { idle }, now);
        }
    }

    /// The run says nothing, for this reason. The first reason stays.
    pub fn void(&mut self, why: Why, now: Instant) {
        let at = self.elapsed(now);
        self.void.get_or_insert(Void { at, why });
    }

    /// Judges what has had no answer. Everything that had come by `now` must have been entered.
    pub fn judge(&mut self, now: Instant) {
        let patience = self.plan.control_patience();
        if self.control.asked.is_some_and(|at| at + patience <= now) {
            let beats = self.control.beats;
            self.void(Why::ControlUnanswered { patience, beats }, now);
        }
        for silence in &mut self.silences {
            if let Fate::Asked { idle, at } = silence.fate
                && at + self.plan.retry_interval <= now
            {
                let (look, when) = (Look::NoAnswer, When::AtNextByte);
                silence.fate = Fate::Dead { idle, look, when };
            }
        }
        self.finish_if_settled(now);
    }

    /// Whether the run is over: it is void, or all is settled and the control connection has
    /// answered since.
    pub fn is_over(&self) -> bool {
        self.void.is_some() || self.control.is_done
    }

    fn all_settled(&self) -> bool {
        self.silences.iter().all(|silence| silence.fate.is_settled())
    }

    /// The control connection's last heartbeat is due at once.
    fn finish_if_settled(&mut self, now: Instant) {
        if self.all_settled() {
            self.control.next = self.control.next.min(now);
        }
    }
}
