//! The real server and the real client on a stage: started with given settings, watched, and
//! broken.

use std::{
    io::Write as _,
    process::{self, ChildStdin},
    sync::{
        Mutex,
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{
    event::{Event, Side},
    note::{Note, Seen},
    relay::Relay,
    settings::Settings,
    story::{Story, Wire},
};
use tests::{
    binaries::{Server, command},
    namespace::{Loopback, set_loopback},
    program::Program,
};

/// What is done to the programs, or to the line between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// SIGKILL.
    Kill(Side),
    /// SIGSTOP.
    Stop(Side),
    /// The connection is reset on both sides.
    Reset,
    /// Nothing passes any more.
    Cut,
    /// Everything passes again.
    Mend,
}

/// The programs on the stage: they would outlive a lab that is interrupted.
static ON_STAGE: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Kills whatever is on the stage, and ends the lab with this exit code.
pub fn abandon(code: i32) -> ! {
    for &pid in ON_STAGE.lock().iter().flat_map(|pids| pids.iter()) {
        let _ = kill(pid, Signal::SIGKILL);
    }
    process::exit(code)
}

fn on_stage(program: Program) -> Program {
    if let (Ok(mut on_stage), Ok(pid)) = (ON_STAGE.lock(), i32::try_from(program.pid())) {
        on_stage.push(Pid::from_raw(pid));
    }
    program
}

/// Notes closer to each other than this are told as one moment: a log's line may be seen so
/// much later than what followed from it.
const MOMENT: Duration = Duration::from_millis(50);

/// No moment is longer, however much happens.
const LONGEST_MOMENT: Duration = Duration::from_millis(500);

/// The server, the client and what is between them.
pub struct Stage<'a> {
    server: Server,
    client: Program,
    stdin: Option<ChildStdin>,
    relay: Option<Relay>,
    notes: Receiver<Note>,
    show: &'a mut dyn FnMut(&Event),
    shown: usize,
    /// What has happened so far.
    pub story: Story,
}

impl<'a> Stage<'a> {
    /// Starts both programs, connected by `wire`; each event is shown to `show` as it happens.
    /// The client's output is read by nobody.
    ///
    /// # Panics
    /// When a program cannot be started.
    pub fn set(settings: &Settings, wire: Wire, show: &'a mut dyn FnMut(&Event)) -> Self {
        let (teller, notes) = mpsc::channel();
        let mut server = command("server");
        server.args(["--listen", "127.0.0.1:0"]).args(settings.server_arguments());
        if wire != Wire::Flooded {
            server.arg("-v"); // it tells of each line
        }
        let server = Program::start_watched(&mut server, watch(Side::Server, teller.clone()));
        let server = Server::from_program(on_stage(server));

        let relay = (wire == Wire::Relayed).then(|| {
            let teller = teller.clone();
            Relay::start(&server.address, move |from, content| {
                let _ = teller.send(Note { at: Instant::now(), seen: Seen::Passed(from, content) });
            })
            .expect("a relay takes a free port and two threads")
        });
        let address = relay.as_ref().map_or(&*server.address, Relay::address);
        let mut client = command("client");
        client.args(["--server", address]).args(settings.client_arguments());
        let mut client = on_stage(Program::start_watched(&mut client, watch(Side::Client, teller)));
        let (stdin, story) = (Some(client.take_stdin()), Story::new(wire));
        let mut stage = Self { server, client, stdin, relay, notes, show, shown: 0, story };
        stage.follow(tests::DEADLINE, |story| story.connected == 2 || story.client.is_some());
        assert!(stage.story.connected == 2, "the client does not connect to the server");
        stage
    }

    /// Follows what happens until `enough`, for so long at most. Whether it was enough.
    pub fn follow(&mut self, limit: Duration, mut enough: impl FnMut(&Story) -> bool) -> bool {
        let end = Instant::now() + limit;
        while !enough(&self.story) {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let Ok(first) = self.notes.recv_timeout(left) else { return false };
            let longest = first.at + LONGEST_MOMENT;
            let mut moment = vec![first];
            while Instant::now() < longest {
                let Ok(next) = self.notes.recv_timeout(MOMENT) else { break };
                moment.push(next);
            }
            self.story.take(moment);
            self.show();
        }
        true
    }

    /// Does something, and tells of it.
    ///
    /// # Panics
    /// When it cannot be done: a process is gone, or the namespace is not ours.
    pub fn act(&mut self, deed: Deed, text: &str) {
        self.story.between(text);
        self.show();
        match deed {
            Deed::Kill(side) => {
                self.story.set_killed(side);
                self.program(side).signal(Signal::SIGKILL);
            }
            Deed::Stop(side) => self.program(side).pause(),
            Deed::Reset => self.relay.take().into_iter().for_each(Relay::reset),
            Deed::Cut => {
                self.story.set_cut(true);
                set_loopback(Loopback::Down);
            }
            Deed::Mend => {
                self.story.set_cut(false);
                set_loopback(Loopback::Up);
            }
        }
    }

    /// Types a line into the client. If it has just ended, nobody takes it.
    pub fn type_in(&mut self, line: &str) {
        self.story.typed(line);
        if let Some(stdin) = &mut self.stdin {
            let _ = stdin.write_all(line.as_bytes());
        }
        self.show();
    }

    /// Types without a pause from now on, for as long as the client takes it, and tells of it.
    pub fn flood(&mut self, text: &str) {
        self.story.between(text);
        self.show();
        if let Some(mut stdin) = self.stdin.take() {
            let line = [&b"read this, ".repeat(3000)[..], b"and this\n"].concat();
            thread::spawn(move || while stdin.write_all(&line).is_ok() {});
        }
    }

    /// Ends it: the story, and the client's exit code if it had ended by itself.
    #[must_use]
    pub fn clear(self) -> (Story, Option<i32>) {
        if self.story.is_cut() {
            set_loopback(Loopback::Up);
        }
        let ended = self.story.client.is_some();
        let code = if ended {
            self.client.finish().status.code()
        } else {
            drop(self.client);
            None
        };
        drop(self.server);
        if let Ok(mut on_stage) = ON_STAGE.lock() {
            on_stage.clear(); // their process ids may soon be others'
        }
        (self.story, code)
    }

    fn program(&self, side: Side) -> &Program {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server.program,
        }
    }

    fn show(&mut self) {
        for event in &self.story.events[self.shown..] {
            (self.show)(event);
        }
        self.shown = self.story.events.len();
    }
}

fn watch(side: Side, teller: Sender<Note>) -> impl FnMut(Option<&str>) + Send + 'static {
    move |line| {
        let seen = match line {
            Some(line) => Seen::Said(side, line.to_owned()),
            None => Seen::Ended(side),
        };
        let _ = teller.send(Note { at: Instant::now(), seen });
    }
}
