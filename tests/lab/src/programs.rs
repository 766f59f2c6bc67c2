//! The real server and the real client as processes: started with given settings, watched, and
//! broken.

mod start;

use std::{
    io,
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use tests::{
    DEADLINE,
    namespace::{Loopback, set_loopback},
    program::Program,
};

use self::start::Starter;
use crate::{
    event::{Event, Role},
    observe::{LastWords, Observation, Observer, Seen},
    processes,
    relay::Relay,
    scene::{Outage, Plan, pause},
    settings::Settings,
    view::View,
};

/// What the lab does to the programs, or to the line between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Kill(Role),
    Stop(Role),
    /// Both ends receive a reset.
    Reset,
    /// From now on nothing passes.
    Cut,
    /// From now on everything passes again.
    Mend,
    /// The server that was killed is started again at the same address.
    Restart,
}

/// Observations closer to each other than this are taken as one moment: a line of a log may be
/// read so much later than what followed from it.
const MOMENT: Duration = Duration::from_millis(50);

/// The longest moment, however much happens.
const LONGEST_MOMENT: Duration = Duration::from_millis(500);

pub struct Programs<'a> {
    /// The first one is the one that the client is connected to at the start.
    servers: Vec<Program>,
    client: Program,
    /// Clients to which nothing is done.
    others: Vec<Program>,
    relay: Option<Relay>,
    starter: Starter,
    pub watch: Watch<'a>,
}

/// What is seen of the programs, and where it is shown.
pub struct Watch<'a> {
    observations: Receiver<Observation>,
    pub observer: Observer,
    show: &'a mut dyn FnMut(&Event),
    shown: usize,
}

impl<'a> Programs<'a> {
    /// Starts the programs of a scene, and calls `show` with each event as it happens. Nobody reads
    /// the client's output, except where the client is to come back.
    pub fn start(
        plan: Plan,
        settings: &Settings,
        show: &'a mut dyn FnMut(&Event),
    ) -> io::Result<Self> {
        let view = plan.view();
        let (sender, observations) = mpsc::channel();
        let observer = Observer::new(view, settings.detect.uses_heartbeat());
        let mut watch = Watch { observations, observer, show, shown: 0 };
        let starter = Starter::new(plan, settings, sender.clone());
        let failed = |what: &str, words: Option<&LastWords>| {
            io::Error::other(format!("{what}: {}", words.map_or("", |words| &words.text)))
        };

        let count = plan.outage().map_or(1, Outage::servers);
        let mut servers = Vec::new();
        while servers.len() < count {
            servers.push(starter.server("127.0.0.1:0")?);
            let listen = servers.len();
            watch.follow(DEADLINE, |observer| {
                observer.addresses.len() == listen || observer.server.is_some()
            });
            if watch.observer.addresses.len() != listen {
                return Err(failed("the server does not listen", watch.observer.server.as_ref()));
            }
        }

        let passed = move |from, content| {
            let seen = Seen::Passed(from, content);
            let _ = sender.send(Observation { at: Instant::now(), seen });
        };
        let mut addresses = watch.observer.addresses.clone();
        let is_relayed = view == View::Relayed;
        let relay = is_relayed.then(|| Relay::start(&addresses[0], passed)).transpose()?;
        if let Some(relay) = &relay {
            addresses = vec![relay.address.clone()];
        }
        let (mut client, mut others) = (None, Vec::new());
        for number in 1..=view.clients() {
            let program = starter.client(&addresses)?;
            if number == view.broken() {
                client = Some(program);
            } else {
                others.push(program);
            }
            let is_connected = |observer: &Observer| observer.connected == 2 * number;
            watch.follow(DEADLINE, |it| is_connected(it) || it.client.is_some());
            if !is_connected(&watch.observer) {
                return Err(failed("the client does not connect", watch.observer.client.as_ref()));
            }
            if view.clients() > 1 {
                watch.follow(pause(settings), |_| false); // so that their heartbeats come in turn
            }
        }
        let client = client.expect("the lab breaks one of the clients");
        Ok(Self { servers, client, others, relay, starter, watch })
    }

    /// Does something, and tells of it.
    pub fn act(&mut self, deed: Deed, text: &str) -> io::Result<()> {
        self.watch.observer.deed(text);
        self.watch.show();
        let server = &self.servers[0];
        let program = |role| if role == Role::Client { &self.client } else { server };
        match deed {
            Deed::Kill(role) => {
                self.watch.observer.killed = Some(role);
                program(role).signal(Signal::SIGKILL)?;
            }
            Deed::Stop(role) => {
                self.watch.observer.stopped = Some(role);
                program(role).pause()?;
            }
            Deed::Reset => self.relay.take().into_iter().for_each(Relay::reset),
            Deed::Cut => {
                self.watch.observer.is_cut = true;
                set_loopback(Loopback::Down);
            }
            Deed::Mend => {
                self.watch.observer.is_cut = false;
                set_loopback(Loopback::Up);
            }
            Deed::Restart => self.restart()?,
        }
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        let killed = self.servers.remove(0);
        let id = killed.pid();
        drop(killed); // it has ended after this
        processes::forget(id);
        let again = self.starter.server(&self.watch.observer.addresses[0])?;
        self.servers.insert(0, again);
        Ok(())
    }

    /// Types a line into the client. A client that has just ended does not take it.
    pub fn type_in(&mut self, line: &str) {
        self.watch.observer.typed(line);
        let _ = self.client.type_in(line);
        self.watch.show();
    }

    /// From now on types without a pause, for as long as the client takes it, and tells of it.
    pub fn flood(&mut self, text: &str) -> io::Result<()> {
        self.watch.observer.deed(text);
        self.watch.show();
        let line = [&b"read this, ".repeat(3000)[..], b"and this\n"].concat();
        self.client.flood(line.leak()).map(drop)
    }

    /// Kills the programs, and returns what was observed.
    pub fn end(self) -> Observer {
        if self.watch.observer.is_cut {
            set_loopback(Loopback::Up);
        }
        for program in self.servers.into_iter().chain([self.client]).chain(self.others) {
            let id = program.pid();
            drop(program);
            processes::forget(id);
        }
        self.watch.observer
    }
}

impl Watch<'_> {
    /// Follows what happens until `is_enough`, for `limit` at most.
    pub fn follow(&mut self, limit: Duration, mut is_enough: impl FnMut(&Observer) -> bool) {
        let end = Instant::now() + limit;
        while !is_enough(&self.observer) {
            let left = end.saturating_duration_since(Instant::now());
            let Ok(first) = self.observations.recv_timeout(left) else { return };
            let longest = first.at + LONGEST_MOMENT;
            let mut moment = vec![first];
            while Instant::now() < longest {
                let Ok(next) = self.observations.recv_timeout(MOMENT) else { break };
                moment.push(next);
            }
            self.observer.take(moment);
            self.show();
        }
    }

    fn show(&mut self) {
        for event in &self.observer.events[self.shown..] {
            (self.show)(event);
        }
        self.shown = self.observer.events.len();
    }
}
