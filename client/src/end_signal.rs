//! The end of a session: signalled by whichever thread knows of it first.

use std::{
    io,
    net::{Shutdown, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use common::{
    diagnosis::Lost,
    kernel::{Evidence, GaveUp, Side},
};

use crossbeam_channel::{Receiver, Sender};

use crate::ending::Ending;

/// Ends the session, from any thread.
pub struct EndSignal {
    shutdown: AtomicBool,
    reason: Sender<Ending>,
    stream: Arc<TcpStream>,
}

impl EndSignal {
    /// The end of the session on `stream`, and where its one reason will arrive.
    #[must_use]
    pub fn new(stream: Arc<TcpStream>) -> (Self, Receiver<Ending>) {
        let (reason, ended) = crossbeam_channel::bounded(1);
        (Self { shutdown: AtomicBool::new(false), reason, stream }, ended)
    }

    /// Ends the session for this reason, unless it has ended already: the first reason
    /// counts, and what follows from it (a failed write, an end of stream) does not.
    ///
    /// The shutdown wakes every thread that is blocked on the connection. Returns whether
    /// this was the first reason.
    pub fn signal(&self, ending: Ending) -> bool {
        if self.shutdown.swap(true, Ordering::AcqRel) {
            return false;
        }
        let _ = self.reason.send(ending); // room for one, and there is only one
        let _ = self.stream.shutdown(Shutdown::Both);
        true
    }

    /// Ends the session because reading or writing the connection failed.
    pub fn signal_failure(&self, doing: &'static str, error: io::Error) {
        match GaveUp::from_error(&error) {
            Some(verdict) => self.signal_gave_up(verdict),
            // The server closed, and its host reset what we sent after that.
            None if error.kind() == io::ErrorKind::BrokenPipe => {
                self.signal(Ending::ServerClosed);
            }
            None => {
                self.signal(Ending::Failed { doing, error });
            }
        }
    }

    /// Ends the session because the kernel gave the connection up.
    pub fn signal_gave_up(&self, verdict: GaveUp) {
        let evidence = Evidence::ask(&self.stream, Side::Connecting);
        self.signal(Ending::Lost(Lost { verdict, evidence }));
    }
}
