//! What the kernel tells, as the world takes it.

use std::time::Duration;

use super::{
    World,
    client::{Client, State},
    queue::Entry,
};
use crate::{
    event::Role,
    live::input::{Process, Sample, Socket},
};

/// A connection that was heard of so recently may not be in the sample yet.
const SETTLED: Duration = Duration::from_secs(1);

impl World {
    pub(super) fn sampled(&mut self, at: Duration, sample: &Sample) {
        self.kernel = sample.clone();
        let is_stopped = |pid: Option<u32>| {
            let process = sample.processes.iter().find(|process| Some(process.pid) == pid);
            process.map(|process| process.stopped)
        };
        if let Some(is_stopped) = is_stopped(self.server.pid) {
            self.server.set_stopped(is_stopped);
        }
        // The server has closed these, though the line of its log that says so may be lost.
        let is_open =
            |port: u16| sample.sockets.iter().any(|it| it.end == Role::Server && it.port == port);
        for Entry { conn, heard } in self.queue.entries() {
            let is_new = at.saturating_sub(heard) < SETTLED;
            if self.ports.get(&conn).is_some_and(|port| !is_open(*port)) && !is_new {
                self.queue.left(conn);
            }
        }
        let ends = || sample.sockets.iter().filter(|it| it.end == Role::Client);
        for client in self.clients.iter_mut().filter(|client| !client.is_ours) {
            let is_there = |it: &Socket| it.pid == client.pid && Some(it.port) == client.port();
            if !ends().any(is_there) {
                client.ended(at, "left".to_owned());
            }
        }
        for socket in ends() {
            let Some(pid) = socket.pid else { continue };
            let index = self.holder(socket.port, pid).unwrap_or_else(|| {
                self.joined(at, pid, sample.processes.iter().find(|it| it.pid == pid))
            });
            let conn = self.ports.iter().find(|(_, port)| **port == socket.port);
            let conn = conn.map(|(conn, _)| *conn);
            let client = &mut self.clients[index];
            client.connected(socket.port, conn);
            if let Some(Ok(came)) = socket.data_came_s.map(Duration::try_from_secs_f64) {
                client.heard(came);
            }
            if let Some(is_stopped) = is_stopped(Some(pid)) {
                client.set_stopped(is_stopped);
            }
        }
    }

    /// The client that holds this end of a connection: by the port, or by the process if that has
    /// got a new connection.
    fn holder(&self, port: u16, pid: u32) -> Option<usize> {
        let of_process = |client: &Client| client.pid == Some(pid);
        let is_gone = |client: &Client| client.is_ours || client.is_over();
        let by_port = |it: &Client| of_process(it) && it.port() == Some(port);
        let clients = &self.clients;
        clients
            .iter()
            .position(by_port)
            .or_else(|| clients.iter().position(|client| of_process(client) && is_gone(client)))
    }

    /// A client of another terminal has connected. Returns its place among the clients.
    fn joined(&mut self, at: Duration, pid: u32, process: Option<&Process>) -> usize {
        let is_free = |name: &String| !self.clients.iter().any(|client| client.name == *name);
        let names = (2..).map(|number| format!("ext{number}"));
        let name = ["ext".to_owned()].into_iter().chain(names).find(is_free);
        let name = name.expect("there is no end of numbers");
        let mut client = Client::new(name, false, self.settings);
        client.pid = Some(pid);
        if let Some(Process { program, flags, .. }) = process {
            client.program.clone_from(program);
            if client.has_rule() {
                client.settings = self.settings_of(at, &client.name, flags);
            }
        }
        self.clients.push(client);
        self.clients.len() - 1
    }
}

impl Client {
    /// The kernel shows its connection, which the server has numbered if it has accepted it.
    fn connected(&mut self, port: u16, conn: Option<u64>) {
        if self.port() != Some(port) {
            self.ports.retain(|known| *known != port);
            self.ports.push(port);
        }
        self.conn = conn;
        let is_back = !self.is_ours && self.is_over();
        if is_back || (self.state == State::Connecting && conn.is_some()) {
            self.state = State::Running;
        }
    }
}
