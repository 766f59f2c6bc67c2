//! What the threads of a session wait for each other with.
//!
//! It is crossbeam's channels and std's flag. With the feature `model` it is made of the model
//! checker's primitives in the same shape, so that `tests/model.rs` can run the real code in
//! every order of its threads.

#[cfg(feature = "model")]
mod model;

#[cfg(feature = "model")]
pub use model::{AtomicBool, Receiver, Sender, bounded, first_of};

#[cfg(not(feature = "model"))]
pub use real::{AtomicBool, Receiver, Sender, bounded, first_of};

/// What came first of two.
pub enum First<A, B> {
    /// The first of the two has something, or both have.
    Left(A),
    /// Only the second has.
    Right(B),
}

#[cfg(not(feature = "model"))]
mod real {
    pub use std::sync::atomic::AtomicBool;

    pub use crossbeam_channel::{Receiver, Sender, bounded};
    use crossbeam_channel::{RecvError, select_biased};

    use super::First;

    type Received<T> = Result<T, RecvError>;

    /// Waits for the first of two channels that has something or has lost its senders; if
    /// both have, `left` is it.
    #[must_use]
    pub fn first_of<A, B>(
        left: &Receiver<A>,
        right: &Receiver<B>,
    ) -> First<Received<A>, Received<B>> {
        select_biased! {
            recv(left) -> received => First::Left(received),
            recv(right) -> received => First::Right(received),
        }
    }
}
