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
//! One channel stops everything. Nothing is ever sent on it; the [`Stopper`] drops its sender.

use std::{
    convert::Infallible,
    io::{self, ErrorKind, Read as _},
    net::{Shutdown, SocketAddr, TcpStream},
    sync::Arc,
    thread::{self, Scope},
    time::{Duration, Instant},
};

use common::{detect::Detect, nodelay::send_at_once, period::Period};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use parking_lot::Mutex;
use tracing::{error, info, warn};

use crate::{
    connection::{Connection, Cut},
    conversation::Conversation,
    ending::{Ending, Traffic},
    limits::{Place, Places},
    listeners::Listeners,
    reaper,
    timeout_queue::{Expired, TimeoutQueue},
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
    /// Disconnected when the server is to stop.
    stop: Receiver<Infallible>,
}

/// Stops one server from another thread, such as a signal handler's.
pub struct Stopper {
    listeners: Arc<Listeners>,
    running: Mutex<Option<Sender<Infallible>>>,
}

impl Server {
    /// A server that will accept from `listeners`, and what stops it.
    pub fn new(listeners: Listeners, config: Config) -> (Self, Stopper) {
        let (running, stop) = crossbeam_channel::bounded(0);
        let listeners = Arc::new(listeners);
        let stopper =
            Stopper { listeners: Arc::clone(&listeners), running: Mutex::new(Some(running)) };
        let server = Self {
            listeners,
            config,
            queue: TimeoutQueue::new(config.timeout.get()),
            places: Places::new(config.max_connections),
            totals: Mutex::default(),
            stop,
        };
        (server, stopper)
    }

    /// Serves until it is stopped; then ends every connection and waits for every thread.
    ///
    /// # Errors
    /// When the reaper's thread cannot be started.
    pub fn run(self) -> io::Result<Totals> {
        thread::scope(|scope| -> io::Result<()> {
            let reaper = if self.config.detect.uses_heartbeat() {
                let reaper = thread::Builder::new().name("reaper".to_owned());
                Some(reaper.spawn_scoped(scope, || self.reap())?)
            } else {
                None
            };
            self.accept(scope);
            for connection in self.queue.drain() {
                connection.cut(Cut::ServerStopped);
            }
            if reaper.is_some_and(|reaper| reaper.join().is_err()) {
                error!(
                    event = "reaper_failed",
                    "the reaper panicked: silent clients were not evicted since"
                );
            }
            Ok(())
        })?;
        Ok(self.totals.into_inner())
    }

    /// The reaper's thread.
    fn reap(&self) {
        let sleep = |deadline| match self.stop.recv_deadline(deadline) {
            Err(RecvTimeoutError::Timeout) => Some(Instant::now()),
            Err(RecvTimeoutError::Disconnected) => None,
            Ok(never) => match never {},
        };
        let timeout = self.config.timeout.get();
        let judge = |connection: &Arc<Connection>, late| connection.judge(timeout, late);
        let evict = |Expired { item, silent }: Expired<Arc<Connection>>| item.evict(silent);
        reaper::run(&self.queue, Instant::now(), sleep, judge, evict);
    }

    fn accept<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        let mut last_id = 0;
        loop {
            let accepted = self.listeners.accept();
            if self.stop.try_recv() == Err(TryRecvError::Disconnected) {
                return;
            }
            match accepted {
                Ok((stream, peer)) => {
                    let Some(place) = self.places.take() else {
                        self.refuse(stream, peer);
                        continue;
                    };
                    last_id += 1;
                    self.admit(scope, last_id, place, stream, peer);
                }
                // The client that waited is gone again.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    let pause_s = PAUSE.as_secs_f64();
                    warn!(event = "accept_failed", %error, pause_s, "cannot accept: {error}; trying again in {}ms", PAUSE.as_millis());
                    self.pause();
                }
            }
        }
    }

    fn refuse(&self, stream: TcpStream, peer: SocketAddr) {
        close_unread(&stream);
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
        self.queue.insert(id, Arc::clone(&connection), Instant::now());
        let thread = thread::Builder::new().name(connection.to_string()).stack_size(STACK_SIZE);
        if let Err(error) = thread.spawn_scoped(scope, move || self.serve(&connection, peer)) {
            self.queue.remove(id);
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

/// Ends a connection from which nothing was read. The end of stream goes out first and what has
/// come is read, since closing a connection with bytes unread would reset it.
fn close_unread(mut stream: &TcpStream) {
    const MOST_READS: u32 = 16; // a client that sends without end is not waited for
    let _ = stream.shutdown(Shutdown::Write);
    if stream.set_nonblocking(true).is_ok() {
        let mut block = [0; 16 * 1024];
        let _ = (0..MOST_READS).try_for_each(|_| match stream.read(&mut block) {
            Ok(0) | Err(_) => Err(()),
            Ok(_) => Ok(()),
        });
    }
}

impl Stopper {
    /// Tells the server to stop, and wakes it out of `accept` or a pause.
    pub fn stop(&self) {
        drop(self.running.lock().take());
        self.listeners.wake();
    }
}
