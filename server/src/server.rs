//! Accepts clients, gives each a thread, and stops all of them.
//!
//! | thread | blocks on | ended by |
//! | --- | --- | --- |
//! | the caller of [`Server::run`] | `accept` | the [`Stopper`] |
//! | `conn-N`, one a client | `read` or `write` | its client, the reaper, the stop |
//! | `reaper`, if the heartbeat is used | a channel, until the first deadline | the stop |
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

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use parking_lot::Mutex;
use tracing::{error, info, warn};

use crate::{
    config::Config,
    connection::Connection,
    conversation::Conversation,
    ending::Ending,
    reaper,
    stopper::Stopper,
    timeout_queue::{Expired, TimeoutQueue},
    totals::{Totals, Traffic},
};

/// Address space for a connection's stack; only the pages in use take memory.
const STACK_SIZE: usize = 256 * 1024;

/// How long to leave a failing `accept` or thread start alone. When descriptors or
/// threads have run out, trying again at once would only burn the processor.
const PAUSE: Duration = Duration::from_millis(500);

/// A server on its listener.
pub struct Server {
    listener: Arc<TcpListener>,
    config: Config,
    queue: TimeoutQueue<Arc<Connection>>,
    held: AtomicUsize,
    totals: Mutex<Totals>,
    stopping: Arc<AtomicBool>,
    pause_end: (Sender<()>, Receiver<()>),
}

impl Server {
    /// A server that will accept from `listener`.
    #[must_use]
    pub fn new(listener: TcpListener, config: Config) -> Self {
        Self {
            listener: Arc::new(listener),
            config,
            queue: TimeoutQueue::new(config.timeout()),
            held: AtomicUsize::new(0),
            totals: Mutex::default(),
            stopping: Arc::default(),
            pause_end: crossbeam_channel::bounded(1),
        }
    }

    /// What stops this server.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        let (listener, stopping) = (Arc::clone(&self.listener), Arc::clone(&self.stopping));
        Stopper::new(listener, stopping, self.pause_end.0.clone())
    }

    /// Serves until it is stopped; then shuts every connection down and waits for every
    /// thread.
    ///
    /// # Errors
    /// When the reaper's thread cannot be started.
    pub fn run(self) -> io::Result<Totals> {
        let (end_reaper, reaper_end) = crossbeam_channel::bounded::<()>(0);
        thread::scope(|scope| -> io::Result<()> {
            let reaper = if self.config.detect().by_heartbeat() {
                let reaper = thread::Builder::new().name("reaper".to_owned());
                Some(reaper.spawn_scoped(scope, || self.reap(&reaper_end))?)
            } else {
                None
            };

            self.accept(scope);

            for connection in self.queue.drain() {
                connection.shut_down();
            }
            drop(end_reaper);
            if reaper.is_some_and(|reaper| reaper.join().is_err()) {
                error!("the reaper panicked: clients that fell silent since were not evicted");
            }
            Ok(())
        })?;
        Ok(self.totals.into_inner())
    }

    /// The reaper's thread, until the other half of `end` is dropped.
    fn reap(&self, end: &Receiver<()>) {
        let sleep = |deadline| match end.recv_deadline(deadline) {
            Err(RecvTimeoutError::Timeout) => Some(Instant::now()),
            Ok(()) | Err(RecvTimeoutError::Disconnected) => None,
        };
        let evict = |Expired { item, silent }: Expired<Arc<Connection>>| item.evict(silent);
        reaper::run(&self.queue, Instant::now(), sleep, evict);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    fn accept<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let mut ids = 1..;
        loop {
            let accepted = self.listener.accept();
            if self.is_stopping() {
                return;
            }
            match accepted {
                Ok((stream, peer)) => self.admit(scope, &mut ids, stream, peer),
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
        ids: &mut impl Iterator<Item = u64>,
        stream: TcpStream,
        peer: SocketAddr,
    ) {
        let limit = self.config.max_connections();
        if self.held.load(Ordering::Relaxed) >= limit {
            drop(stream);
            warn!(
                "closed {peer} at once: the limit of {limit} connections is reached (--max-connections)"
            );
            return;
        }
        let id = ids.next().expect("2^64 connections take longer than anybody has");
        let connection = Arc::new(Connection::new(id, stream));
        self.queue.insert(id, Arc::clone(&connection), Instant::now());
        self.held.fetch_add(1, Ordering::Relaxed);

        let thread = thread::Builder::new().name(connection.to_string()).stack_size(STACK_SIZE);
        if let Err(error) = thread.spawn_scoped(scope, move || self.serve(connection, peer)) {
            self.queue.remove(id);
            self.held.fetch_sub(1, Ordering::Relaxed);
            self.pause(&format!("cannot start a thread for {peer}"), &error);
        }
    }

    /// A connection's thread.
    fn serve(&self, connection: Arc<Connection>, peer: SocketAddr) {
        let name = connection.to_string();
        info!("{name} connected from {peer}");
        let (ending, traffic) = match self.set_options(&connection) {
            Ok(()) => Conversation::new(&connection, &self.queue, self.config.probe())
                .run(|| self.is_stopping()),
            Err(error) => {
                self.queue.remove(connection.id());
                (Ending::Failed(error), Traffic::default())
            }
        };
        self.totals.lock().add(&ending, traffic);
        drop(connection);
        self.held.fetch_sub(1, Ordering::Relaxed); // who reads that it is gone finds its place free
        match ending {
            Ending::ClosedByClient | Ending::ServerStopped => info!("{name} {ending}"),
            _ => warn!("{name} {ending}"),
        }
    }

    fn set_options(&self, connection: &Connection) -> io::Result<()> {
        connection.stream().set_nodelay(true)?; // a reply must not wait for the next one
        if let Some(keepalive) = self.config.detect().keepalive() {
            let held = keepalive.apply(connection.stream())?;
            info!("{connection} {held}");
        }
        Ok(())
    }

    fn pause(&self, what: &str, error: &io::Error) {
        warn!("{what}: {error}; trying again in {}ms", PAUSE.as_millis());
        let _ = self.pause_end.1.recv_timeout(PAUSE);
    }
}
