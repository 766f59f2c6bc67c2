//! One session with its cuts, and many of them at a time.

use std::{
    io,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use tests::{
    binaries::{are_of_windows, json_command},
    finished::Finished,
    program::Program,
    relay::{Cut, From, How, Relay},
};

use crate::script::Script;

/// How many sessions run at a time, and one out of how many is played. They wait most of their time,
/// but Wine starts a program slowly.
fn pace() -> (usize, usize) {
    if are_of_windows() { (8, 11) } else { (96, 1) }
}

/// How the text comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Feed {
    /// All at once, with the end of the input behind it.
    AtOnce,
    /// Piece by piece. The next one comes when a heartbeat or a probe was answered, or when the connection
    /// has ended.
    InPieces,
}

/// A session.
#[derive(Clone, Copy)]
pub(crate) struct Case<'a> {
    /// The server's.
    pub(crate) address: &'a str,
    pub(crate) script: &'a Script,
    pub(crate) feed: Feed,
    pub(crate) cut: Option<Cut>,
    /// How many connections are cut.
    pub(crate) cuts: usize,
}

impl Case<'_> {
    /// Plays the session and checks its output and its end. Returns how many bytes have passed
    /// from the client and from the server on each connection.
    pub(crate) fn play(&self) -> io::Result<Vec<[u64; 2]>> {
        let Self { cut, cuts, .. } = *self;
        let relay = Relay::start(self.address, move |number| cut.filter(|_| number < cuts))?;
        let mut command = json_command("client")?;
        command.args(["--reconnect", "--idle", "40ms", "--retries", "0"]);
        command.args(["--server", &relay.address]);
        if self.is_silent() {
            // A server that hangs is avoided for seconds, but another one is tried at once.
            command.args(["--server", &relay.address, "--retry-interval", "2s"]);
        } else {
            command.args(["--retry-interval", "10s"]);
        }
        let mut client = Program::start(&mut command)?;
        self.feed(&mut client);
        let finished = client.finish()?;
        let from_client = relay.passed(From::Client).into_iter();
        let passed: Vec<_> =
            from_client.zip(relay.passed(From::Server)).map(<[u64; 2]>::from).collect();
        self.check(&finished, passed[0][1] > 0)?;
        Ok(passed)
    }

    /// Whether a connection dies without an end.
    fn is_silent(&self) -> bool {
        self.cut.is_some_and(|cut| cut.how == How::Swallow)
    }

    /// Whether the first connection was cut where it should be, if so many bytes have passed on each.
    /// A session may also be over before the cut: there are more heartbeats in one than in another.
    fn went_as_planned(&self, passed: &[[u64; 2]]) -> bool {
        let [from_client, from_server] = passed[0];
        self.cut.is_some_and(|cut| {
            let passed_there = match cut.from {
                From::Client => from_client,
                From::Server => from_server,
            };
            passed_there == cut.after || passed_there < cut.after && passed.len() == 1
        })
    }

    /// A session that has ended takes nothing more.
    fn feed(&self, client: &mut Program) {
        for (number, piece) in self.script.pieces().iter().enumerate() {
            if self.feed == Feed::InPieces && number > 0 {
                let goes_on = ["heartbeat_answered", "probe_answered", "reconnecting"];
                if client.wait_for_any(|event| goes_on.contains(&event.name())).is_err() {
                    return;
                }
            }
            if client.type_in(piece).is_err() {
                return;
            }
        }
        client.close_stdin();
    }

    /// A session whose only server has not said a byte ends with its connection.
    fn check(&self, finished: &Finished, is_proven: bool) -> io::Result<()> {
        // On Windows a reset takes away what came before it, and Wine may take it for a close.
        let may_be_unproven = are_of_windows() && finished.stdout.is_empty();
        let (codes, stdout): (&[i32], _) = match self.cut.map(|cut| cut.how) {
            Some(How::Reset) if may_be_unproven => (&[0, 1, 3, 5], Vec::new()),
            Some(How::Reset) if !is_proven => (&[1, 5], Vec::new()),
            Some(How::Close) if !is_proven => (&[3], Vec::new()),
            _ => (&[0], self.script.echo()),
        };
        let is_right = finished.status.code().is_some_and(|code| codes.contains(&code));
        if is_right && finished.stdout == stdout {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "{:?}, not {codes:?};\n  it printed \"{}\"\n  not        \"{}\"\n{}",
            finished.status,
            finished.stdout.escape_ascii(),
            stdout.escape_ascii(),
            finished.log()
        )))
    }
}

/// Plays the cases, many at a time, until one fails.
///
/// # Panics
/// If one fails, or if many do not go as planned. A few may lose their server before
/// that, because the machine is busy.
pub(crate) fn play_all(cases: &[Case<'_>]) {
    let (at_a_time, step) = pace();
    let cases: Vec<_> = cases.iter().step_by(step).collect();
    let (next, outcomes) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    thread::scope(|scope| {
        for _ in 0..at_a_time {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = case.play();
                    if outcome.is_err() {
                        next.store(cases.len(), Ordering::Relaxed);
                    }
                    outcomes.lock().expect("no thread panics").push((case, outcome));
                }
            });
        }
    });
    let mut right = 0;
    for (case, outcome) in outcomes.into_inner().expect("no thread panicked") {
        let passed =
            outcome.unwrap_or_else(|error| panic!("{:?}, {:?}: {error}", case.feed, case.cut));
        right += usize::from(case.went_as_planned(&passed));
    }
    let all = cases.len();
    assert!(right * 10 >= all * 9, "only {right} of {all} sessions went as planned");
}
