//! Clients of every kind come and go at random on one server, and an [`Account`] is kept of what
//! they sent, received and saw.
//!
//! At the end the server must have counted the same, and must be as small as at the start.

mod account;
mod clients;
mod cut_off;
mod script;
mod slow;

use std::{
    io::{self, Read as _, Write as _},
    net::TcpStream,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use fastrand::Rng;
use tests::{
    binaries::{Server, json_command},
    event::Event,
    proc::{Size, cost, size},
    tied::tied_to_us,
    wait_until,
};

use crate::MOST_CONNECTIONS;

pub use account::Account;
use script::Script;

/// The silence after which the server evicts. The other clients are never silent for nearly as
/// long, not even on a busy machine.
const TIMEOUT: Duration = Duration::from_secs(4);

/// How much the server's memory may grow. The allocator keeps some of the memory of many threads.
/// A leak of a few hundred bytes per client would be more than this.
const MEMORY_GROWTH: u64 = 16 * 1024 * 1024;

#[derive(Debug, Clone, Copy)]
pub struct Soak {
    pub duration: Duration,
    pub clients: usize,
    /// All random choices follow from the seed. Only their timing differs between runs.
    pub seed: u32,
}

#[derive(Debug)]
pub struct Findings {
    pub account: Account,
    /// The server's threads and descriptors, the same at the start and at the end.
    pub size: Size,
    /// The server's memory at the start and at the end, in bytes.
    pub memory: (u64, u64),
    pub stopped: Event,
}

impl Soak {
    /// Runs the soak against a server of its own. `progress` is called four times per second with
    /// the account so far.
    pub fn run(self, progress: impl FnMut(&Account)) -> io::Result<Findings> {
        let timeout = format!("{}s", TIMEOUT.as_secs());
        let mut command = tied_to_us(&json_command("server")?);
        command.args(["--listen", "127.0.0.1:0", "--max-connections", MOST_CONNECTIONS]);
        command.args(["--timeout", &timeout, "--hide-heartbeats"]);
        let server = Server::from_command(&mut command)?;
        let pid = server.program.pid();
        let mut account = run_first_client(&server)?;
        let small = size(pid)?;
        let memory_before = cost(pid)?.memory;
        self.run_clients(&server.address, &mut account, progress)?;
        wait_until(|| Ok(size(pid)?.is_within(small)))?;
        let memory = (memory_before, cost(pid)?.memory);
        if memory.1 > memory.0 + MEMORY_GROWTH {
            return Err(io::Error::other(format!("the server's memory grew: {memory:?} bytes")));
        }
        let finished = server.stop()?;
        let stopped = finished.event("stopped").filter(|_| finished.status.success());
        let stopped = stopped.ok_or_else(|| io::Error::other(finished.log()))?;
        account.compare_with(stopped)?;
        Ok(Findings { account, size: small, memory, stopped: stopped.clone() })
    }

    /// Runs one client after the other on each of many threads, and adds what they did.
    fn run_clients(
        self,
        address: &str,
        sum: &mut Account,
        mut progress: impl FnMut(&Account),
    ) -> io::Result<()> {
        let end = Instant::now() + self.duration;
        let (sender, accounts) = mpsc::channel();
        thread::scope(|scope| {
            // When this ends with an error, the channel is dropped and the threads end, too.
            let (sender, accounts) = (sender, accounts);
            for slot in 0..self.clients as u64 {
                let sender = sender.clone();
                scope.spawn(move || {
                    let mut random = Rng::with_seed(u64::from(self.seed) + slot);
                    while Instant::now() < end {
                        let account = clients::run_one(address, &mut random);
                        let failed = account.is_err();
                        if sender.send(account).is_err() || failed {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut next_progress = Instant::now();
            loop {
                let left = next_progress.saturating_duration_since(Instant::now());
                match accounts.recv_timeout(left) {
                    Ok(account) => *sum += account?,
                    Err(RecvTimeoutError::Timeout) => {
                        progress(sum);
                        next_progress = Instant::now() + Duration::from_millis(250);
                    }
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                }
            }
        })
    }
}

/// Runs one client before anything is measured, so that the server has started all that it keeps.
/// Waits until the client is gone.
fn run_first_client(server: &Server) -> io::Result<Account> {
    let pid = server.program.pid();
    let mut stream = TcpStream::connect(&server.address)?;
    let mut script = Script::default();
    script.line(b"hello");
    stream.write_all(&script.request)?;
    stream.read_exact(&mut script.reply)?;
    let connected = size(pid)?;
    drop(stream);
    wait_until(|| {
        let now = size(pid)?;
        Ok(now.threads < connected.threads && now.descriptors < connected.descriptors)
    })?;
    Ok(script.answered())
}
