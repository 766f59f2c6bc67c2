//! What the programs did since the last deed, as far as a script can wait for it.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use tests::event::Event;

use crate::{
    event::Role,
    live::{
        input::{Input, What, Who},
        script::wanted::{EVICTIONS, NO_TIMER, Said, Wanted},
        world::World,
    },
};

/// Something that a program did.
#[derive(Debug, Clone)]
struct Fact {
    at: Duration,
    who: Who,
    what: &'static str,
    detail: String,
    /// Whether a line of the script has waited for it. Each fact answers one line.
    is_taken: bool,
}

#[derive(Debug, Default)]
pub(super) struct Facts {
    since_deed: Vec<Fact>,
    /// The clients of the server's connections, by the server's numbers. The world forgets a
    /// connection when it ends, and here it must still be known then.
    clients: BTreeMap<u64, String>,
    /// The connection of each client, as the world knew it after the last input.
    connections: HashMap<String, u64>,
    timers: HashMap<String, &'static str>,
}

impl Facts {
    /// A deed begins, and what was before it counts no more.
    pub(super) fn forget(&mut self) {
        self.since_deed.clear();
    }

    /// Takes the first fact that is wanted and that no other line has taken. Returns its moment.
    pub(super) fn take(&mut self, wanted: &Wanted) -> Option<Duration> {
        let fact = self
            .since_deed
            .iter_mut()
            .find(|fact| !fact.is_taken && wanted.is(&fact.who, fact.what, &fact.detail))?;
        fact.is_taken = true;
        Some(fact.at)
    }

    /// What this program did since the deed at `deed`, in words.
    pub(super) fn about(&self, who: &Who, deed: Duration) -> String {
        let of_who = self.since_deed.iter().filter(|fact| fact.who == *who);
        let told: Vec<_> = of_who
            .map(|Fact { at, what, detail, .. }| {
                let after = at.saturating_sub(deed).as_secs_f64();
                format!("{} after {after:.1}s", Said { what, detail })
            })
            .collect();
        if told.is_empty() { "nothing".to_owned() } else { told.join(", ") }
    }

    pub(super) fn saw(&mut self, input: &Input, world: &World) {
        let at = input.at;
        match &input.what {
            What::Spawned { who: Who::Server, .. } => self.clients.clear(), // it counts from 1
            What::Logged { who: Who::Server, event } => self.server_logged(at, event),
            What::Logged { who, event } => {
                if let Some(what) = client_word(event) {
                    self.add(at, who, what, event.reason());
                }
            }
            What::Printed { client, line } => {
                self.add(at, &Who::Client(client.clone()), "printed", line);
            }
            What::Exited { who } => self.add(at, who, "exited", ""),
            What::Kernel(_) => self.compare_timers(at, world),
            _ => {}
        }
        self.compare_connections(at, world);
    }

    fn server_logged(&mut self, at: Duration, event: &Event) {
        let client = event.u64("conn").and_then(|conn| self.clients.get(&conn)).cloned();
        match (event.name(), client.map(Who::Client)) {
            ("listening", _) => self.add(at, &Who::Server, "listening", ""),
            ("touched", Some(who)) => self.add(at, &who, "touched", ""),
            ("probe_sent", Some(who)) => self.add(at, &who, "probed", ""),
            ("ended", Some(who)) => {
                let is_eviction = EVICTIONS.contains(&event.reason());
                let what = if is_eviction { "evicted" } else { "server_ended" };
                self.add(at, &who, what, event.reason());
            }
            _ => {}
        }
    }

    /// A client has a connection that it had not: the server has accepted it.
    fn compare_connections(&mut self, at: Duration, world: &World) {
        for client in &world.clients {
            let Some(conn) = client.conn else {
                self.connections.remove(&client.name);
                continue;
            };
            if self.connections.insert(client.name.clone(), conn) != Some(conn) {
                self.clients.insert(conn, client.name.clone());
                self.add(at, &Who::Client(client.name.clone()), "accepted", "");
            }
        }
    }

    fn compare_timers(&mut self, at: Duration, world: &World) {
        for client in &world.clients {
            let socket = client.port().and_then(|port| world.socket(Role::Client, port));
            let Some(socket) = socket else { continue };
            let timer = socket.timer.map_or(NO_TIMER, |timer| timer.kind.name());
            if self.timers.insert(client.name.clone(), timer) != Some(timer) {
                self.add(at, &Who::Client(client.name.clone()), "timer", timer);
            }
        }
    }

    fn add(&mut self, at: Duration, who: &Who, what: &'static str, detail: &str) {
        let (who, detail) = (who.clone(), detail.to_owned());
        self.since_deed.push(Fact { at, who, what, detail, is_taken: false });
    }
}

/// The script's word for an event of a client's log.
fn client_word(event: &Event) -> Option<&'static str> {
    Some(match event.name() {
        "connected" => "connected",
        "heartbeat_sent" => "heartbeat",
        "heartbeat_answered" => "answered",
        "connection_ended" => "disconnected",
        "back" => "back",
        "ended" => "ended",
        _ => return None,
    })
}
