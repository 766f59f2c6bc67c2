//! A world that is built from inputs, and its screen as text.

use std::time::Duration;

use lab::{
    event::Role,
    live::{
        draw::{Characters, Look, Moment, draw},
        input::{
            Deed, Input, Key, Process, Sample, Segment, Socket, Start, Timer, TimerKind, What, Who,
        },
        world::World,
    },
};
use ratatui::{Terminal, backend::TestBackend, buffer::Buffer};
use serde_json::json;
use tests::event::Event;

pub(crate) const LIVE: Look = Look { characters: Characters::Unicode, moment: Moment::Live };

pub(crate) struct Stage {
    pub(crate) world: World,
    sample: Sample,
}

pub(crate) fn start(settings: &[&str]) -> Start {
    Start {
        settings: settings.iter().map(ToString::to_string).collect(),
        server: "127.0.0.1:40123".to_owned(),
        join: "lab client --of 4700".to_owned(),
        no_network: None,
        no_diag: None,
        no_tap: None,
        columns: 80,
        rows: 24,
    }
}

/// A rule with which the verdict is due after 6 seconds.
pub(crate) const SHORT: &[&str] =
    &["--idle", "3s", "--retry-interval", "1s", "--retries", "2", "--timeout", "10s"];

impl Stage {
    /// A server that listens, with pid 4711.
    pub(crate) fn new(start: Start) -> Self {
        let world = World::new(start).expect("the settings are right");
        let mut stage = Self { world, sample: Sample::default() };
        stage.take(0.0, What::Spawned { who: Who::Server, pid: 4711, flags: Vec::new() });
        stage.server(0.1, "listening", json!({}));
        stage
    }

    pub(crate) fn take(&mut self, at: f64, what: What) {
        self.world.take(&Input { at: Duration::from_secs_f64(at), what });
    }

    pub(crate) fn server(&mut self, at: f64, event: &str, fields: serde_json::Value) {
        self.log(at, Who::Server, event, fields);
    }

    pub(crate) fn client(&mut self, at: f64, name: &str, event: &str, fields: serde_json::Value) {
        self.log(at, Who::Client(name.to_owned()), event, fields);
    }

    fn log(&mut self, at: f64, who: Who, event: &str, mut fields: serde_json::Value) {
        fields["event"] = event.into();
        let event = Event::parse(&fields.to_string()).expect("it is an event");
        self.take(at, What::Logged { who, event });
    }

    /// A client of the lab starts and connects. The server numbers the connection, whose port is
    /// 40000 and this number.
    pub(crate) fn connect(&mut self, at: f64, name: &str, conn: u16) {
        let pid = 5000 + u32::from(conn);
        self.take(at, What::Spawned { who: Who::Client(name.to_owned()), pid, flags: Vec::new() });
        self.client(at, name, "connected", json!({}));
        self.accept(at, conn);
        self.join(at, pid, conn);
    }

    /// A client of the lab connects, and the server does not accept it.
    pub(crate) fn connect_unaccepted(&mut self, at: f64, name: &str, conn: u16) {
        let pid = 5000 + u32::from(conn);
        self.take(at, What::Spawned { who: Who::Client(name.to_owned()), pid, flags: Vec::new() });
        self.client(at, name, "connected", json!({}));
        self.join(at, pid, conn);
        let end = self.socket(Role::Server, conn).expect("it was joined");
        (end.accepted, end.pid) = (false, None);
        self.kernel(at);
    }

    /// The server takes a connection.
    pub(crate) fn accept(&mut self, at: f64, conn: u16) {
        let peer = format!("127.0.0.1:{}", 40000 + conn);
        self.server(at, "connected", json!({"conn": conn, "peer": peer}));
        self.server(at, "queued", json!({"conn": conn, "heard_us": micros(at)}));
        if let Some(socket) = self.socket(Role::Server, conn) {
            (socket.accepted, socket.pid) = (true, Some(4711));
        }
    }

    /// The kernel shows a connection, whose client's end this process holds.
    pub(crate) fn join(&mut self, at: f64, pid: u32, conn: u16) {
        let mut client = socket(Role::Client, conn, pid);
        client.data_came_s = Some(at);
        self.sample.sockets.extend([client, socket(Role::Server, conn, 4711)]);
        self.sample.processes.push(Process {
            pid,
            program: "client".to_owned(),
            stopped: false,
            flags: Vec::new(),
        });
        self.kernel(at);
    }

