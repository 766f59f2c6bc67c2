//! Everything at once, for as long as wanted: clients of every kind come and go at random
//! on one server, and an [`Account`] is kept of what was sent, echoed and evicted.
//!
//! At the end the server's own account has to agree, and the process has to be as small as
//! it was at the start.

mod account;
mod clients;
mod script;

use std::{
    error::Error,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::Command,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use fastrand::Rng;

pub use account::Account;

use super::process::{self, Size, Started};
use tests::{binaries::binary, wait_until};

/// How long the server bears silence. No client that means to live is silent for nearly as
/// long, not on a busy machine either.
const TIMEOUT: Duration = Duration::from_secs(4);

/// How much more memory a server may hold in the end: what the allocator keeps of what many
/// threads had at once. A few hundred bytes that each client leaves behind are more.
const KEPT: u64 = 16 * 1024 * 1024;

/// How much, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// How long new clients come.
    pub duration: Duration,
    /// How many there are at a time.
    pub clients: usize,
    /// What all choices follow from; only their timing differs from run to run.
    pub seed: u32,
}

/// What came of it.
#[derive(Debug)]
pub struct Outcome {
    /// What the clients did and saw.
    pub account: Account,
    /// The server's threads and descriptors at the start, as at the end.
    pub size: Size,
    /// The server's memory at the start and at the end, in bytes.
    pub memory: (u64, u64),
    /// The server's last line.
    pub last_line: String,
}

/// Runs the plan against a server of its own. `progress` is called four times a second with
/// the account so far.
///
/// # Errors
/// When anything is not as it has to be: a reply is lost, doubled or wrong; a client is
/// evicted that was not silent; the server's account is another one than its clients', or its
/// memory has grown.
///
/// # Panics
/// When the server does not get as small as before.
pub fn soak(plan: Plan, mut progress: impl FnMut(&Account)) -> Result<Outcome, Box<dyn Error>> {
    let mut command = Command::new(binary("server"));
    command.args(["--listen", "127.0.0.1:0", "--timeout"]);
    command.arg(humantime::format_duration(TIMEOUT).to_string());
    let server = Started::start(&mut command)?;
    let (first, mut account) = first_client(&server)?;
    let with_it = process::size(server.pid())?;
    drop(first);
    wait_until("the first client is gone", || {
        process::size(server.pid()).is_ok_and(|size| {
            size.threads < with_it.threads && size.descriptors < with_it.descriptors
        })
    });
    let small = process::size(server.pid())?;
    let memory = process::cost(server.pid())?.memory;

    let end = Instant::now() + plan.duration;
    let (done, accounts) = mpsc::channel();
    thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        let accounts = accounts; // gone with the first error, which ends the others, too
        for slot in 0..plan.clients as u64 {
            let (done, address) = (done.clone(), server.address);
            scope.spawn(move || {
                let mut random = Rng::with_seed(u64::from(plan.seed) + slot);
                while Instant::now() < end {
                    let one = clients::run_one(address, &mut random);
                    let failed = one.is_err();
                    if done.send(one).is_err() || failed {
                        return;
                    }
                }
            });
        }
        drop(done);
        let mut next = Instant::now();
        loop {
            match accounts.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(one) => account += one?,
                Err(RecvTimeoutError::Timeout) => {
                    progress(&account);
                    next = Instant::now() + Duration::from_millis(250);
                }
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
        }
    })?;

    wait_until("the server is as small as before", || {
        process::size(server.pid()).is_ok_and(|size| size.is_within(small))
    });
    let memory = (memory, process::cost(server.pid())?.memory);
    if memory.1 > memory.0 + KEPT {
        return Err(
            format!("the server's memory grew from {} to {} bytes", memory.0, memory.1).into()
        );
    }
    let last_line = server.stop()?;
    account.compare_with(&last_line)?;
    Ok(Outcome { account, size: small, memory, last_line })
}

/// One client before anything is measured, so that all that a server has is there.
fn first_client(server: &Started) -> Result<(TcpStream, Account), Box<dyn Error>> {
    let mut stream = TcpStream::connect(server.address)?;
    stream.write_all(b"hello\n")?;
    stream.read_exact(&mut [0; 6])?;
    let account = Account { connections: 1, lines: 1, echoed: 1, ..Account::default() };
    Ok((stream, Account { sent: 6, received: 6, ..account }))
}
