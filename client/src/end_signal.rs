//! The end of a session, signalled by the thread that learns of it first.

use std::{
    net::{Shutdown, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::{ending::Ending, unanswered::Unanswered};

/// Ends the session, from any thread.
pub struct EndSignal {
    shutdown: AtomicBool,
    stream: Arc<TcpStream>,
    unanswered: Arc<Unanswered>,
    reason: Sender<Ending>,
}

impl EndSignal {
    /// The end of the session on `stream`, and the channel on which its one reason arrives.
    pub fn new(stream: Arc<TcpStream>, unanswered: Arc<Unanswered>) -> (Self, Receiver<Ending>) {
        let (reason, ended) = bounded(1);
        (Self { shutdown: AtomicBool::new(false), stream, unanswered, reason }, ended)
    }

    /// Ends the session for this reason, unless it has ended already: the first reason counts,
    /// and what follows from it (a failed write, an end of stream) does not.
    ///
    /// Returns whether this was the first reason.
    pub fn signal(&self, ending: Ending) -> bool {
        if self.shutdown.swap(true, Ordering::AcqRel) {
            return false;
        }
        // A thread that reads, writes or waits for room wakes from that.
        // The connection is shut down before the reason arrives: the thread that waits for the
        // reason may rely on that.
        let _ = self.stream.shutdown(Shutdown::Both);
        self.unanswered.close();
        let _ = self.reason.send(ending); // there is room for one, and there is only one
        true
    }
}
