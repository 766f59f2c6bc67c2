//! Whether a load has room on this machine. This is asked before anything is started.

use std::{fs, io};

use common::descriptors;

/// Descriptors that the load needs beside its connections: the standard streams, and the pipes
/// of a server.
const RESERVED: u64 = 64;

/// What a load needs.
#[derive(Debug, Clone, Copy)]
pub struct Need {
    /// Connections at a time, to one server.
    pub connections: usize,
    /// Descriptors for each of them.
    pub descriptors: usize,
}

/// What there is. `None` where it is not known or has no limit.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    pub descriptors: Option<u64>,
    /// Ports that the system hands out to connections.
    pub ports: Option<u64>,
    /// Connections that a server of ours holds.
    pub server: Option<u64>,
}

impl Room {
    /// What there is for a load on a server that runs elsewhere. Raises the limit of open files,
    /// for this process and for those that it starts.
    pub fn here() -> Self {
        Self { descriptors: descriptors::raise_limit(), ports: ports(), server: None }
    }

    /// What there is for a load on a server of our own.
    pub fn with_our_server() -> Self {
        Self { server: u64::try_from(server::limits::room()).ok(), ..Self::here() }
    }

    /// Checks that there is room.
    ///
    /// # Errors
    /// When there is none; the error says what is short, and what to do.
    pub fn check(self, need: Need) -> Result<(), String> {
        let connections = need.connections as u64;
        let descriptors = connections * need.descriptors as u64 + RESERVED;
        let shortage = if self.descriptors.is_some_and(|limit| limit < descriptors) {
            let limit = self.descriptors.unwrap_or_default();
            format!("this process may open {limit} files; raise the limit (ulimit -n)")
        } else if let Some(ports) = self.ports.filter(|ports| *ports < connections) {
            format!(
                "this machine has {ports} ports for connections to one server; widen \
                 net.ipv4.ip_local_port_range"
            )
        } else if let Some(server) = self.server.filter(|server| *server < connections) {
            format!(
                "our server has room for {server} on this machine; raise vm.max_map_count and \
                 the limit of open files (ulimit -n)"
            )
        } else {
            return Ok(());
        };
        Err(format!(
            "cannot load with {connections} connections: {shortage}, or ask for fewer \
             (--connections)"
        ))
    }
}

/// The number of ports that Linux hands out, ip(7).
fn ports() -> Option<u64> {
    let range = fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut bounds = range.split_whitespace().map(str::parse::<u64>);
    let (first, last) = (bounds.next()?.ok()?, bounds.next()?.ok()?);
    Some(last.saturating_sub(first) + 1)
}

/// The error of a connect, with advice where ports have run out all the same: other connections
/// hold some, and each closed one holds its own for a minute.
pub(crate) fn advise(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::AddrNotAvailable {
        return error;
    }
    let message = format!(
        "no port is left for a connection: {error}; wait a minute, widen \
         net.ipv4.ip_local_port_range, or ask for fewer (--connections)"
    );
    io::Error::new(error.kind(), message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_have_run_out_all_the_same_are_named_with_advice() {
        let error = advise(io::ErrorKind::AddrNotAvailable.into());
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
        assert!(error.to_string().contains("or ask for fewer (--connections)"), "{error}");
        let other = advise(io::ErrorKind::ConnectionRefused.into()).to_string();
        assert_eq!(other, "connection refused");
    }
}
