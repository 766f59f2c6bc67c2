//! The model checker's primitives in the shape of the real ones.
//!
//! All channels share one lock, under which alone a channel's own is taken: that makes a
//! choice between two of them plain, and leaves the checker few steps to order.

#![allow(missing_docs, clippy::missing_errors_doc, clippy::must_use_candidate)] // as the real ones

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, PoisonError},
    thread::panicking,
};

use crossbeam_channel::{RecvError, SendError};
pub use loom::sync::atomic::AtomicBool;

use super::First;

loom::lazy_static! {
    static ref CHANNELS: loom::sync::Mutex<Waiting> = loom::sync::Mutex::default();
    static ref CHANGED: loom::sync::Condvar = loom::sync::Condvar::new();
}

struct Channel<T> {
    waiting: VecDeque<T>,
    capacity: usize,
    halves: usize,
}

struct Half<T>(Arc<Mutex<Channel<T>>>);

pub struct Sender<T>(Half<T>);

pub struct Receiver<T>(Half<T>);

/// A channel with room for `capacity`, at least one.
#[must_use]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let channel = Channel { waiting: VecDeque::new(), capacity, halves: 2 };
    let channel = Arc::new(Mutex::new(channel));
    (Sender(Half(Arc::clone(&channel))), Receiver(Half(channel)))
}

impl<T> Half<T> {
    fn with<R>(&self, body: impl FnOnce(&mut Channel<T>) -> R) -> R {
        body(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How many threads wait for a channel to change.
type Waiting = usize;

/// Waits until `ready` has something, asking whenever a channel has changed.
fn wait_for<R>(mut ready: impl FnMut() -> Option<R>) -> R {
    let mut waiting = CHANNELS.lock().unwrap_or_else(PoisonError::into_inner);
    loop {
        if let Some(result) = ready() {
            if mem::take(&mut *waiting) > 0 {
                CHANGED.notify_all();
            }
            return result;
        }
        *waiting += 1;
        waiting = CHANGED.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
}

impl<T> Sender<T> {
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        let mut value = Some(value);
        wait_for(|| {
            self.0.with(|channel| {
                if channel.halves < 2 {
                    return value.take().map(|value| Err(SendError(value)));
                }
                if channel.waiting.len() == channel.capacity {
                    return None;
                }
                channel.waiting.extend(value.take());
                Some(Ok(()))
            })
        })
    }
}

impl<T> Receiver<T> {
    pub fn recv(&self) -> Result<T, RecvError> {
        wait_for(|| self.poll())
    }

    fn poll(&self) -> Option<Result<T, RecvError>> {
        self.0.with(|channel| match channel.waiting.pop_front() {
            Some(value) => Some(Ok(value)),
            None => (channel.halves < 2).then_some(Err(RecvError)),
        })
    }
}

pub fn first_of<A, B>(
    left: &Receiver<A>,
    right: &Receiver<B>,
) -> First<Result<A, RecvError>, Result<B, RecvError>> {
    wait_for(|| left.poll().map(First::Left).or_else(|| right.poll().map(First::Right)))
}

impl<T> Drop for Half<T> {
    fn drop(&mut self) {
        if !panicking() {
            wait_for(|| {
                self.with(|channel| channel.halves -= 1);
                Some(())
            });
        }
    }
}
