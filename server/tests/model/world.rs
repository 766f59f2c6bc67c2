//! What the models' threads share: the real queue, a clock, and the fate of each client.
//!
//! Everything but the queue is behind one lock of the model checker, so that each look at the
//! clock is a step of its own.

use std::{
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use common::verdict::Verdict;
use loom::{
    sync::{Condvar, Mutex, MutexGuard},
    thread::{self, JoinHandle},
};
use server::{
    reaper,
    timeout_queue::{Expired, TimeoutQueue},
};

pub(crate) const TICK: Duration = Duration::from_millis(1);

pub(crate) const TIMEOUT: Duration = Duration::from_millis(2);

/// How time passes while the reaper sleeps.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    /// How many of its sleeps pass by themselves; then others have to move the clock.
    leaps: u32,
    /// How much longer than it wants to it sleeps the first time.
    late: Duration,
}

pub(crate) const STILL: Pace = Pace { leaps: 0, late: Duration::ZERO };

pub(crate) const LEAPING: Pace = Pace { leaps: 2, ..STILL };

/// The process is stopped for two seconds.
pub(crate) const HALTED: Pace = Pace { late: Duration::from_secs(2), ..LEAPING };

/// The queue, the clock, and what becomes of each client.
pub(crate) struct World {
    pub(crate) queue: TimeoutQueue<usize>,
    state: Mutex<State>,
    pub(crate) changed: Condvar,
}

pub(crate) struct State {
    pace: Pace,
    now: Instant,
    stopped: bool,
    /// The time at which the reaper last woke.
    woke: Instant,
    pub(crate) clients: Vec<Client>,
}

#[derive(Clone)]
pub(crate) struct Client {
    place: Place,
    /// The time that its last insertion or successful touch was told.
    heard: Instant,
    /// When it last spoke.
    spoke: Instant,
    pub(crate) exits: Vec<Exit>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On its way into the queue or to its back.
    Moving,
    /// In its place since this time or earlier.
    Settled(Instant),
    /// On its way out of the queue, or out.
    Leaving,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Exit {
    Evicted { at: Instant, silent: Duration },
    Removed,
    Drained,
}

impl World {
    pub(crate) fn new(clients: usize, pace: Pace) -> Arc<Self> {
        let now = Instant::now();
        let client = Client { place: Place::Moving, heard: now, spoke: now, exits: Vec::new() };
        let clients = vec![client; clients];
        let queue = TimeoutQueue::new(TIMEOUT);
        let state = Mutex::new(State { pace, now, stopped: false, woke: now, clients });
        Arc::new(Self { queue, state, changed: Condvar::new() })
    }

    pub(crate) fn spawn(this: &Arc<Self>, body: impl FnOnce(&Self) + 'static) -> JoinHandle<()> {
        let world = Arc::clone(this);
        thread::spawn(move || body(&world))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a panic ends the model")
    }

    pub(crate) fn now(&self) -> Instant {
        self.state().now
    }

    pub(crate) fn tick(&self) {
        self.state().now += TICK;
        self.changed.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_all();
    }

    /// How the reaper sleeps.
    pub(crate) fn sleep(&self, deadline: Instant) -> Option<Instant> {
        let mut state = self.state();
        state.check_sleep(deadline);
        state.leap(deadline);
        while !state.stopped && state.now < deadline {
            state = self.changed.wait(state).expect("a panic ends the model");
        }
        state.check_sleep(deadline);
        state.woke = state.now;
        (!state.stopped).then_some(state.now)
    }

    pub(crate) fn evict(&self, Expired { item: id, silent }: Expired<usize>) {
        let mut state = self.state();
        let at = state.woke;
        state.exits(id, Exit::Evicted { at, silent });
        self.changed.notify_all();
    }

    pub(crate) fn reap(&self) {
        let (sleep, evict) = (|deadline| self.sleep(deadline), |expired| self.evict(expired));
        let judge = |&id: &usize, _| self.judge(id);
        reaper::run(&self.queue, self.now(), sleep, judge, evict);
    }

    /// Whether the client has spoken and the queue has not been touched for that yet. (The real
    /// judge asks the kernel.)
    pub(crate) fn judge(&self, id: usize) -> Verdict {
        let client = &self.state().clients[id];
        if client.spoke > client.heard { Verdict::Alive(Duration::ZERO) } else { Verdict::Dead }
    }

    pub(crate) fn insert(&self, id: usize) {
        let now = self.state().moves(id, Place::Moving);
        self.queue.insert(key(id), id, now);
        self.state().hears(id, now);
    }

    /// A connection's thread: the client is heard once more, and ends.
    pub(crate) fn converse(&self, id: usize) {
        self.insert(id);

        let now = self.state().moves(id, Place::Moving);
        if self.queue.touch(key(id), now) {
            self.state().hears(id, now);
        }

        self.state().moves(id, Place::Leaving);
        if self.queue.remove(key(id)).is_some() {
            self.state().exits(id, Exit::Removed);
        }
    }

    /// As the server stops.
    pub(crate) fn drain(&self) {
        self.state().clients.iter_mut().for_each(|client| client.place = Place::Leaving);
        self.queue.drain().into_iter().for_each(|id| self.state().exits(id, Exit::Drained));
    }
}

pub(crate) fn key(id: usize) -> u64 {
    u64::try_from(id).expect("there are two at most")
}

impl State {
    fn leap(&mut self, deadline: Instant) {
        if self.pace.leaps > 0 {
            self.pace.leaps -= 1;
            self.now = self.now.max(deadline + mem::take(&mut self.pace.late));
        }
    }

    fn moves(&mut self, id: usize, to: Place) -> Instant {
        let client = &mut self.clients[id];
        if to == Place::Moving {
            client.spoke = self.now;
        }
        if client.place != Place::Leaving {
            client.place = to;
        }
        self.now
    }

    /// The client was heard when the clock said `told`; what comes next takes a tick.
    fn hears(&mut self, id: usize, told: Instant) {
        self.clients[id].heard = told;
        self.moves(id, Place::Settled(self.now));
        self.now += TICK;
    }

    fn exits(&mut self, id: usize, exit: Exit) {
        self.clients[id].place = Place::Leaving;
        self.clients[id].exits.push(exit);
    }

    fn check_sleep(&self, deadline: Instant) {
        for client in &self.clients {
            if let Place::Settled(time) = client.place {
                let due = time + TIMEOUT;
                assert!(deadline <= due.max(self.woke), "it sleeps too long");
            }
        }
    }

    pub(crate) fn check_exits(&self) {
        for Client { heard, spoke, exits, .. } in &self.clients {
            let [exit] = exits[..] else { panic!("each client leaves once, not {exits:?}") };
            if let Exit::Evicted { at, silent } = exit {
                assert!(at >= *heard + TIMEOUT, "a touch was lost");
                assert!(silent >= TIMEOUT && silent <= at - *heard, "a wrong silence");
                assert!(*spoke == *heard || *spoke >= *heard + TIMEOUT, "it had spoken in time");
            }
        }
    }
}
