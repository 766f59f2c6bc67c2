//! What the server logs about the client's connection.

use std::{mem, time::Duration};

use common::wire::HEARTBEAT;
use tests::event::Event as Logged;

use super::Observer;
use crate::{
    event::{Content, Fate, Role, What},
    view::View,
};

impl Observer {
    pub(super) fn server_logged(&mut self, at: Duration, event: &Logged) {
        match event.name() {
            "listening" => self.listening(event),
            "connected" => self.connected += 1,
            _ => {}
        }
        if self.view == View::Queue {
            return self.queue_logged(at, event);
        }
        match event.name() {
            "connected" => {
                let queue = if self.tells_queue { ": into the queue" } else { "" };
                self.mark(at, Role::Server, format!("connection accepted{queue}"));
            }
            "heartbeat" => {
                self.heartbeats += 1;
                let count = event.u64("count").and_then(|count| usize::try_from(count).ok());
                self.read(at, &HEARTBEAT.repeat(count.unwrap_or(1)));
            }
            "text" => {
                let typed = self.typed.pop_front().unwrap_or_default();
                self.read(at, &typed);
                if self.view == View::Direct {
                    self.message(at, Role::Server, &typed.to_ascii_uppercase());
                }
            }
            "probe_sent" => {
                self.mark(at, Role::Server, "silent: asked for a sign of life");
                if self.view == View::Direct {
                    self.message(at, Role::Server, HEARTBEAT);
                }
            }
            "ended" => self.logged_end(at, Role::Server, event),
            _ => {}
        }
    }

    /// The server has read these bytes. Only the first read is told to touch the queue, so that a
    /// scene fits on a screen.
    fn read(&mut self, at: Duration, bytes: &[u8]) {
        if self.view == View::Direct {
            let content = Content::Bytes(bytes.to_vec());
            self.add(at, What::Message { from: Role::Client, content, fate: Fate::Arrived });
        }
        if mem::take(&mut self.tells_queue) {
            self.mark(at, Role::Server, "touched: to the back of the queue");
        }
    }
}
