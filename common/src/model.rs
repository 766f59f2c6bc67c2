//! Runs a model of concurrent threads in every order that they can take turns in.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use loom::model::Builder;

/// Runs `body` once for each order of its threads in which at most `preemptions` of them lose
/// their turn before they have to wait for something, and prints how many orders those were.
/// The environment's `LOOM_MAX_PREEMPTIONS` has precedence.
///
/// # Panics
/// In the first order in which `body` panics, or in which nobody can go on.
pub fn explore(model: &str, preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
    let (orders, start) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let mut builder = Builder::new();
    let bound = *builder.preemption_bound.get_or_insert(preemptions);
    builder.check({
        let orders = Arc::clone(&orders);
        move || {
            orders.fetch_add(1, Ordering::Relaxed);
            body();
        }
    });
    let orders = orders.load(Ordering::Relaxed);
    println!("{model}: {orders} orders with up to {bound} preemptions in {:.1?}", start.elapsed());
}
