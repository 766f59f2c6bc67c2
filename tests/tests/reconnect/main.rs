//! Sessions that outlive their connections: servers that die, hang, refuse and come back, and
//! what the client prints, keeps and says meanwhile.
#![cfg(target_os = "linux")]

mod answers;
mod failures;
mod first;
mod input;
mod interrupted;
mod kills;
mod suspended;

use tests::{
    binaries::Server,
    event::{Event, any},
    finished::Finished,
    peer::{Listener, Peer},
    place::Place,
    program::Program,
};

/// A client that reconnects. It sends no heartbeats but the first one of each connection.
const RECONNECT: [&str; 3] = ["--reconnect", "--idle", "1h"];

/// The same with a rule by which a silent server is dead soon.
const QUICK: [&str; 7] =
    ["--reconnect", "--idle", "500ms", "--retry-interval", "2s", "--retries", "0"];

fn start(place: &Place) -> Server {
    place.start(&["-q"]).expect("the server starts")
}

/// A client that is connected to this address.
fn client(address: &str, arguments: &[&str]) -> Program {
    tests::binaries::client(address, arguments).expect("the client connects")
}

/// A connected client whose server is a raw peer, and where that listens.
fn proven(arguments: &[&str]) -> (Program, Peer, Listener) {
    let listener = Listener::bind();
    let mut client =
        tests::binaries::start_client(&listener.address(), arguments).expect("the client starts");
    let peer = listener.prove();
    client.wait_for("connected", any).expect("the server is proven");
    (client, peer, listener)
}

/// Waits for the next event that has one of these names.
#[track_caller]
fn next_of(client: &mut Program, names: &[&str]) -> Event {
    let next = client.wait_for_any(|event| names.contains(&event.name()));
    next.expect("one of the events comes")
}

/// Waits for the next announcement of an attempt, and checks its pause, in seconds.
#[track_caller]
fn expect_pause(client: &mut Program, least: f64, most: f64) -> Event {
    let announced = client.wait_for("reconnecting", any).expect("an attempt is announced");
    let pause = announced.f64("pause_s").expect("the pause is told");
    assert!((least..=most).contains(&pause), "not in {least}..={most}: {announced}");
    announced
}

/// How many events of this name the log has.
fn count(finished: &Finished, name: &str) -> usize {
    finished.events().filter(|event| event.name() == name).count()
}
