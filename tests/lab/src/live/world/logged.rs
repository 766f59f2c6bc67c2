//! What the programs log, as the world takes it.

use std::time::Duration;

use common::wire::{ACKNOWLEDGEMENT, HEARTBEAT};
use tests::event::Event;

use super::{World, server::ServerState, story::Kind, wire::Fate};
use crate::event::Role;

impl World {
    pub(super) fn server_logged(&mut self, at: Duration, event: &Event) {
        let conn = event.u64("conn");
        match (event.name(), conn) {
            ("listening", _) => self.server.state = ServerState::Running,
            ("connected", Some(conn)) => {
                let port = event.str("peer").and_then(|peer| peer.rsplit_once(':'));
                if let Some(port) = port.and_then(|(_, port)| port.parse().ok()) {
                    self.ports.insert(conn, port);
                    let holder = self.clients.iter_mut().find(|it| it.port() == Some(port));
                    if let Some(client) = holder {
                        client.conn = Some(conn);
                    }
                }
            }
            ("queued", Some(conn)) => {
                if let Some(stamp) = event.u64("heard_us") {
                    self.queue.queued(conn, stamp, at);
                }
            }
            ("touched", Some(conn)) => {
                if let Some(stamp) = event.u64("heard_us") {
                    self.queue.touched(conn, stamp, at);
                }
            }
            ("left", Some(conn)) => self.queue.left(conn),
            ("probe_sent", Some(conn)) => self.told(at, conn, HEARTBEAT),
            ("ended", Some(conn)) => self.server_ended(at, conn, event),
            ("refused" | "accept_failed" | "listener_failed" | "failed" | "lines_lost", _) => {
                self.story.tell(at, Kind::Trouble, format!("the server: {}", event.message()));
            }
            _ => {}
        }
    }

    /// The server has sent this on a connection, if the wire does not show it.
    fn told(&mut self, at: Duration, conn: u64, bytes: &[u8]) {
        let is_unseen = self.start.no_tap.is_some() || self.cut.is_some();
        if let Some(&port) = self.ports.get(&conn).filter(|_| is_unseen) {
            let fate = if self.cut.is_some() { Fate::Lost } else { Fate::Arrived };
            self.wire.told(at, port, Role::Server, bytes, fate);
        }
    }

    fn server_ended(&mut self, at: Duration, conn: u64, event: &Event) {
        self.queue.left(conn);
        self.ports.remove(&conn);
        let name = self.client_of(conn).map(|client| client.name.clone());
        let Some(name) = name else { return };
        let reason = event.reason();
        if reason != "server_stopped" {
            self.story.tell(at, Kind::Event, format!("the server ends {name}: {}", plain(event)));
            self.noticed(at, &name, Role::Server);
        }
        if let Some(client) = self.client_mut(&name) {
            client.conn = None;
            if !client.is_ours {
                client.ended(at, reason.replace('_', " "));
            }
        }
    }

    pub(super) fn client_logged(&mut self, at: Duration, name: &str, event: &Event) {
        let Some(client) = self.client_mut(name) else { return };
        client.logged(at, event);
        let port = client.port();
        let (is_cut, no_tap) = (self.cut.is_some(), self.start.no_tap.is_some());
        match event.name() {
            "heartbeat_sent" => {
                if let Some(port) = port.filter(|_| is_cut || no_tap) {
                    let fate = if is_cut { Fate::Lost } else { Fate::Arrived };
                    self.wire.told(at, port, Role::Client, HEARTBEAT, fate);
                }
            }
            "heartbeat_answered" => {
                if let Some(port) = port.filter(|_| no_tap) {
                    self.wire.told(at, port, Role::Server, ACKNOWLEDGEMENT, Fate::Arrived);
                }
            }
            "connection_ended" | "ended" | "failed" => {
                self.story.tell(at, Kind::Event, format!("{name}: {}", plain(event)));
                self.noticed(at, name, Role::Client);
            }
            "back" => self.story.tell(at, Kind::Event, format!("{name}: {}", event.message())),
            _ => {}
        }
    }
}

/// Of a sentence that is longer than this, what follows a colon is left out.
const LONGEST: usize = 80;

/// The first part of the program's own sentence, without the number of the connection in front of
/// it. What the kernel knew follows there; here it has a pane of its own.
fn plain(event: &Event) -> &str {
    let message = event.message();
    let said = match message.split_once(' ') {
        Some((first, rest)) if first.starts_with("conn-") => rest,
        _ => message,
    };
    let first = said.split(';').next().unwrap_or(said);
    if first.len() <= LONGEST {
        return first;
    }
    let parts = first.match_indices(": ").map(|(colon, _)| &first[..colon]);
    parts.take_while(|part| part.len() <= LONGEST).last().unwrap_or(first)
}
