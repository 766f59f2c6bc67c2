//! What the sentences about a client are made of.

use std::time::Duration;

use crate::{
    event::Role,
    live::{
        draw::text::short,
        input::{Socket, TimerKind},
        world::{
            World,
            client::{Client, Next, State},
        },
    },
};

/// A client that has not ended, in its world.
pub(super) struct Known<'a> {
    pub world: &'a World,
    pub client: &'a Client,
    pub now: Duration,
}

impl Known<'_> {
    pub(super) fn socket(&self, end: Role) -> Option<&Socket> {
        self.world.socket(end, self.client.port()?)
    }

    /// How soon this timer fires, if it is pending.
    pub(super) fn fires(&self, socket: &Socket, kind: TimerKind) -> Option<Duration> {
        let timer = socket.timer.filter(|timer| timer.kind == kind)?;
        Some(Duration::try_from_secs_f64(timer.fires_s).ok()?.saturating_sub(self.now))
    }

    /// What ends the connection at last, if no byte comes to the client.
    pub(super) fn verdict(&self) -> String {
        let Some(rule) = self.client.rule() else {
            if !self.client.has_rule() {
                return "when it gives up is not known".to_owned();
            }
            return "its kernel's keepalive gives up".to_owned();
        };
        let progress = self.client.progress(self.now);
        match progress.filter(|_| self.client.state != State::Stopped) {
            None => "its rule gives up at last".to_owned(),
            Some(progress) => {
                let heartbeats = match progress.next {
                    Next::Heartbeat(next) => rule.retries.saturating_add(2).saturating_sub(next),
                    Next::Verdict => 0,
                };
                let interval = rule.interval.get();
                let left = progress.left.saturating_add(interval.saturating_mul(heartbeats));
                format!("its rule gives up in {}", short(left))
            }
        }
    }

    /// What the server's queue says of the client.
    pub(super) fn eviction(&self) -> String {
        let queue = &self.world.queue;
        let conn = self.client.conn;
        let entry = queue.entries().into_iter().find(|entry| Some(entry.conn) == conn);
        let Some(entry) = entry.filter(|_| conn.is_some()) else {
            return "It is not in the server's queue".to_owned();
        };
        let left = queue.timeout().saturating_sub(self.now.saturating_sub(entry.heard));
        if left.is_zero() {
            return "Its time in the server's queue is over".to_owned();
        }
        format!("The server evicts it in {} if it hears nothing", short(left))
    }
}
