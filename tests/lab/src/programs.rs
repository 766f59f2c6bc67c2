//! The real server and the real client as processes: started with given settings, watched, and
//! broken.

use std::{
    io,
    sync::mpsc::{self, Receiver},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use tests::{
    DEADLINE,
    binaries::json_command,
    log::Line,
    namespace::{Loopback, set_loopback},
    program::Program,
    tied::tied_to_us,
};

use crate::{
    event::{Event, Role},
    observe::{LastWords, Observation, Observer, Seen, Wire},
    processes,
    relay::Relay,
    settings::Settings,
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
}

/// Observations closer to each other than this are taken as one moment: a line of a log may be
/// read so much later than what followed from it.
const MOMENT: Duration = Duration::from_millis(50);

/// The longest moment, however much happens.
const LONGEST_MOMENT: Duration = Duration::from_millis(500);

pub struct Programs<'a> {
    server: Program,
    client: Program,
    relay: Option<Relay>,
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
    /// Starts both programs, connected by `wire`, and calls `show` with each event as it happens.
    /// Nobody reads the client's output.
    pub fn start(
        settings: &Settings,
        wire: Wire,
        show: &'a mut dyn FnMut(&Event),
    ) -> io::Result<Self> {
        let (sender, observations) = mpsc::channel();
        let observer = Observer::new(wire, settings.detect.uses_heartbeat());
        let mut watch = Watch { observations, observer, show, shown: 0 };

        let start = |role: Role, address: [&str; 2]| {
            let mut command = json_command(&role.to_string())?;
            command.args(address).args(settings.arguments(role));
            if role == Role::Server && wire != Wire::Flooded {
                command.arg("-v"); // its log has an event for each line of text
            }
            let sender = sender.clone();
            let watch = move |line: Option<&Line>| {
                let seen = line.map_or(Seen::Exited(role), |line| Seen::Logged(role, line.clone()));
                let _ = sender.send(Observation { at: Instant::now(), seen });
            };
            Program::start_watched(&mut tied_to_us(&command), watch).map(processes::registered)
        };
        let server = start(Role::Server, ["--listen", "127.0.0.1:0"])?;
        watch.follow(DEADLINE, |observer| observer.address.is_some() || observer.server.is_some());
        let failed = |what: &str, words: &Option<LastWords>| {
            let words = words.as_ref().map_or("", |words| &words.text);
            io::Error::other(format!("{what}: {words}"))
        };
        let address = watch.observer.address.clone();
        let address =
            address.ok_or_else(|| failed("the server does not listen", &watch.observer.server))?;

        let passed = sender.clone();
        let passed = move |from, content| {
            let seen = Seen::Passed(from, content);
            let _ = passed.send(Observation { at: Instant::now(), seen });
        };
        let relayed = (wire == Wire::Relayed).then(|| Relay::start(&address, passed));
        let relay = relayed.transpose()?;
        let address = relay.as_ref().map_or(&address, |relay| &relay.address);
        let client = start(Role::Client, ["--server", address])?;
        watch.follow(DEADLINE, |observer| observer.connected == 2 || observer.client.is_some());
        if watch.observer.connected != 2 {
            return Err(failed("the client does not connect", &watch.observer.client));
        }
        Ok(Self { server, client, relay, watch })
    }

    /// Does something, and tells of it.
    pub fn act(&mut self, deed: Deed, text: &str) -> io::Result<()> {
        self.watch.observer.deed(text);
        self.watch.show();
        let program = |role| if role == Role::Client { &self.client } else { &self.server };
        match deed {
            Deed::Kill(role) => {
                self.watch.observer.killed = Some(role);
                program(role).signal(Signal::SIGKILL)?;
            }
            Deed::Stop(role) => program(role).pause()?,
            Deed::Reset => self.relay.take().into_iter().for_each(Relay::reset),
            Deed::Cut => {
                self.watch.observer.is_cut = true;
                set_loopback(Loopback::Down);
            }
            Deed::Mend => {
                self.watch.observer.is_cut = false;
                set_loopback(Loopback::Up);
            }
        }
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

    /// Kills both programs, and returns what was observed.
    pub fn end(self) -> Observer {
        if self.watch.observer.is_cut {
            set_loopback(Loopback::Up);
        }
        drop((self.client, self.server));
        processes::forget();
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
