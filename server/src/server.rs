//! Accepts clients, gives each a thread, and stops all of them.
//!
//! | thread | blocks on | ended by |
//! | --- | --- | --- |
//! | the caller of [`Server::run`] | `accept`, or `poll` for several addresses | the [`Stopper`] |
//! | `conn-N`, one per client | `read` or `write` | its client, the reaper, the stop |
//! | `reaper`, if the heartbeat is used | a channel, until the first deadline | the stop |
//!
//! The threads are scoped: [`Server::run`] does not return before each has ended.
//!
//! One channel stops everything: the [`Stopper`] disconnects it. The server stops itself in the
//! same way when it can no longer do what it is for: when the reaper panicked, or the listener no
//! longer works.
//!
//! In the article: the part of `et_ser::run_loop` that accepts clients.

mod reaping;

use std::{
    convert::Infallible,
    io,
    net::{SocketAddr, TcpStream},
    sync::Arc,
    thread::{self, Scope},
    time::{Duration, Instant},
};

use common::{detect::Detect, period::Period, socket::send_at_once, start::thread_error};
use crossbeam_channel::{Receiver, TryRecvError};
use parking_lot::Mutex;
use tracing::{debug, error, info, warn};

use crate::{
    accept_error::{AfterError, what_follows},
    connection::{Connection, Cut, close_unread},
    conversation::Conversation,
    ending::{Ending, Traffic},
    limits::{Place, Places},
    listeners::Listeners,
    moves,
    stopper::{Stop, Stopper},
    timeout_queue::TimeoutQueue,
    totals::Totals,
};

/// Address space for a connection's stack; only the pages in use take memory.
const STACK_SIZE: usize = 256 * 1024;

/// How long a failing `accept` or thread start is left alone. When descriptors or threads have
/// run out, trying again at once would only use up the processor.
const PAUSE: Duration = Duration::from_millis(500);

/// How the server treats its clients.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    /// A client is evicted after this much silence.
    pub timeout: Period,
    /// A client is sent a probe after this much silence.
    pub probe: Option<Period>,
    /// Clients beyond this number are closed at once.
    pub max_connections: usize,
    /// How a dead client is detected.
    pub detect: Detect,
}

impl Config {
    /// The timeout of a server that is told none.
    pub const TIMEOUT: Period = Period::new(Duration::from_mins(1));
    /// How many clients such a server holds.
    pub const MAX_CONNECTIONS: usize = 5000;
}

pub struct Server {
    listeners: Arc<Listeners>,
    config: Config,
    queue: TimeoutQueue<Arc<Connection>>,
    places: Places,
    totals: Mutex<Totals>,
    stopper: Arc<Stopper>,
    /// Disconnected when the server is to stop.
    stop: Receiver<Infallible>,
}

impl Server {
    /// A server that will accept from `listeners`, and what stops it.
    pub fn new(listeners: Listeners, config: Config) -> (Self, Arc<Stopper>) {
        let listeners = Arc::new(listeners);
        let (stopper, stop) = Stopper::new(Arc::clone(&listeners));
        let stopper = Arc::new(stopper);
        let server = Self {
            listeners,
            config,
            queue: TimeoutQueue::new(config.timeout.get()),
            places: Places::new(config.max_connections),
            totals: Mutex::default(),
            stopper: Arc::clone(&stopper),
            stop,
        };
        (server, stopper)
    }

    /// Serves until it is stopped or cannot go on; then ends every connection and waits for every
    /// thread.
    ///
    /// # Errors
    /// When the reaper's thread cannot be started.
    pub fn run(self) -> io::Result<(Totals, Stop)> {
        let stop = thread::scope(|scope| -> io::Result<Stop> {
            let reaper = if self.config.detect.uses_heartbeat() {
                let reaper = thread::Builder::new().name("reaper".to_owned());
                let reaper = reaper.spawn_scoped(scope, || self.reap_or_stop());
                Some(reaper.map_err(|error| thread_error("reaper", &error))?)
            } else {
                None
            };
            let of_accept = self.accept(scope);
            self.stopper.stop(); // the reaper, if the listener failed
            for connection in self.queue.drain() {
                connection.cut(Cut::ServerStopped);
            }
            let of_reaper =
                reaper.map_or(Stop::Asked, |thread| thread.join().unwrap_or(Stop::Failed));
            Ok(if of_reaper == Stop::Failed { of_reaper } else { of_accept })
        })?;
        Ok((self.totals.into_inner(), stop))
    }

