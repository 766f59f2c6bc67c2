//! What a session with `--reconnect` says of its connections.

use std::{mem, time::Duration};

use common::{
    wire::ACKNOWLEDGEMENT,
    words::{Seconds, Span},
};
use tests::event::Event as Logged;

use super::Observer;
use crate::{
    event::{Content, Fate, Role, What},
    view::View,
};

/// Whether the client's session has a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Session {
    Up,
    Down,
    /// It has none, an attempt to connect has failed, and that is not told yet.
    Failed,
}

impl Observer {
    pub(super) fn listening(&mut self, event: &Logged) {
        let address = event.str("address").unwrap_or_default();
        if !self.addresses.iter().any(|known| known == address) {
            self.addresses.push(address.to_owned());
        }
    }

    /// With `--reconnect` the service has answered a heartbeat by then.
    pub(super) fn client_connected(&mut self, at: Duration, event: &Logged) {
        self.connected += 1;
        if self.view == View::Direct && event.f64("answered_ms").is_some() {
            self.message(at, Role::Server, ACKNOWLEDGEMENT);
        }
    }

    pub(super) fn session_logged(&mut self, at: Duration, event: &Logged) {
        let duration = |field| Duration::try_from_secs_f64(event.f64(field)?).ok();
        match event.name() {
            "connection_ended" => {
                self.session = Session::Down;
                if self.view == View::Direct && event.reason() == "server_closed" {
                    let content = Content::EndOfStream;
                    self.add(
                        at,
                        What::Message { from: Role::Server, content, fate: Fate::Arrived },
                    );
                }
                self.logged_end(at, Role::Client, event);
            }
            "reconnecting" => {
                let pause = Seconds(duration("pause_s").unwrap_or_default());
                let number = self.addresses.iter().position(|it| event.str("server") == Some(it));
                let what = match number {
                    Some(0) if self.addresses.len() > 1 => "tries the first server",
                    Some(1) => "tries the second server",
                    _ => "tries again",
                };
                let before = mem::replace(&mut self.session, Session::Down);
                let failed = if before == Session::Failed { "failed; " } else { "" };
                self.mark(at, Role::Client, format!("{failed}{what} in {pause}"));
            }
            "connecting" => self.mark(at, Role::Client, "still connecting"),
            "connect_failed" => self.session = Session::Failed, // told with the next attempt
            _ => {
                self.session = Session::Up;
                self.back.get_or_insert(at);
                let down = Span(duration("down_s").unwrap_or_default());
                self.mark(at, Role::Client, format!("back after {down}"));
            }
        }
    }
}
