//! The lock around what several threads share.
//!
//! It is `parking_lot`'s. With the feature `model` it is the model checker's in the same
//! shape, so that `tests/model.rs` can run the real code in every order of its threads.

#[cfg(not(feature = "model"))]
pub(crate) use parking_lot::Mutex;

#[cfg(feature = "model")]
pub(crate) use model::Mutex;

#[cfg(feature = "model")]
mod model {
    use std::sync::PoisonError;

    use loom::sync::MutexGuard;

    /// As `parking_lot`'s, it is not poisoned by a panic.
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