    /// A byte of this connection came to both ends.
    pub(crate) fn heard(&mut self, at: f64, conn: u16) {
        self.server(at, "touched", json!({"conn": conn, "heard_us": micros(at)}));
        for end in [Role::Client, Role::Server] {
            let socket = self.socket(end, conn).expect("the connection is there");
            (socket.data_came_s, socket.ack_came_s) = (Some(at), Some(at));
        }
        self.kernel(at);
    }

    pub(crate) fn socket(&mut self, end: Role, conn: u16) -> Option<&mut Socket> {
        let is_it = |socket: &&mut Socket| socket.end == end && socket.port == 40000 + conn;
        self.sample.sockets.iter_mut().find(is_it)
    }

    /// The kernel is looked at.
    pub(crate) fn kernel(&mut self, at: f64) {
        self.take(at, What::Kernel(self.sample.clone()));
    }

    pub(crate) fn done(&mut self, at: f64, deed: Deed) {
        let (who, stopped) = match &deed {
            Deed::Stop { who } => (Some(who), true),
            Deed::Continue { who } => (Some(who), false),
            _ => (None, false),
        };
        let client =
            self.world.clients.iter().find(|client| who == Some(&Who::Client(client.name.clone())));
        let pid = client.and_then(|client| client.pid);
        let process = self.sample.processes.iter_mut().find(|it| Some(it.pid) == pid);
        if let Some(process) = process {
            process.stopped = stopped;
        }
        self.take(at, What::Begun { deed: deed.clone() });
        self.take(at, What::Done { deed });
    }

    pub(crate) fn keys(&mut self, at: f64, keys: &[Key]) {
        for key in keys {
            self.take(at, What::Key { key: *key });
        }
    }

    /// A segment with this text.
    pub(crate) fn segment(
        &mut self,
        at: f64,
        conn: u16,
        from: Role,
        [seq, ack]: [u32; 2],
        text: &str,
    ) {
        self.take(at, What::Segment(segment(conn, from, [seq, ack], text)));
    }

    pub(crate) fn text(&self, now: f64, look: Look, columns: u16, rows: u16) -> String {
        text(&self.buffer(now, look, columns, rows))
    }

    pub(crate) fn buffer(&self, now: f64, look: Look, columns: u16, rows: u16) -> Buffer {
        buffer(&self.world, now, look, columns, rows)
    }
}

pub(crate) fn buffer(world: &World, now: f64, look: Look, columns: u16, rows: u16) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("it has a size");
    let now = Duration::from_secs_f64(now);
    terminal.draw(|frame| draw(world, now, look, frame)).expect("a buffer takes everything");
    terminal.backend().buffer().clone()
}

/// The rows of the buffer, without blanks at their ends.
pub(crate) fn text(buffer: &Buffer) -> String {
    let rows = buffer.content.chunks(buffer.area.width.into());
    let row = |cells: &[ratatui::buffer::Cell]| {
        let mut row = String::new();
        let mut covered = 0;
        for cell in cells {
            if covered == 0 {
                row.push_str(cell.symbol());
                covered = textwrap::core::display_width(cell.symbol()).max(1);
            }
            covered -= 1;
        }
        row.trim_end().to_owned() + "\n"
    };
    rows.map(row).collect()
}

pub(crate) fn segment(conn: u16, from: Role, [seq, ack]: [u32; 2], text: &str) -> Segment {
    Segment {
        from,
        port: 40000 + conn,
        seq,
        ack,
        len: u32::try_from(text.len()).expect("a short text"),
        text: text.to_owned(),
        syn: false,
        fin: false,
        rst: false,
    }
}

pub(crate) fn timer(kind: TimerKind, fires_s: f64) -> Timer {
    Timer { kind, fires_s }
}

fn socket(end: Role, conn: u16, pid: u32) -> Socket {
    Socket { pid: Some(pid), window: Some(65_536), ..Socket::new(end, 40000 + conn) }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a time of a test")]
fn micros(at: f64) -> u64 {
    (at * 1e6).round() as u64
}
