//! The reaper against the connections' threads and the stop, in every order.
//!
//! The real queue and the real reaper run once for each order in which the model checker can
//! let their threads take turns, as long as at most [`PREEMPTIONS`] turns are cut short. Time
//! is a counter that moves on between any two steps. Each model prints its number of orders:
//!
//! ```sh
//! RUSTFLAGS="--cfg loom" cargo test --release -p server --test model -- --nocapture
//! ```
#![cfg(loom)]

mod world;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use common::verdict::Verdict;
use loom::{model::Builder, thread::JoinHandle};
use server::timeout_queue::{Due, Expired};

use world::{HALTED, LEAPING, Pace, STILL, World};

/// How many threads may lose their turn before they have to wait for something, with one
/// client. With 4 and more each planted race is found.
const PREEMPTIONS: usize = 5;

/// The same with two clients, which have more orders.
const PREEMPTIONS_OF_TWO: usize = 4;

/// The same with two clients and the stop, which have more again.
const PREEMPTIONS_AT_THE_STOP: usize = 3;

/// Runs `body` once for each order of its threads in which at most `preemptions` of them lose
/// their turn, and prints how many orders there were. `LOOM_MAX_PREEMPTIONS` in the environment
/// takes precedence. Panics in the first order in which `body` panics or nobody can go on.
fn explore(model: &str, preemptions: usize, body: impl Fn() + Send + Sync + 'static) {
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

/// When the server is stopped.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stop {
    AtAnyTime,
    AfterTheClients,
}

/// A server from its start to its stop.
fn serve(clients: usize, pace: Pace, stop: Stop, reap: fn(&World)) {
    let world = World::new(clients, pace);
    let reaper = World::spawn(&world, reap);
    let mut threads: Vec<_> =
        (0..clients).map(|id| World::spawn(&world, move |world| world.converse(id))).collect();
    if stop == Stop::AfterTheClients {
        threads.drain(..).for_each(join);
    }
    world.drain();
    world.stop();
    threads.into_iter().chain([reaper]).for_each(join);
    assert_eq!(world.queue.next_deadline(), None, "the queue is empty in the end");
    world.state().check_exits();
}

fn join(thread: JoinHandle<()>) {
    thread.join().expect("a panic ends the model");
}

/// A client that comes while the reaper sleeps and then says nothing.
fn welcome(reap: fn(&World)) {
    let world = World::new(1, STILL);
    let reaper = World::spawn(&world, reap);
    world.tick();
    world.insert(0);
    world.tick();
    let mut state = world.state();
    while state.clients[0].exits.is_empty() {
        state = world.changed.wait(state).expect("a panic ends the model");
    }
    drop(state);
    world.stop();
    join(reaper);
    world.state().check_exits();
}

#[test]
fn each_client_leaves_once_and_none_before_its_time() {
    explore("one client", PREEMPTIONS, || serve(1, LEAPING, Stop::AfterTheClients, World::reap));
    explore("two clients", PREEMPTIONS_OF_TWO, || {
        serve(2, LEAPING, Stop::AfterTheClients, World::reap);
    });
}

#[test]
fn each_client_leaves_once_though_the_server_stops() {
    explore("one client, and the stop", PREEMPTIONS, || {
        serve(1, LEAPING, Stop::AtAnyTime, World::reap);
    });
    explore("two clients, and the stop", PREEMPTIONS_AT_THE_STOP, || {
        serve(2, LEAPING, Stop::AtAnyTime, World::reap);
    });
}

#[test]
fn a_client_that_spoke_while_the_process_was_stopped_is_not_evicted() {
    explore("one client, halted", PREEMPTIONS, || {
        serve(1, HALTED, Stop::AfterTheClients, World::reap);
    });
}

#[test]
fn a_newcomer_is_evicted_at_its_own_deadline_though_nobody_wakes_the_reaper() {
    explore("a newcomer", PREEMPTIONS, || welcome(World::reap));
}

/// The planted race: a due item is judged, and then taken out without a second look.
#[test]
#[should_panic(expected = "a touch was lost")]
fn the_model_finds_a_touch_between_a_look_and_an_eviction() {
    fn reap(world: &World) {
        let World { queue, .. } = world;
        let first_deadline = |now| queue.next_deadline().unwrap_or(now + queue.timeout());
        let mut sleep_until = first_deadline(world.now());
        while let Some(now) = world.sleep(sleep_until) {
            for Due { id, item, .. } in queue.due(now) {
                if world.judge(item) == Verdict::Dead && queue.remove(id).is_some() {
                    world.evict(Expired { item, silent: queue.timeout() });
                } else {
                    queue.touch(id, now);
                }
            }
            sleep_until = first_deadline(now);
        }
    }
    explore("a reaper in two steps", PREEMPTIONS, || {
        serve(1, LEAPING, Stop::AfterTheClients, reap);
    });
}

/// The planted race: the clock is read after the empty queue was looked at.
#[test]
#[should_panic(expected = "it sleeps too long")]
fn the_model_finds_a_newcomer_between_a_look_and_the_clock() {
    fn reap(world: &World) {
        let World { queue, .. } = world;
        let deadline = || queue.next_deadline().unwrap_or_else(|| world.now() + queue.timeout());
        while let Some(now) = world.sleep(deadline()) {
            for Due { id, .. } in queue.due(now) {
                queue.expire(id, now).into_iter().for_each(|expired| world.evict(expired));
            }
        }
    }
    explore("a reaper that reads the clock too late", PREEMPTIONS, || welcome(reap));
}
