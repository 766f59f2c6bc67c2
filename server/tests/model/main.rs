//! The reaper against the connections' threads and the stop, in every order.
//!
//! The real queue and the real reaper run once for each order in which the model checker
//! can let their threads take turns, where [`PREEMPTIONS`] turns at most are cut short.
//! Time is a counter that moves on between any two steps. Each model prints its orders:
//!
//! ```sh
//! cargo test --release -p server --features model --test model -- --nocapture
//! ```

mod world;

use common::model::explore;
use loom::thread::JoinHandle;
use server::timeout_queue::Expired;

use world::{HALTED, LEAPING, Pace, STILL, World, key};

/// How many threads may lose their turn before they have to wait for something, with one
/// client. From 4 on each planted race is found.
const PREEMPTIONS: usize = 5;

/// The same with two clients, who have more orders.
const PREEMPTIONS_OF_TWO: usize = 4;

/// The same with two clients and the stop, who have more again.
const PREEMPTIONS_AT_THE_STOP: usize = 3;

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
fn a_process_that_was_stopped_loses_no_touch() {
    explore("one client, halted", PREEMPTIONS, || {
        serve(1, HALTED, Stop::AfterTheClients, World::reap);
    });
}

#[test]
fn a_newcomer_is_evicted_at_its_own_deadline_though_nobody_wakes_the_reaper() {
    explore("a newcomer", PREEMPTIONS, || welcome(World::reap));
}

/// The planted race: whoever is due is looked at, and then taken out.
#[test]
#[should_panic(expected = "a touch was lost")]
fn the_model_finds_a_touch_between_a_look_and_an_eviction() {
    fn reap(world: &World) {
        let World { queue, .. } = world;
        let first_deadline = |now| queue.next_deadline().unwrap_or(now + queue.timeout());
        let mut sleep_until = first_deadline(world.now());
        while let Some(now) = world.sleep(sleep_until) {
            if let Some(deadline) = queue.next_deadline()
                && now >= deadline
                && let Some(item) = queue.remove(key(0))
            {
                world.evict(Expired { item, silent: now - deadline + queue.timeout() });
            }
            sleep_until = first_deadline(now);
        }
    }
    explore("a reaper in two steps", PREEMPTIONS, || {
        serve(1, LEAPING, Stop::AfterTheClients, reap);
    });
}

/// The planted race: the clock is read after the look at an empty queue.
#[test]
#[should_panic(expected = "it sleeps too long")]
fn the_model_finds_a_newcomer_between_a_look_and_the_clock() {
    fn reap(world: &World) {
        let World { queue, .. } = world;
        let deadline = || queue.next_deadline().unwrap_or_else(|| world.now() + queue.timeout());
        while let Some(now) = world.sleep(deadline()) {
            queue.expire(now).into_iter().for_each(|expired| world.evict(expired));
        }
    }
    explore("a reaper that reads the clock too late", PREEMPTIONS, || welcome(reap));
}