    /// Accepts clients until the server is stopped or has no listener any more.
    fn accept<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) -> Stop {
        let mut last_id = 0;
        loop {
            let accepted = self.listeners.accept();
            if self.stop.try_recv() == Err(TryRecvError::Disconnected) {
                return Stop::Asked;
            }
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => match what_follows(&error) {
                    AfterError::Again => {
                        debug!(event = "client_lost", %error, "a client was gone before it was accepted: {error}");
                        continue;
                    }
                    AfterError::Pause => {
                        let pause_s = PAUSE.as_secs_f64();
                        warn!(event = "accept_failed", %error, pause_s, "cannot accept: {error}; trying again in {}ms", PAUSE.as_millis());
                        self.pause();
                        continue;
                    }
                    AfterError::End => {
                        error!(event = "listener_failed", %error, "cannot accept any more: {error}; stopping");
                        return Stop::Failed;
                    }
                },
            };
            let Some(place) = self.places.take() else {
                self.refuse(&stream, peer);
                continue;
            };
            last_id += 1;
            self.admit(scope, last_id, place, stream, peer);
        }
    }

    fn refuse(&self, stream: &TcpStream, peer: SocketAddr) {
        close_unread(stream);
        let limit = self.config.max_connections;
        warn!(
            event = "refused", %peer, limit,
            "closed {peer} at once: the limit of {limit} connections is reached (--max-connections)"
        );
    }

    fn admit<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        id: u64,
        place: Place,
        stream: TcpStream,
        peer: SocketAddr,
    ) {
        let connection = Arc::new(Connection::new(id, stream, place));
        let now = Instant::now();
        moves::queued(id, now);
        self.queue.insert(id, Arc::clone(&connection), now);
        let unserved = Arc::clone(&connection);
        let thread = thread::Builder::new().name(connection.to_string()).stack_size(STACK_SIZE);
        if let Err(error) = thread.spawn_scoped(scope, move || self.serve(&connection, peer)) {
            self.queue.remove(id);
            moves::left(id);
            unserved.turn_away();
            let pause_s = PAUSE.as_secs_f64();
            warn!(
                event = "thread_failed", %peer, %error, pause_s,
                "closed {peer} at once: no thread can be started ({error}); accepting again in {}ms",
                PAUSE.as_millis()
            );
            self.pause();
        }
    }

    /// A connection's thread.
    fn serve(&self, connection: &Arc<Connection>, peer: SocketAddr) {
        let conn = connection.id;
        info!(event = "connected", conn, %peer, "{connection} connected from {peer}");
        let (ending, traffic) = match self.set_options(connection) {
            Ok(()) => {
                let probe = self.config.probe.map(Period::get);
                Conversation::new(connection, &self.queue, probe).run()
            }
            Err(error) => {
                self.queue.remove(conn);
                connection.shut_down();
                (Ending::Failed(error), Traffic::default())
            }
        };
        self.totals.lock().add(&ending, traffic);
        ending.log(conn, traffic);
    }

    fn set_options(&self, connection: &Connection) -> io::Result<()> {
        send_at_once(&connection.stream); // a reply must not wait for the next one
        if let Some(keepalive) = self.config.detect.keepalive() {
            keepalive.apply(&connection.stream)?.log(Some(connection.id));
        }
        Ok(())
    }

    fn pause(&self) {
        let _ = self.stop.recv_timeout(PAUSE);
    }
}

#[cfg(test)]
mod tests;
