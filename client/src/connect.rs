//! Finding the server: its addresses, and the first of them that answers.
//!
//! Ten seconds are all that the name and the addresses get together. A search that takes more
//! than a second says so.

use std::{
    io,
    net::{SocketAddr, TcpStream},
    thread,
    time::Instant,
};

use common::{
    address::{self, Failures, ResolveError, ZONE_MISSING},
    nodelay::send_at_once,
    start::thread_error,
    words::Listed,
};
use crossbeam_channel::RecvTimeoutError;
use tracing::info;

use crate::{attempts::race, budget::Budget};

/// No address of the server could be connected to.
#[derive(Debug, thiserror::Error)]
#[error("cannot connect to {server}: {reason}")]
pub struct ConnectError {
    server: String,
    pub reason: NotConnected,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub enum NotConnected {
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error(
        "no name server has answered within {}s; try again, or give an IP address",
        Budget::WHOLE.as_secs()
    )]
    NameServerSilent,
    #[error("cannot look its name up: {0}")]
    Resolver(io::Error),
    #[error("{failures}{}", advice(failures))]
    Failed { failures: Failures },
}

/// Connects to the first address of `server`, a `HOST:PORT`, that answers.
///
/// # Errors
/// When the host is unknown, or none of its addresses can be connected to within ten seconds.
pub fn connect(server: &str) -> Result<(TcpStream, SocketAddr), ConnectError> {
    find(server).map_err(|reason| ConnectError { server: server.to_owned(), reason })
}

fn find(server: &str) -> Result<(TcpStream, SocketAddr), NotConnected> {
    let mut budget = Budget::new(Instant::now());
    let addresses = resolve(server, &mut budget)?;
    let won = race(&addresses, &mut budget, |trying| {
        let trying = Listed(trying).to_string();
        info!(
            event = "connecting",
            server, trying, "still connecting to {server}: trying {trying}"
        );
    });
    let (stream, address) = won.map_err(|failures| NotConnected::Failed { failures })?;
    send_at_once(&stream); // a heartbeat must not wait
    Ok((stream, address))
}

/// Looks the addresses up, in a thread if that may block: the system's resolver takes no
/// deadline. The thread is never joined, because nothing interrupts the resolver.
fn resolve(server: &str, budget: &mut Budget) -> Result<Vec<SocketAddr>, NotConnected> {
    if !address::is_name(server) {
        return Ok(address::resolve(server)?);
    }
    let (to_main, resolved) = crossbeam_channel::bounded(1);
    let name = server.to_owned();
    thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || to_main.send(address::resolve(&name)))
        .map_err(|error| NotConnected::Resolver(thread_error("resolver", &error)))?;
    loop {
        let until = budget.wake(None);
        match resolved.recv_deadline(until) {
            Ok(addresses) => return Ok(addresses?),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(NotConnected::Resolver(io::Error::other("its thread panicked")));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
        let now = Instant::now();
        budget.forgive(until, now);
        if budget.is_spent(now) {
            return Err(NotConnected::NameServerSilent);
        }
        if budget.notice_is_due(now) {
            info!(
                event = "connecting",
                server, "still connecting to {server}: looking its name up"
            );
        }
    }
}

fn advice(failures: &Failures) -> &'static str {
    if failures.any_lacks_zone() {
        ZONE_MISSING
    } else if failures.any(io::ErrorKind::ConnectionRefused) {
        "; is the server running, and on this port?"
    } else if failures.any(io::ErrorKind::TimedOut) {
        "; no answer came"
    } else {
        ""
    }
}
