//! The lines that the lab gives to the client, and those that the client prints.

use std::time::Duration;

use common::words::Escaped;

use super::{Observer, session::Session};
use crate::{event::Role, view::View};

impl Observer {
    /// The lab gives the client a line to send.
    pub fn typed(&mut self, line: &str) {
        let line = line.as_bytes();
        self.given.extend(line);
        if self.view != View::Direct {
            return;
        }
        let is_down = self.session != Session::Up;
        if is_down {
            self.mark(self.now(), Role::Client, format!("keeps {}", Escaped(line)));
        } else if self.is_unread() {
            self.message(self.now(), Role::Client, line);
        }
        if is_down || !self.is_cut {
            self.typed.push_back(line.to_vec());
        }
    }

    /// Whether the server will not tell of what the client sends: it is lost, or never read.
    pub(super) fn is_unread(&self) -> bool {
        let hangs = self.stopped == Some(Role::Server) && self.back.is_none();
        self.view == View::Direct && (self.is_cut || hangs)
    }

    /// Whether each line that the lab gave to the client has come back, once and in order.
    pub fn is_answered(&self) -> bool {
        self.printed == self.given.to_ascii_uppercase()
    }

    pub(super) fn printed(&mut self, at: Duration, line: &[u8]) {
        self.printed.extend(line);
        if self.client.is_some() {
            self.mark(at, Role::Client, format!("prints {}", Escaped(line)));
        }
    }
}
