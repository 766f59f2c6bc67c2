//! A session's end from several sides at once, in every order.
//!
//! The real end signal, main thread's loop and input run once for each order in which the
//! model checker can let the threads take turns, where [`PREEMPTIONS`] turns at most are cut
//! short. The socket is modelled; the receiver and the heartbeat thread are reduced to what
//! they wait for and how they end. Each model prints its orders:
//!
//! ```sh
//! cargo test --release -p client --features model --test model -- --nocapture
//! ```

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use client::{
    end_signal::EndSignal,
    ending::{Ending, Unanswered},
    forward::forward,
    input,
    liveness::Silence,
    sync::{Receiver, bounded},
};
use common::model::explore;
use loom::{
    sync::{Condvar, MutexGuard},
    thread::{self, JoinHandle},
};

/// How many threads may lose their turn before they have to wait for something.
const PREEMPTIONS: usize = 3;

/// What happens to a session.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Event {
    /// The server ends its stream.
    Server,
    /// The heartbeats go unanswered.
    Heartbeat,
    /// A person, or a polite kill.
    CtrlC,
    /// stdin ends, and then the server its stream.
    Input,
    /// The server reads nothing: a write blocks.
    Blocked,
}

use Event::{Blocked, CtrlC, Heartbeat, Input, Server};

/// The connection.
struct Socket {
    events: &'static [Event],
    state: loom::sync::Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    server_closed: bool,
    shut_down: bool,
}

impl Socket {
    fn new(events: &'static [Event]) -> Arc<Self> {
        let state = State { server_closed: events.contains(&Server), shut_down: false };
        Arc::new(Self { events, state: loom::sync::Mutex::new(state), changed: Condvar::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("a panic ends the model")
    }

    fn shut_down(&self) {
        self.state().shut_down = true;
        self.changed.notify_all();
    }

    /// Blocks until the end of the stream.
    fn read(&self) {
        let mut state = self.state();
        while !state.server_closed && !state.shut_down {
            state = self.changed.wait(state).expect("a panic ends the model");
        }
    }

    /// A failed write says only that the connection has ended.
    fn write(&self) -> Result<(), Option<Ending>> {
        let mut state = self.state();
        while self.events.contains(&Blocked) && !state.shut_down {
            state = self.changed.wait(state).expect("a panic ends the model");
        }
        if state.shut_down { Err(None) } else { Ok(()) }
    }

    /// A server that is told the end of our stream ends its own.
    fn finish(&self) -> Result<(), Option<Ending>> {
        let mut state = self.state();
        if state.shut_down {
            return Err(None);
        }
        state.server_closed = true;
        self.changed.notify_all();
        Ok(())
    }
}

type Chunks = Receiver<io::Result<Vec<u8>>>;
type Main = fn(&Socket, &Chunks, &EndSignal, &Receiver<Ending>) -> (Ending, bool);

fn real_main(
    socket: &Socket,
    chunks: &Chunks,
    end: &EndSignal,
    ended: &Receiver<Ending>,
) -> (Ending, bool) {
    forward(chunks, end, ended, |_| socket.write(), || socket.finish())
}

/// A session from its start to its end, in the threads that it has.
fn session(events: &'static [Event], main: Main) {
    let socket = Socket::new(events);
    let (end, ended) = EndSignal::new({
        let socket = Arc::clone(&socket);
        move || socket.shut_down()
    });
    let (end, reasons) = (Arc::new(end), Arc::new(Mutex::new(Vec::new())));
    let signal = {
        let (end, reasons) = (Arc::clone(&end), Arc::clone(&reasons));
        move |ending: Ending| {
            let reason = ending.exit_code();
            if end.signal(ending) {
                reasons.lock().unwrap_or_else(PoisonError::into_inner).push(reason);
            }
        }
    };

    // The heartbeat thread ends the session, or waits for the receiver to be gone.
    let waits = !events.contains(&Heartbeat);
    let (running, receiver_gone) = waits.then(|| bounded::<()>(1)).unzip();
    let receiver = thread::spawn({
        let (socket, signal) = (Arc::clone(&socket), signal.clone());
        move || {
            let _running = running;
            socket.read();
            signal(Ending::ServerClosed);
        }
    });
    let heartbeat = thread::spawn({
        let signal = signal.clone();
        move || match receiver_gone {
            Some(gone) => drop(gone.recv().expect_err("nothing is sent")),
            None => signal(unanswered()),
        }
    });
    let ctrl_c =
        events.contains(&CtrlC).then(|| thread::spawn(move || signal(Ending::Interrupted)));
    let (to_main, chunks) = bounded(4);
    let (mut stdin, mut waiting) = (None, None);
    if events.contains(&Input) {
        stdin = Some(thread::spawn(move || input::read(&b"text\n"[..], &to_main)));
    } else {
        to_main.send(Ok(b"text\n".to_vec())).expect("it is received");
        waiting = Some(to_main);
    }

    let (ending, all_sent) = main(&socket, &chunks, &end, &ended);
    join(receiver);
    join(heartbeat);
    assert!(socket.state().shut_down, "the connection outlives its session");

    drop((chunks, waiting));
    ctrl_c.into_iter().chain(stdin).for_each(join);
    let reasons = reasons.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!(*reasons, [ending.exit_code()], "there is one reason, and it is told");
    assert!(!all_sent || events.contains(&Input), "all was sent although the input goes on");
}

fn unanswered() -> Ending {
    let silence = Silence { lasted: Duration::from_secs(55), heartbeats: 6 };
    Ending::Unanswered(Unanswered { silence, unsent: 0, not_sent: None, finding: None })
}

fn join(thread: JoinHandle<()>) {
    thread.join().expect("a panic ends the model");
}

#[test]
fn a_session_that_ends_from_four_sides_ends_once() {
    explore("all four", PREEMPTIONS, || session(&[Server, Heartbeat, CtrlC, Input], real_main));
}

#[test]
fn a_session_that_ends_from_one_side_ends() {
    explore("the server", PREEMPTIONS, || session(&[Server], real_main));
    explore("the heartbeat", PREEMPTIONS, || session(&[Heartbeat], real_main));
    explore("ctrl-c", PREEMPTIONS, || session(&[CtrlC], real_main));
    explore("the input", PREEMPTIONS, || session(&[Input], real_main));
}

#[test]
fn a_main_that_is_blocked_in_a_write_is_woken_by_the_end() {
    explore("blocked, server and heartbeat", PREEMPTIONS, || {
        session(&[Blocked, Server, Heartbeat], real_main);
    });
    explore("blocked, server and ctrl-c", PREEMPTIONS, || {
        session(&[Blocked, Server, CtrlC], real_main);
    });
    explore("blocked, heartbeat and ctrl-c", PREEMPTIONS, || {
        session(&[Blocked, Heartbeat, CtrlC], real_main);
    });
}

/// The planted race: whether the session has ended is looked at, and then waited for.
#[test]
#[should_panic(expected = "deadlock")]
fn the_model_finds_an_end_between_a_look_and_a_wait() {
    fn main(
        socket: &Socket,
        _: &Chunks,
        _: &EndSignal,
        ended: &Receiver<Ending>,
    ) -> (Ending, bool) {
        while !socket.state().shut_down {
            drop(socket.changed.wait(socket.state()));
        }
        (ended.recv().expect("it has ended"), false)
    }
    explore("a main in two steps", PREEMPTIONS, || session(&[CtrlC], main));
}
