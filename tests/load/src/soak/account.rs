//! What the clients of a soak did and saw, and whether the server counted the same.

use std::{fmt, io, ops::AddAssign};

use tests::event::Event;

/// Sums over all clients that have ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    pub connections: u64,
    /// Lines whose echo came, whole and right.
    pub echoed: u64,
    /// Lines whose client left without waiting for the echo.
    pub abandoned: u64,
    /// Lines that clients sent again on a new connection. The server may have got them twice.
    pub again: u64,
    /// Heartbeats that were answered.
    pub heartbeats: u64,
    /// Clients that the server closed for their silence.
    pub evicted: u64,
    /// Clients that reset their connection or were killed.
    pub died: u64,
    /// Bytes sent by clients that read every reply.
    pub sent: u64,
    /// Bytes received by those clients.
    pub received: u64,
}

impl Account {
    /// Compares the sums with those in the server's event `stopped`.
    pub(super) fn compare_with(&self, stopped: &Event) -> io::Result<()> {
        let total = |field| stopped.u64(field);
        // Clients that died sent heartbeats and bytes, too, of which only the server knows.
        let agreed = total("served") == Some(self.connections)
            && total("evicted") == Some(self.evicted)
            && total("heartbeats") >= Some(self.heartbeats)
            && total("bytes_in") >= Some(self.sent)
            && total("bytes_out") >= Some(self.received);
        let healthy = ["panicked", "failed"].iter().all(|reason| total(reason).unwrap_or(0) == 0);
        if agreed && healthy {
            return Ok(());
        }
        let counts = format!("  clients: {self}\n  server:  {stopped}");
        Err(io::Error::other(format!("the counts differ:\n{counts}")))
    }
}

impl AddAssign for Account {
    fn add_assign(&mut self, one: Self) {
        self.connections += one.connections;
        self.echoed += one.echoed;
        self.abandoned += one.abandoned;
        self.again += one.again;
        self.heartbeats += one.heartbeats;
        self.evicted += one.evicted;
        self.died += one.died;
        self.sent += one.sent;
        self.received += one.received;
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, echoed, abandoned, again, heartbeats, evicted, died, .. } = self;
        write!(
            f,
            "{connections} connections; {echoed} lines echoed, {abandoned} abandoned, {again} sent \
             again; {heartbeats} heartbeats acknowledged; {evicted} evicted, {died} died"
        )
    }
}
