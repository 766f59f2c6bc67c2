//! The end of a connection, signalled by the thread that learns of it first.
//!
//! In the article: the `flag` that ends `client::run_loop`.

use std::{
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use common::socket;
use crossbeam_channel::{Receiver, Sender, bounded};
use parking_lot::Mutex;

use crate::{ending::Ending, input::Waker};

/// Ends the connection, from any thread.
pub struct EndSignal {
    shutdown: AtomicBool,
    stream: Arc<TcpStream>,
    main: Waker,
    reason: Sender<Ending>,
    /// What the receiver has found out while it read the rest.
    finding: Mutex<Option<Ending>>,
}

impl EndSignal {
    /// The end of the connection on `stream`, which wakes `main`, and the channel on which its one
    /// reason arrives.
    pub fn new(stream: Arc<TcpStream>, main: Waker) -> (Self, Receiver<Ending>) {
        let (reason, ended) = bounded(1);
        let (shutdown, finding) = (AtomicBool::new(false), Mutex::new(None));
        (Self { shutdown, stream, main, reason, finding }, ended)
    }

    /// Ends the connection for this reason, unless it has ended already: the first reason counts,
    /// and what follows from it (a failed write, an end of stream) does not.
    pub fn signal(&self, ending: Ending) {
        if self.shutdown.swap(true, Ordering::AcqRel) {
            if ending.trouble().is_none() {
                *self.finding.lock() = Some(ending);
            }
            return;
        }
        // A thread that reads or writes wakes from that. The connection is shut down before the
        // reason arrives: whoever has the reason may rely on that.
        socket::shut_down(&self.stream);
        let _ = self.reason.send(ending); // there is room for one, and there is only one
        self.main.wake();
    }

    /// A later reason that ends the session, too: what came is wrong, or the output cannot be
    /// written any more.
    pub fn finding(&self) -> Option<Ending> {
        self.finding.lock().take()
    }
}
