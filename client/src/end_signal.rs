//! The end of a session: signalled by whichever thread knows of it first.

use std::sync::atomic::Ordering;

use crate::{
    ending::Ending,
    sync::{AtomicBool, Receiver, Sender, bounded},
};

/// Ends the session, from any thread.
pub struct EndSignal {
    shutdown: AtomicBool,
    reason: Sender<Ending>,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl EndSignal {
    /// The end of a session, and where its one reason will arrive. `wake` wakes every thread
    /// that is blocked on the connection, for good.
    #[must_use]
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> (Self, Receiver<Ending>) {
        let (reason, ended) = bounded(1);
        (Self { shutdown: AtomicBool::new(false), reason, wake: Box::new(wake) }, ended)
    }

    /// Ends the session for this reason, unless it has ended already: the first reason
    /// counts, and what follows from it (a failed write, an end of stream) does not.
    ///
    /// Returns whether this was the first reason.
    #[allow(clippy::must_use_candidate, reason = "few need to know")]
    pub fn signal(&self, ending: Ending) -> bool {
        if self.shutdown.swap(true, Ordering::AcqRel) {
            return false;
        }
        (self.wake)(); // first: whoever has the reason finds the connection shut down
        let _ = self.reason.send(ending); // room for one, and there is only one
        true
    }
}
