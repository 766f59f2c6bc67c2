//! Accepts clients, gives each a thread, and stops all of them.
//!
//! | thread | blocks on | ended by |
//! | --- | --- | --- |
//! | the caller of [`Server::run`] | `accept` | the [`Stopper`] |
//! | `conn-N`, one a client | `read` or `write` | its client, the reaper, the stop |
//! | `reaper` | a channel, until the first deadline | the stop |
//!
//! They are scoped threads: [`Server::run`] does not return before each has ended.

use std::{
    io::{self, ErrorKind},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, Scope},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;
use tracing::{error, warn};

use crate::{
    connection::Connection, reaper, stopper::Stopper, timeout_queue::TimeoutQueue, totals::Totals,
};

/// Address space for a connection's stack; only the pages in use take memory.
const STACK_SIZE: usize = 256 * 1024;

/// How long to leave a failing `accept` or thread start alone. When descriptors or
/// threads have run out, trying again at once would only burn the processor.
const PAUSE: Duration = Duration::from_millis(500);

/// How the server treats its clients.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// A client silent for this long is evicted.
    pub timeout: Duration,
    /// Clients beyond this number are closed at once.
    pub max_connections: usize,
}

/// A server on its listener.
pub struct Server {
    listener: TcpListener,
    config: Config,
    queue: TimeoutQueue<Arc<Connection>>,
    held: AtomicUsize,
    totals: Mutex<Totals>,
    stopping: Arc<AtomicBool>,
    stop: (Sender<()>, Receiver<()>),
}

impl Server {
    /// A server that will accept from `listener`.
    #[must_use]
    pub fn new(listener: TcpListener, config: Config) -> Self {
        Self {
            listener,
            config,
            queue: TimeoutQueue::new(config.timeout),
            held: AtomicUsize::new(0),
            totals: Mutex::default(),
            stopping: Arc::default(),
            stop: crossbeam_channel::bounded(1),
        }
    }

    /// What stops this server.
    ///
    /// # Errors
    /// When the process has no descriptor left for a second handle on the listener.
    pub fn stopper(&self) -> io::Result<Stopper> {
        let stop = self.stop.0.clone();
        Ok(Stopper::new(self.listener.try_clone()?, Arc::clone(&self.stopping), stop))
    }

    /// Serves until it is stopped; then shuts every connection down and joins every
    /// thread.
    ///
    /// # Errors
    /// When the reaper's thread cannot be started.
    pub fn run(self) -> io::Result<Totals> {
        let (end_reaper, reaper_end) = crossbeam_channel::bounded::<()>(0);
        thread::scope(|scope| -> io::Result<()> {
            let reaper = thread::Builder::new()
                .name("reaper".to_owned())
                .spawn_scoped(scope, || reaper::run(&self.queue, &reaper_end))?;

            self.accept(scope);

            for connection in self.queue.drain() {
                connection.shut_down();
            }
            drop(end_reaper);
            if reaper.join().is_err() {
                error!("the reaper panicked: clients that fell silent since were not evicted");
            }
            Ok(())
        })?;
        Ok(*self.totals.lock())
    }

    fn accept<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        for id in 1.. {
            let accepted = self.listener.accept();
            if self.stopping.load(Ordering::Acquire) {
                return;
            }
            match accepted {
                Ok((stream, peer)) => self.admit(scope, id, stream, peer),
                // The client that waited is gone again, or a signal came in between.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => self.pause("cannot accept", &error),
            }
        }
    }

    fn admit<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        id: u64,
        stream: TcpStream,
        peer: SocketAddr,
    ) {
        let limit = self.config.max_connections;
        if self.held.load(Ordering::Relaxed) >= limit {
            warn!(
                "closed {peer} at once: the limit of {limit} connections is reached (--max-connections)"
            );
            return;
        }
        let _ = stream.set_nodelay(true); // a reply must not wait for the next one
        let connection = Arc::new(Connection::new(id, stream));
        self.queue.insert(id, Arc::clone(&connection), Instant::now());
        self.held.fetch_add(1, Ordering::Relaxed);

        let served = thread::Builder::new()
            .name(connection.to_string())
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, move || {
                let (ending, traffic) = connection.serve(peer, &self.queue, &self.stopping);
                drop(connection);
                self.totals.lock().add(&ending, traffic);
                self.held.fetch_sub(1, Ordering::Relaxed);
            });
        if let Err(error) = served {
            self.queue.remove(id);
            self.held.fetch_sub(1, Ordering::Relaxed);
            self.pause(&format!("cannot start a thread for {peer}"), &error);
        }
    }

    fn pause(&self, what: &str, error: &io::Error) {
        warn!("{what}: {error}; trying again in {}ms", PAUSE.as_millis());
        let _ = self.stop.1.recv_timeout(PAUSE);
    }
}
