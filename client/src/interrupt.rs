//! Ctrl-C, SIGTERM and SIGHUP: they end the session at once, whatever it is doing.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;

use crate::{end_signal::EndSignal, ending::Ending, input::Waker};

/// What a signal handler ends the session by.
pub struct Interrupt {
    is_signalled: AtomicBool,
    /// The connection that stands. Its end wakes the main thread out of a blocked write.
    connection: Mutex<Option<Arc<EndSignal>>>,
    main: Waker,
}

impl Interrupt {
    /// An interrupt that wakes `main`.
    pub fn new(main: Waker) -> Self {
        Self { is_signalled: AtomicBool::new(false), connection: Mutex::default(), main }
    }

    /// Ends the session. Returns false if the session has ended already, or is ending because of
    /// an earlier signal: then the main thread may be busy with an output that takes nothing.
    pub fn signal(&self) -> bool {
        if self.is_signalled.swap(true, Ordering::AcqRel) {
            return false;
        }
        if let Some(end) = &*self.connection.lock() {
            end.signal(Ending::Interrupted);
        }
        self.main.wake();
        true
    }

    /// Whether the session is to end.
    pub fn is_signalled(&self) -> bool {
        self.is_signalled.load(Ordering::Acquire)
    }

    /// Records the connection that stands from now on.
    pub fn enter(&self, end: Arc<EndSignal>) {
        let mut connection = self.connection.lock();
        if self.is_signalled() {
            end.signal(Ending::Interrupted);
        }
        *connection = Some(end);
    }

    /// Records that the session has ended. A signal that comes later finds nobody waiting for it.
    pub fn close(&self) {
        self.is_signalled.store(true, Ordering::Release);
    }
}
