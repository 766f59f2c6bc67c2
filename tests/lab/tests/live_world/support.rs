//! A world that is told what happens.

use std::time::Duration;

use lab::{
    event::Role,
    live::{
        input::{Deed, Input, Key, Process, Sample, Segment, Socket, Start, What, Who},
        world::{World, keys::Wish},
    },
    settings::{Settings, live_default},
};
use serde_json::{Value, json};
use tests::event::Event;

/// The ports of the clients' ends are counted from this one.
pub(crate) const PORT: u16 = 40_000;

pub(crate) struct Story {
    pub(crate) world: World,
    at: Duration,
    sample: Sample,
}

/// A start in a private network, of which everything can be seen.
pub(crate) fn start() -> Start {
    let settings = Settings::parse(&[""; 0], live_default).expect("the defaults are settings");
    Start {
        settings: settings.lab_arguments(),
        server: "127.0.0.1:5005".to_owned(),
        join: "lab client".to_owned(),
        no_network: None,
        no_diag: None,
        no_tap: None,
        columns: 80,
        rows: 24,
    }
}

impl Story {
    /// A server that listens.
    pub(crate) fn new() -> Self {
        Self::from(start())
    }

    pub(crate) fn from(start: Start) -> Self {
        let world = World::new(start).expect("the start is one");
        let mut story = Self { world, at: Duration::ZERO, sample: Sample::default() };
        story.take(What::Spawned { who: Who::Server, pid: 4711, flags: Vec::new() });
        story.server(json!({ "event": "listening", "address": "127.0.0.1:5005" }));
        story
    }

    /// The next inputs come at this moment, in seconds.
    pub(crate) fn at(&mut self, seconds: f64) -> &mut Self {
        self.at = Duration::from_secs_f64(seconds);
        self
    }

    pub(crate) fn now(&self) -> Duration {
        self.at
    }

    pub(crate) fn take(&mut self, what: What) -> Option<Wish> {
        self.world.take(&Input { at: self.at, what })
    }

    pub(crate) fn server(&mut self, event: Value) {
        self.logged(Who::Server, event);
    }

    pub(crate) fn client(&mut self, name: &str, event: Value) {
        self.logged(Who::Client(name.to_owned()), event);
    }

    fn logged(&mut self, who: Who, event: Value) {
        let event: Event = serde_json::from_value(event).expect("this is an event");
        self.take(What::Logged { who, event });
    }

    pub(crate) fn done(&mut self, deed: Deed) {
        self.take(What::Begun { deed: deed.clone() });
        self.take(What::Done { deed });
    }

    pub(crate) fn key(&mut self, key: char) -> Option<Wish> {
        self.take(What::Key { key: Key::Char(key) })
    }

    /// The number `conn` connects as `c1`, `c2` and so on, at the port that belongs to it.
    pub(crate) fn connects(&mut self, conn: u16) {
        let name = format!("c{conn}");
        let pid = 5000 + u32::from(conn);
        let who = Who::Client(name.clone());
        self.take(What::Spawned { who, pid, flags: Vec::new() });
        self.done(Deed::Add { client: name.clone(), flags: Vec::new() });
        self.client(&name, json!({ "event": "connected", "address": "127.0.0.1:5005" }));
        self.joins(conn, pid);
    }

    /// A process connects as number `conn`: the server and the kernel tell of it.
    pub(crate) fn joins(&mut self, conn: u16, pid: u32) {
        let peer = format!("127.0.0.1:{}", PORT + conn);
        self.server(json!({ "event": "connected", "conn": conn, "peer": peer }));
        self.touched("queued", conn);
        self.sample.processes.push(Process {
            pid,
            program: "client".to_owned(),
            stopped: false,
            flags: Vec::new(),
        });
        for (end, pid) in [(Role::Client, pid), (Role::Server, 4711)] {
            self.sample.sockets.push(socket(end, PORT + conn, pid));
        }
        self.sampled();
    }

    /// The server says that this connection moved to the back, by the event of this name.
    pub(crate) fn touched(&mut self, event: &str, conn: u16) {
        let heard_us = u64::try_from(self.at.as_micros()).expect("it is soon");
        self.server(json!({ "event": event, "conn": conn, "heard_us": heard_us }));
    }

    /// The kernel tells of everything, after `change` has changed it.
    pub(crate) fn kernel(&mut self, change: impl FnOnce(&mut Sample)) {
        change(&mut self.sample);
        self.sampled();
    }

    fn sampled(&mut self) {
        self.take(What::Kernel(self.sample.clone()));
    }

    /// Bytes pass on connection `conn`.
    pub(crate) fn segment(&mut self, conn: u16, from: Role, seq: u32, text: &str) {
        self.take(What::Segment(segment(conn, from, seq, text)));
    }

    /// The last line of the story.
    pub(crate) fn last_line(&self) -> &str {
        self.world.story.lines().back().map_or("", |line| &line.text)
    }

    /// The names of the clients in the queue, from the front to the back.
    pub(crate) fn queue(&self) -> Vec<&str> {
        let entries = self.world.queue.entries().into_iter();
        entries.map(|it| self.world.client_of(it.conn).map_or("?", |it| &it.name)).collect()
    }
}

pub(crate) fn segment(conn: u16, from: Role, seq: u32, text: &str) -> Segment {
    Segment {
        from,
        port: PORT + conn,
        seq,
        ack: 0,
        len: u32::try_from(text.len()).expect("it is short"),
        text: text.to_owned(),
        syn: false,
        fin: false,
        rst: false,
    }
}

fn socket(end: Role, port: u16, pid: u32) -> Socket {
    Socket { pid: Some(pid), ..Socket::new(end, port) }
}
