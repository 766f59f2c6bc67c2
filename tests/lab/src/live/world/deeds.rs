//! What the lab does, as the world takes it.

use std::time::Duration;

use super::{
    World,
    client::State,
    server::ServerState,
    story::{Kind, words},
    wire::Fate,
};
use crate::{
    event::Role,
    live::input::{Deed, Who},
};

impl World {
    /// The lab begins to carry out a deed. What is told of it from now on may follow from it.
    pub(super) fn begun(&mut self, at: Duration, deed: &Deed) {
        self.story.tell(at, Kind::Deed, words(deed));
        match deed {
            Deed::Kill { who: Who::Server } => self.server.is_killed = true,
            Deed::Kill { who: Who::Client(name) } => {
                self.client_mut(name).into_iter().for_each(|client| client.is_killed = true);
            }
            Deed::Fresh { .. } => {
                self.server.is_killed = true;
                self.clients.retain(|client| !client.is_ours);
                self.named = 0;
                self.cases.clear();
                self.view.question = None;
            }
            _ => {}
        }
        self.open_case(at, deed);
    }

    pub(super) fn done(&mut self, at: Duration, deed: &Deed) {
        match deed {
            Deed::Add { client, .. } => self.view.chosen = Some(client.clone()),
            Deed::Type { client, line } => self.typed(at, client, line),
            Deed::Stop { who } => self.set_stopped(who, true),
            Deed::Continue { who } => self.set_stopped(who, false),
            Deed::Deafen { client } => self.set_deaf(client, true),
            Deed::Undeafen { client } => self.set_deaf(client, false),
            Deed::Cut => self.cut = Some(at),
            Deed::Mend | Deed::Fresh { .. } => self.cut = None,
            Deed::Kill { .. } | Deed::Restart | Deed::Reset { .. } => {}
        }
        self.close_undone(at, deed);
    }

    pub(super) fn failed(&mut self, at: Duration, deed: &Deed, why: &str) {
        self.story.tell(at, Kind::Trouble, format!("that failed: {why}"));
        self.drop_cases(|case| case.deed == *deed);
    }

    fn typed(&mut self, at: Duration, name: &str, line: &str) {
        let (is_cut, no_tap) = (self.cut.is_some(), self.start.no_tap.is_some());
        let Some(client) = self.client_mut(name) else { return };
        // A program that is stopped or has no connection keeps what is typed.
        let sends = client.state == State::Running && client.conn.is_some() && !client.is_deaf;
        if let Some(port) = client.port().filter(|_| sends && (is_cut || no_tap)) {
            let fate = if is_cut { Fate::Lost } else { Fate::Arrived };
            self.wire.told(at, port, Role::Client, format!("{line}\n").as_bytes(), fate);
        }
    }

    fn set_deaf(&mut self, name: &str, is_deaf: bool) {
        if let Some(client) = self.client_mut(name) {
            client.is_deaf = is_deaf;
        }
    }

    pub(super) fn set_stopped(&mut self, who: &Who, is_stopped: bool) {
        match who {
            Who::Server => self.server.set_stopped(is_stopped),
            Who::Client(name) => {
                if let Some(client) = self.client_mut(name) {
                    client.set_stopped(is_stopped);
                }
            }
        }
    }

    /// Whether something is broken already that concerns this client's connection.
    pub(super) fn is_broken(&self, name: &str) -> bool {
        let client = self.clients.iter().find(|client| client.name == name);
        let client = client.is_some_and(|it| it.state == State::Stopped || it.is_deaf);
        client || self.cut.is_some() || self.server.state == ServerState::Stopped
    }
}
