//! What a scene shows, and by what the lab sees it. The programs that are started, what is read of
//! them, and the drawing all follow from this one value.

use crate::event::Role;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The messages between a client and the server, seen by a relay as they pass.
    Relayed,
    /// The messages, of which the two logs tell, since a relay would change what is shown.
    Direct,
    /// What happens to the connection. Too many messages pass to be shown.
    Flooded,
    /// Who is where in the server's timeout queue, of which the server's log tells.
    Queue,
}

impl View {
    /// How many clients connect, one after the other.
    pub fn clients(self) -> u64 {
        if self == Self::Queue { 3 } else { 1 }
    }

    /// The server's number of the client that the lab breaks: of three, the one in the middle.
    pub fn broken(self) -> u64 {
        self.clients().div_ceil(2)
    }

    /// What a summary calls the programs of this role that are left. Several clients are named as
    /// in the drawing: `c1 and c3`.
    pub fn name_of(self, role: Role) -> String {
        let left = (1..=self.clients()).filter(|conn| *conn != self.broken());
        let left: Vec<_> = left.map(|conn| format!("c{conn}")).collect();
        if role == Role::Server || left.is_empty() { role.to_string() } else { left.join(" and ") }
    }
}
