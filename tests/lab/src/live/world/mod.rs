//! The world: what is known of the server, its queue, the clients, the line and the kernel. It
//! takes inputs, and knows no terminal, no socket and no clock.

pub mod case;
mod cases;
pub mod client;
mod deeds;
pub mod keys;
mod logged;
mod programs;
pub mod queue;
mod sampled;
pub mod server;
pub mod story;
pub mod wire;

use std::{collections::BTreeMap, time::Duration};

use common::wire::HEARTBEAT;

use self::{
    case::Case,
    client::Client,
    keys::{Mode, View, Wish},
    queue::Queue,
    server::{Server, ServerState},
    story::{Kind, Story},
    wire::Wire,
};
use super::input::{Input, Sample, Segment, Sight, Socket, Start, What, Who};
use crate::{
    event::Role,
    settings::{Settings, live_default, partition, replaced},
};

#[derive(Clone)]
pub struct World {
    pub start: Start,
    /// What both programs are set to now.
    pub settings: Settings,
    pub server: Server,
    pub queue: Queue,
    pub clients: Vec<Client>,
    /// Since when the line is cut.
    pub cut: Option<Duration>,
    /// The kernel's side of all connections.
    pub kernel: Sample,
    /// Why the kernel's side is old, if the last look at it failed.
    pub kernel_is_old: Option<String>,
    pub wire: Wire,
    pub story: Story,
    /// The faults that nobody has noticed yet.
    pub cases: Vec<Case>,
    pub view: View,
    pub columns: u16,
    pub rows: u16,
    /// The ports of the connections that the server holds, by its own numbers.
    ports: BTreeMap<u64, u16>,
    /// How many clients the lab has named.
    named: usize,
}

impl World {
    /// The world at the start.
    ///
    /// # Errors
    /// When the flags in `start` are not valid settings.
    pub fn new(start: Start) -> Result<Self, String> {
        let settings = settings(&start.settings, &[])?;
        let (columns, rows) = (start.columns, start.rows);
        Ok(Self {
            start,
            settings,
            server: Server::new(None, ServerState::Starting),
            queue: Queue::new(settings.timeout()),
            clients: Vec::new(),
            cut: None,
            kernel: Sample::default(),
            kernel_is_old: None,
            wire: Wire::default(),
            story: Story::default(),
            cases: Vec::new(),
            view: View::default(),
            columns,
            rows,
            ports: BTreeMap::new(),
            named: 0,
        })
    }

    /// Takes an input. A key may ask for something.
    pub fn take(&mut self, input: &Input) -> Option<Wish> {
        let at = input.at;
        self.forget_ended(at);
        match &input.what {
            What::Started(_) => {}
            What::Spawned { who, pid, flags } => self.spawned(at, who, *pid, flags),
            What::Logged { who: Who::Server, event } => self.server_logged(at, event),
            What::Logged { who: Who::Client(name), event } => self.client_logged(at, name, event),
            What::Complained { who, line } => {
                self.story.tell(at, Kind::Trouble, format!("{who}: {line}"));
            }
            What::Printed { client, line } => self.printed(at, client, line),
            What::Exited { who } => self.exited(at, who),
            What::Begun { deed } => self.begun(at, deed),
            What::Done { deed } => self.done(at, deed),
            What::Failed { deed, why } => self.failed(at, deed, why),
            What::Kernel(sample) => {
                self.kernel_is_old = None;
                self.sampled(at, sample);
            }
            What::Blind { sight: Sight::Kernel, why } => self.kernel_is_old = Some(why.clone()),
            What::Blind { sight: Sight::Wire, why } => self.start.no_tap = Some(why.clone()),
            What::Segment(segment) => self.passed(at, segment),
            What::Key { key } => return self.key(*key),
            What::Chosen { client } => self.view.chosen = Some(client.clone()),
            What::Resized { columns, rows } => (self.columns, self.rows) = (*columns, *rows),
            What::LeftOut { count } => {
                let text = format!("too much came at once to show it: {count} moves are left out");
                self.story.tell(at, Kind::Trouble, text);
            }
            What::Said { text } => self.story.tell(at, Kind::Told, text),
            What::Playing { title } => self.view.playing.clone_from(title),
            What::ScriptFailed { why } => {
                self.story.tell(at, Kind::Trouble, format!("not as expected: {why}"));
                self.view.playing = None;
            }
            What::Noticed { text } => self.view.done = Some(text.clone()),
        }
        None
    }

    /// The chosen client: the one that was chosen, or the first.
    pub fn chosen(&self) -> Option<&Client> {
        self.clients.get(self.chosen_index())
    }

    fn chosen_index(&self) -> usize {
        let chosen = self.view.chosen.as_deref();
        self.clients.iter().position(|client| Some(&*client.name) == chosen).unwrap_or(0)
    }

    /// The client of a connection that the server has numbered.
    pub fn client_of(&self, conn: u64) -> Option<&Client> {
        self.clients.iter().find(|client| client.conn == Some(conn))
    }

    /// One end of a connection, as the kernel sees it.
    pub fn socket(&self, end: Role, port: u16) -> Option<&Socket> {
        self.kernel.sockets.iter().find(|socket| socket.end == end && socket.port == port)
    }

    /// A name for the next client of the lab.
    pub fn next_name(&self) -> String {
        format!("c{}", self.named.saturating_add(1))
    }

    fn client_mut(&mut self, name: &str) -> Option<&mut Client> {
        self.clients.iter_mut().find(|client| client.name == name)
    }

    /// Forgets the clients that ended long ago, and what passed on their connections.
    fn forget_ended(&mut self, now: Duration) {
        let before = self.clients.len();
        self.clients.retain(|client| client.is_shown(now));
        if self.clients.len() == before && !self.wire.is_full() {
            return;
        }
        let (clients, kernel) = (&self.clients, &self.kernel);
        self.wire.retain(|port| {
            let has_port = |client: &Client| client.ports.contains(&port);
            clients.iter().any(has_port) || kernel.sockets.iter().any(|it| it.port == port)
        });
        self.cases.retain(|case| clients.iter().any(|client| client.name == case.client));
        let is_chosen = |client: &Client| Some(&client.name) == self.view.chosen.as_ref();
        if matches!(self.view.mode, Mode::Typing(_)) && !clients.iter().any(is_chosen) {
            self.view.mode = Mode::Watching;
        }
    }

    fn passed(&mut self, at: Duration, segment: &Segment) {
        let sender = self.socket(segment.from, segment.port).cloned();
        self.wire.segment(at, segment, sender.as_ref());
        let holds = |client: &&mut Client| client.port() == Some(segment.port);
        let Some(client) = self.clients.iter_mut().find(holds) else { return };
        if segment.from == Role::Server && segment.len > 0 {
            client.heard(at);
        } else if !client.is_ours && segment.text.as_bytes() == HEARTBEAT {
            client.asked(at); // one of the lab's own says so in its log
        }
    }
}

/// The settings of these flags, and of more flags that may replace them. Flags that are no
/// settings are passed over.
fn settings(flags: &[String], more: &[String]) -> Result<Settings, String> {
    let [settings, _] = partition(&replaced(flags, more));
    Settings::parse(&settings, live_default).map_err(|error| error.to_string())
}
