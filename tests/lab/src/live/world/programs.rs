//! The programs' processes: they start, print and end.

use std::time::Duration;

use super::{
    World,
    client::Client,
    queue::Queue,
    server::{Server, ServerState},
    settings,
    story::Kind,
    wire::Fate,
};
use crate::{event::Role, live::input::Who, settings::Settings};

impl World {
    pub(super) fn spawned(&mut self, at: Duration, who: &Who, pid: u32, flags: &[String]) {
        match who {
            Who::Server => {
                self.settings = settings(&self.start.settings, flags).unwrap_or(self.settings);
                self.server = Server::new(Some(pid), ServerState::Starting);
                self.forget_queue();
            }
            Who::Client(name) => {
                let settings = self.settings_of(at, name, flags);
                let mut client = Client::new(name.clone(), true, settings);
                client.pid = Some(pid);
                let number = name.strip_prefix('c').and_then(|number| number.parse().ok());
                self.named = self.named.max(number.unwrap_or(0));
                self.clients.retain(|it| it.name != *name);
                self.clients.push(client);
            }
        }
    }

    /// The settings of a client that was started with these flags.
    pub(super) fn settings_of(&mut self, at: Duration, name: &str, flags: &[String]) -> Settings {
        settings(&self.settings.lab_arguments(), flags).unwrap_or_else(|_| {
            let text = format!("the flags of {name} are not understood; its rule may be another");
            self.story.tell(at, Kind::Trouble, text);
            self.settings
        })
    }

    pub(super) fn printed(&mut self, at: Duration, name: &str, line: &str) {
        let no_tap = self.start.no_tap.is_some();
        let Some(client) = self.client_mut(name) else { return };
        client.heard(at);
        let port = client.port();
        if let Some(port) = port.filter(|_| no_tap) {
            let line = format!("{line}\n");
            self.wire.told(at, port, Role::Server, line.as_bytes(), Fate::Arrived);
        }
    }

    pub(super) fn exited(&mut self, at: Duration, who: &Who) {
        match who {
            Who::Server => {
                if !self.server.is_killed {
                    let text = "the server has ended, and the lab did not end it";
                    self.story.tell(at, Kind::Trouble, text);
                }
                self.server = Server::new(None, ServerState::Ended);
                self.forget_queue();
            }
            Who::Client(name) => {
                let Some(client) = self.client_mut(name).filter(|client| !client.is_over()) else {
                    return;
                };
                let is_killed = client.is_killed;
                let why = if is_killed { "killed" } else { "gone without a word" };
                client.ended(at, why.to_owned());
                if !is_killed {
                    let text =
                        format!("{name} has ended without a word, and the lab did not end it");
                    self.story.tell(at, Kind::Trouble, text);
                }
            }
        }
    }

    fn forget_queue(&mut self) {
        self.queue = Queue::new(self.settings.timeout());
        self.ports.clear();
    }
}
