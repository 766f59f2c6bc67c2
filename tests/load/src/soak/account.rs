//! What the clients of a soak did and saw, and whether their server says the same.

use std::{fmt, ops::AddAssign};

/// Sums over all clients that have ended.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    /// Connections made.
    pub connections: u64,
    /// Lines sent, or begun.
    pub lines: u64,
    /// Lines whose echo came, whole and right.
    pub echoed: u64,
    /// Lines whose client went without waiting for the echo.
    pub abandoned: u64,
    /// Heartbeats sent by clients that waited for the answer.
    pub heartbeats: u64,
    /// Heartbeats that were acknowledged.
    pub acknowledged: u64,
    /// Clients that the server closed for their silence.
    pub evicted: u64,
    /// Clients that died: reset, or killed.
    pub died: u64,
    /// Bytes sent by clients that took every reply.
    pub sent: u64,
    /// Bytes they received.
    pub received: u64,
}

impl Account {
    /// Holds the account against the server's last line.
    ///
    /// # Errors
    /// When they differ, or a reply is missing.
    pub(super) fn compare_with(&self, last_line: &str) -> Result<(), String> {
        let (_, totals) = last_line.split_once("stopped; ").ok_or("the server did not sum up")?;
        let mut figures = totals
            .split(|character: char| !character.is_ascii_digit())
            .filter_map(|figure| figure.parse::<u64>().ok());
        let mut next = || figures.next().ok_or("the server's sums lack a figure");
        let (served, evicted, heartbeats) = (next()?, next()?, next()?);
        let (bytes_in, bytes_out) = (next()?, next()?);
        let agreed = served == self.connections
            && evicted == self.evicted
            && heartbeats >= self.heartbeats // those who died had sent some, too
            && bytes_in >= self.sent
            && bytes_out >= self.received;
        let complete =
            self.lines == self.echoed + self.abandoned && self.heartbeats == self.acknowledged;
        if agreed && complete && !totals.contains("panicked") && !totals.contains("failed") {
            Ok(())
        } else {
            Err(format!("the accounts differ:\n  clients: {self}\n  server:  {totals}"))
        }
    }
}

impl AddAssign for Account {
    fn add_assign(&mut self, one: Self) {
        self.connections += one.connections;
        self.lines += one.lines;
        self.echoed += one.echoed;
        self.abandoned += one.abandoned;
        self.heartbeats += one.heartbeats;
        self.acknowledged += one.acknowledged;
        self.evicted += one.evicted;
        self.died += one.died;
        self.sent += one.sent;
        self.received += one.received;
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} connections; {} lines sent, {} echoed, {} abandoned; {} heartbeats, {} acknowledged; \
             {} evicted, {} died",
            self.connections,
            self.lines,
            self.echoed,
            self.abandoned,
            self.heartbeats,
            self.acknowledged,
            self.evicted,
            self.died
        )
    }
}
