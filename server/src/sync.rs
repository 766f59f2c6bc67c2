//! The lock around the timeout queue: `parking_lot`'s, or the model checker's.
//!
//! Compiled with `--cfg loom`, the lock is loom's, so that `tests/model` can run the real queue
//! and the real reaper in every order of their threads.

#[cfg(not(loom))]
pub(crate) use parking_lot::Mutex;

#[cfg(loom)]
pub(crate) use model::Mutex;

#[cfg(loom)]
mod model {
    use std::sync::PoisonError;

    use loom::sync::MutexGuard;

    /// loom's mutex with the interface of `parking_lot`'s.
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
