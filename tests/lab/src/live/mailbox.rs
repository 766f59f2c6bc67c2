//! The way of all inputs to the one thread that takes them.
//!
//! A flood of bytes brings more inputs than that thread can take. Of those that only draw a
//! picture of the flood, some are then left out and counted, so that the lab stays at hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use super::input::What;

/// Something that happened, and when.
pub type Happened = (Instant, What);

/// While so many inputs wait, those that can be left out are.
const MOST: usize = 5_000;

/// A mailbox: one end to send, and one to take.
pub fn mailbox() -> (Mailbox, Inputs) {
    let (sender, receiver) = mpsc::channel();
    let counts = Arc::<Counts>::default();
    (Mailbox { sender, counts: Arc::clone(&counts) }, Inputs { receiver, counts })
}

#[derive(Clone)]
pub struct Mailbox {
    sender: Sender<Happened>,
    counts: Arc<Counts>,
}

pub struct Inputs {
    receiver: Receiver<Happened>,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    waiting: AtomicUsize,
    left_out: AtomicUsize,
}

impl Mailbox {
    /// Sends what happens now. It waits for nothing.
    pub fn send(&self, what: What) {
        self.counts.waiting.fetch_add(1, Ordering::Relaxed);
        let _ = self.sender.send((Instant::now(), what)); // at the lab's end nobody takes it
    }

    /// Sends what happens now, or leaves it out if too much waits already.
    pub fn offer(&self, what: What) {
        if self.counts.waiting.load(Ordering::Relaxed) < MOST {
            self.send(what);
        } else {
            self.counts.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Inputs {
    /// The next input, if one comes within this time.
    ///
    /// # Errors
    /// When none comes.
    pub fn next(&self, within: Duration) -> Result<Happened, RecvTimeoutError> {
        let happened = self.receiver.recv_timeout(within)?;
        self.counts.waiting.fetch_sub(1, Ordering::Relaxed);
        Ok(happened)
    }

    /// How many inputs were left out since this was last asked, once the flood is over.
    pub fn left_out(&self) -> Option<usize> {
        let is_over = self.counts.waiting.load(Ordering::Relaxed) < MOST / 10;
        let count = if is_over { self.counts.left_out.swap(0, Ordering::Relaxed) } else { 0 };
        (count > 0).then_some(count)
    }
}
