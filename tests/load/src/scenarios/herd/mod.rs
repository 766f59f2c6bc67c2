//! A herd: many connections lose their server at once, and come back by the client's rule of
//! pauses, or by that rule without its random part.

mod draw;
mod findings;
mod flock;
mod member;
mod pauses;

use std::{error::Error, io, net::SocketAddr, path::Path, sync::mpsc, thread, time::Duration};

pub use self::{
    draw::draw,
    findings::{BIN, Findings},
    pauses::Pauses,
};

use self::flock::Flock;
use super::{Clients, restart, start_server_on};
use crate::output::say;

/// How long the server is away: about as long as a restart, and long enough for several attempts.
const AWAY: [Duration; 2] = [Duration::from_millis(500), Duration::from_millis(2500)];

#[derive(Debug, Clone, Copy)]
pub struct Herd {
    pub connections: usize,
    pub pauses: Pauses,
    /// From the end of the old server's process to the start of the new one's.
    pub away: Duration,
}

impl Herd {
    /// Connects, kills the server, starts another one at the same address, and waits until all
    /// connections are back. One is back when its service has answered a heartbeat.
    pub fn run(self) -> io::Result<Findings> {
        // The connections have ports of 127.0.0.1. On the same address, one of them could be given
        // the server's own port while the server is away, and would be connected to itself.
        let server = start_server_on("127.0.0.2:0")?;
        let address: SocketAddr = server.address.parse().map_err(io::Error::other)?;
        let streams = Clients::connect(&server, self.connections)?.streams;
        let flock = Flock::new(address, streams, self.pauses)?;
        let waker = flock.waker()?;
        thread::scope(|scope| {
            let (sender, restarted) = mpsc::channel();
            let (_over, is_over) = mpsc::channel::<()>();
            scope.spawn(move || {
                let (news, _server) = match restart(server, self.away) {
                    Ok((server, listening)) => (Ok(listening), Some(server)),
                    Err(error) => (Err(error), None),
                };
                let _ = sender.send(news);
                let _ = waker.wake();
                let _ = is_over.recv(); // the server ends with the thread that started it
            });
            flock.come_back(&restarted)
        })
    }
}

/// Prints what herds of this size do with each kind of pauses, and draws those whose server is
/// away for the longer time.
pub(super) fn herds(connections: usize, plot: Option<&Path>) -> Result<(), Box<dyn Error>> {
    say(format_args!(
        "{connections} connections lose their server. Moments are seconds after the first \
         connection saw its end."
    ))?;
    say(format_args!(
        "| server away | pauses | all lost | server back | half back | all back | connects begun | \
         most in {}ms | refused | broken | answered after 1s |",
        BIN.as_millis()
    ))?;
    say(format_args!("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"))?;
    let mut drawn = Vec::new();
    for away in AWAY {
        drawn.clear();
        for pauses in Pauses::ALL {
            let found = Herd { connections, pauses, away }.run()?;
            say(format_args!(
                "| {} | {} | {:.2} | {:.2} | {:.2} | {:.2} | {} | {} | {} | {} | {} |",
                away.as_secs_f64(),
                pauses.name(),
                found.all_lost.as_secs_f64(),
                found.listening.as_secs_f64(),
                found.half_back().as_secs_f64(),
                found.all_back().as_secs_f64(),
                found.connects.len(),
                found.peak(),
                found.refused,
                found.broken,
                found.slow
            ))?;
            drawn.push((pauses, found));
        }
    }
    plot.map_or(Ok(()), |plot| draw(connections, &drawn, plot))
}
