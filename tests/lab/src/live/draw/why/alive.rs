//! What is known of a client that has not ended.

use std::time::Duration;

use common::words::Count;

use super::{Why, known::Known};
use crate::{
    event::Role,
    live::{
        draw::text::{bytes, short},
        input::TimerKind,
        world::{
            World,
            client::{Client, State},
            server::ServerState,
        },
    },
};

pub(super) fn connecting(client: &Client) -> Why {
    let name = &client.name;
    if client.heard.is_none() {
        return Why::new(
            format!("{name} was started, and has no connection yet."),
            &["client/src/connect.rs", "client/src/session.rs"],
        );
    }
    Why::new(
        format!(
            "{name} has lost its connection, and its session goes on: it connects again, and then \
             sends again what has not come back."
        ),
        &["client/src/session.rs", "client/src/servers.rs", "client/src/unanswered.rs"],
    )
}

/// A client with a connection, which may be stopped.
pub(super) fn why(world: &World, client: &Client, now: Duration) -> Why {
    let known = Known { world, client, now };
    let told = [
        known.backlog(),
        known.server_ended(),
        known.server_stopped(),
        known.client_stopped(),
        known.dropped(),
        known.cut(),
        known.deaf(),
    ];
    told.into_iter().flatten().next().unwrap_or_else(|| known.up())
}

impl Known<'_> {
    fn backlog(&self) -> Option<Why> {
        self.socket(Role::Server)?.waits_in_backlog().then(|| {
            Why::new(
                format!(
                    "The server's kernel has made the connection of {0}, and keeps it until the \
                     server calls accept(2). So far {0} is in no queue, and no timeout runs for it.",
                    self.client.name
                ),
                &["server/src/listen.rs", "server/src/server.rs"],
            )
        })
    }

    fn server_ended(&self) -> Option<Why> {
        (self.world.server.state == ServerState::Ended).then(|| {
            Why::new(
                format!(
                    "The server has ended, and its kernel ends the streams that it left open. {} \
                     reads that end; if it never comes, {}.",
                    self.client.name,
                    self.verdict()
                ),
                &["client/src/receive.rs", "client/src/ending.rs"],
            )
        })
    }

    fn server_stopped(&self) -> Option<Why> {
        if self.world.server.state != ServerState::Stopped {
            return None;
        }
        let state = match self.world.cut {
            None => {
                "The server is stopped, but its kernel goes on and acknowledges, so TCP keepalive \
                 notices nothing."
            }
            Some(_) => "The server is stopped and the line is cut, so nothing at all comes back.",
        };
        let name = &self.client.name;
        let own = match self.client.rule() {
            _ if self.client.state == State::Stopped => {
                format!("{name} is stopped, too, and its rule stands still")
            }
            None if self.world.cut.is_none() && self.client.has_rule() => {
                format!("{name} has keepalive alone, so it does not notice either")
            }
            _ => format!("No byte comes to {name}, so {}", self.verdict()),
        };
        Some(Why::new(
            format!("{state} {own}."),
            &["client/src/liveness.rs", "server/src/reaper.rs", "common/src/diagnosis.rs"],
        ))
    }

    fn client_stopped(&self) -> Option<Why> {
        let kernel = match self.world.cut {
            Some(_) => "",
            None => ", while its kernel goes on and answers keepalive's probes",
        };
        (self.client.state == State::Stopped).then(|| {
            Why::new(
                format!(
                    "{} is stopped and sends no heartbeat{kernel}. {}.",
                    self.client.name,
                    self.eviction()
                ),
                &["server/src/timeout_queue.rs", "server/src/reaper.rs"],
            )
        })
    }

    /// The server has ended the connection, and the client does not know it.
    fn dropped(&self) -> Option<Why> {
        let is_running = self.world.server.state == ServerState::Running;
        (is_running && self.client.conn.is_none()).then(|| {
            Why::new(
                format!(
                    "The server holds no connection of {0} now, and {0} has not read the end of \
                     its stream yet. If that end is lost, {1}.",
                    self.client.name,
                    self.verdict()
                ),
                &["server/src/reaper.rs", "client/src/liveness.rs"],
            )
        })
    }

    fn cut(&self) -> Option<Why> {
        self.world.cut?;
        let client = self.socket(Role::Client);
        let waiting = client.filter(|socket| socket.unacked > 0);
        let (name, verdict, eviction) = (&self.client.name, self.verdict(), self.eviction());
        let Some(socket) = waiting else {
            return Some(Why::new(
                format!(
                    "The line is cut, and nobody tells {name} or the server. If it stays cut, \
                     {verdict}. {eviction}."
                ),
                &["client/src/liveness.rs", "server/src/reaper.rs", "common/src/detect.rs"],
            ));
        };
        let next = self.fires(socket, TimerKind::Retransmit);
        let next = next.map_or_else(String::new, |left| format!(" in {}", short(left)));
        Some(Why::new(
            format!(
                "The line is cut, and {} of {name} wait for an acknowledgement: its kernel sends \
                 them again{next}, and meanwhile TCP keepalive is silent. If it stays cut, \
                 {verdict}. {eviction}.",
                bytes(socket.unacked)
            ),
            &["common/src/detect.rs", "common/src/diagnosis.rs", "client/src/liveness.rs"],
        ))
    }

    fn deaf(&self) -> Option<Why> {
        let name = &self.client.name;
        let unread = bytes(self.socket(Role::Client).map_or(0, |socket| socket.unread));
        let server = self.socket(Role::Server);
        let asking = server.filter(|socket| self.fires(socket, TimerKind::WindowProbe).is_some());
        let text = match asking {
            Some(server) => format!(
                "{name} does not read: {unread} wait at its end, and its window is closed. The \
                 server still has {} for it, and its kernel asks for room with window probes.",
                bytes(server.unacked)
            ),
            None if self.client.is_deaf => format!(
                "Nobody reads the output of {name}, so it will stop reading, too. Its window is \
                 still open, and {unread} wait at its end."
            ),
            None => return None,
        };
        Some(Why::new(
            text,
            &["server/src/connection.rs", "server/src/conversation.rs", "common/src/diagnosis.rs"],
        ))
    }

    /// No fault is known.
    fn up(&self) -> Why {
        let (name, eviction) = (&self.client.name, self.eviction());
        let Some(progress) = self.client.progress(self.now) else {
            return Why::new(
                format!(
                    "{name} has keepalive alone: when the connection has been idle, its kernel asks the \
                     server's kernel, and no program takes part. {eviction}."
                ),
                &["common/src/detect.rs", "docs/detection.md"],
            );
        };
        if progress.sent > 0 {
            return Why::new(
                format!(
                    "{name} has sent {} into a silence of {}, and no byte has come back. If none \
                     comes, {}.",
                    Count(progress.sent.into(), "heartbeat"),
                    short(progress.silent),
                    self.verdict()
                ),
                &["client/src/heartbeat.rs", "client/src/liveness.rs"],
            );
        }
        Why::new(
            format!(
                "{name} is well: a byte came {} ago, and {name} asks for another one in {}. \
                 {eviction}.",
                short(progress.silent),
                short(progress.left)
            ),
            &["client/src/liveness.rs", "server/src/timeout_queue.rs", "server/src/reaper.rs"],
        )
    }
}
