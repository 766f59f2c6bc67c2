//! Stopping the server from another thread.

use std::{convert::Infallible, sync::Arc};

use crossbeam_channel::{Receiver, Sender};
use parking_lot::Mutex;

use crate::listeners::Listeners;

/// Why a server has stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Its [`Stopper`] was used.
    Asked,
    /// It could not go on. The log says why.
    Failed,
}

/// Stops one server from another thread, such as a signal handler's or the reaper.
pub struct Stopper {
    listeners: Arc<Listeners>,
    /// Nothing is ever sent on it. Dropped, it disconnects the channel that all wait on.
    running: Mutex<Option<Sender<Infallible>>>,
}

impl Stopper {
    /// What stops a server with these listeners, and the channel that is disconnected then.
    pub(crate) fn new(listeners: Arc<Listeners>) -> (Self, Receiver<Infallible>) {
        let (running, stop) = crossbeam_channel::bounded(0);
        (Self { listeners, running: Mutex::new(Some(running)) }, stop)
    }

    /// Tells the server to stop, and wakes it out of `accept` or a pause.
    pub fn stop(&self) {
        drop(self.running.lock().take());
        self.listeners.wake();
    }
}
