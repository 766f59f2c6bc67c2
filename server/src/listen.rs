//! Binding the listening sockets at the start.
//!
//! A host name may have several addresses, such as `localhost` with `127.0.0.1` and `[::1]`. The
//! server listens on all of them, or some of its clients would find nobody, or another program.
//!
//! In the article: `et_ser::init`.

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener},
};

use common::address::{self, Failures, ResolveError, ZONE_MISSING, lacks_zone};
use socket2::{Domain, Protocol, Socket, Type};
use tracing::warn;

use crate::listeners::Listeners;

/// Clients that may wait to be accepted. With std's 128, a storm of connects overflows
/// the queue, and each client that was dropped tries again after a whole second.
const BACKLOG: i32 = 4096;

/// How often a free port is chosen until it is free on every address.
const PORT_CHOICES: usize = 16;

/// The address could not be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {reason}")]
pub struct ListenError {
    address: String,
    reason: Reason,
}

#[derive(Debug, thiserror::Error)]
enum Reason {
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    #[error("{failures}{}", advice(failures))]
    Failed { failures: Failures },
    #[error("{address}: {error}{}", advice_for(address, error))]
    One { address: SocketAddr, error: io::Error },
    #[error(transparent)]
    Accept(io::Error),
}

impl Reason {
    /// Names the address that failed if it is one of several.
    fn of(mut failures: Failures, candidates: usize) -> Self {
        let is_one_of_several = candidates > 1 && failures.0.len() == 1;
        match failures.0.pop_if(|_| is_one_of_several) {
            Some((address, error)) => Self::One { address, error },
            None => Self::Failed { failures },
        }
    }
}

/// Listens on each address of `address`, a `HOST:PORT`. Port 0 is any port that is free on all
/// of them. An address that cannot be listened on while another can is logged.
///
/// # Errors
/// When the host is unknown, none of its addresses can be listened on, or another program
/// listens on one of them.
pub fn listen(address: &str) -> Result<Listeners, ListenError> {
    let failed = |reason| ListenError { address: address.to_owned(), reason };
    let candidates = address::resolve(address).map_err(|error| failed(error.into()))?;
    let (listeners, unbound) =
        bind_all(&candidates).map_err(|failures| failed(Reason::of(failures, candidates.len())))?;
    for (candidate, error) in unbound.0 {
        let advice = advice_for(&candidate, &error);
        warn!(
            event = "not_listening", address = %candidate, %error,
            "not listening on {candidate}, which is one of {address}: {error}{advice}"
        );
    }
    Listeners::new(listeners).map_err(|error| failed(Reason::Accept(error)))
}

/// Returns a listener for each address, and the addresses that cannot be had here.
fn bind_all(addresses: &[SocketAddr]) -> Result<(Vec<TcpListener>, Failures), Failures> {
    let mut choices = 0;
    loop {
        choices += 1;
        match try_all(addresses) {
            // The port that was free on the first address is not on another one.
            Err(failures)
                if addresses[0].port() == 0
                    && choices < PORT_CHOICES
                    && failures.any(ErrorKind::AddrInUse) => {}
            done => return done,
        }
    }
}

fn try_all(addresses: &[SocketAddr]) -> Result<(Vec<TcpListener>, Failures), Failures> {
    let mut bound = Vec::new();
    let mut unbound = Failures::default();
    let mut port = addresses.first().map_or(0, SocketAddr::port);
    for &(mut address) in addresses {
        address.set_port(port);
        match bind(address, addresses.len()).and_then(|it| Ok((it.local_addr()?.port(), it))) {
            Ok((chosen, listener)) => {
                port = chosen;
                bound.push(listener);
            }
            Err(error) => {
                let in_use = error.kind() == ErrorKind::AddrInUse;
                unbound.0.push((address, error));
                if in_use {
                    return Err(unbound);
                }
            }
        }
    }
    if bound.is_empty() { Err(unbound) } else { Ok((bound, unbound)) }
}

/// Listens on one of a host's `count` addresses.
fn bind(address: SocketAddr, count: usize) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restarted server must not wait for its old connections in TIME_WAIT. (On Windows
    // the option means something else: two servers on one port.)
    #[cfg(not(windows))]
    let _ = socket.set_reuse_address(true); // it is a convenience
    // Beside `0.0.0.0`, `[::]` must not claim the IPv4 addresses. Alone, it listens to both
    // families: on Windows if it is told to, elsewhere where the system has it so.
    let alone = count == 1;
    if address.is_ipv6() && (cfg!(windows) || !alone) {
        socket.set_only_v6(!alone).map_err(|error| {
            io::Error::new(error.kind(), format!("cannot set IPV6_V6ONLY: {error}"))
        })?;
    }
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

fn advice(failures: &Failures) -> &'static str {
    let mut advice = failures.0.iter().map(|(address, error)| advice_for(address, error));
    advice.rfind(|it| !it.is_empty()).unwrap_or_default()
}

fn advice_for(address: &SocketAddr, error: &io::Error) -> &'static str {
    match error.kind() {
        _ if lacks_zone(address) => ZONE_MISSING,
        ErrorKind::AddrInUse => {
            "; stop the program that uses it, or choose another port with --listen"
        }
        ErrorKind::AddrNotAvailable => "; this machine has no such address",
        ErrorKind::PermissionDenied if cfg!(windows) => {
            "; another program has this port for itself, or Windows has reserved it \
             (`netsh int ipv4 show excludedportrange tcp` lists those)"
        }
        ErrorKind::PermissionDenied => "; ports below 1024 need privileges",
        _ => "",
    }
}
