//! Runs the measurement: the sockets and the clock.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    net::TcpStream,
    os::fd::AsFd as _,
    thread,
    time::{Duration, Instant},
};

use client::connect::{ConnectError, connect};
use common::{
    descriptors::raise_limit,
    start::thread_error,
    wire::{HEARTBEAT, Reply, ReplyReader, SentHeartbeat},
};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::{
    fate::Look,
    plan::Plan,
    void::Why,
    watch::{Line, Watch},
};

/// The most that one read takes. Nothing longer than a heartbeat is due.
const READ_SIZE: usize = 512;

/// A sleep of the machine that is too short to matter.
const SHORT_SLEEP: Duration = Duration::from_millis(500);

/// An open connection. TCP keepalive is off on it, as on every new socket.
struct Connection {
    stream: TcpStream,
    replies: ReplyReader,
    opened: Instant,
}

impl Connection {
    fn open(server: &str) -> Result<Self, ConnectError> {
        let (stream, _) = connect(server)?;
        let opened = Instant::now();
        Ok(Self { stream, replies: ReplyReader::new(READ_SIZE), opened })
    }
}

/// The connections of a run. A connection whose fate is final is closed.
struct Connections {
    control: Connection,
    silent: Vec<Option<Connection>>,
}

/// Measures the idle limit of the path to `server`, and calls `show` with what is known so far
/// each time it wakes up.
///
/// # Errors
/// When a connection cannot be opened, or the system refuses what that takes.
pub fn measure(server: &str, plan: Plan, mut show: impl FnMut(&Watch)) -> io::Result<Watch> {
    raise_limit();
    let mut connections = open(server, plan)?;
    let opened = connections.silent.iter().flatten().map(|connection| connection.opened);
    let mut watch = Watch::new(plan, opened, Instant::now());
    let sleep_before = time_asleep();
    while !watch.is_over() {
        connections.wait(watch.wake())?;
        // `now` is read before the connections are looked at, so that nothing which had come
        // before a deadline is missed.
        let now = Instant::now();
        watch.woke(now);
        connections.read(&mut watch);
        watch.judge(now);
        connections.send(&mut watch);
        let slept = time_asleep().saturating_sub(sleep_before);
        if slept > SHORT_SLEEP {
            watch.void(Why::Slept(slept), Instant::now());
        }
        show(&watch);
    }
    Ok(watch)
}

/// Opens the control connection, and then all others at once, to the address that it has found.
fn open(server: &str, plan: Plan) -> io::Result<Connections> {
    let control = Connection::open(server).map_err(io::Error::other)?;
    let address = control.stream.peer_addr()?.to_string();
    let silent = thread::scope(|scope| {
        let open = |_| {
            let thread = thread::Builder::new().name("connect".to_owned());
            let opening = thread.spawn_scoped(scope, || Connection::open(&address));
            opening.map_err(|error| thread_error("connect", &error))
        };
        let opening: Vec<_> = plan.silences().iter().map(open).collect::<io::Result<_>>()?;
        let opened = opening.into_iter().map(|opening| match opening.join() {
            Ok(opened) => opened.map(Some).map_err(io::Error::other),
            Err(_) => Err(io::Error::other("the connect thread panicked")),
        });
        opened.collect::<io::Result<Vec<_>>>()
    })?;
    for connection in silent.iter().flatten().chain([&control]) {
        connection.stream.set_nonblocking(true)?;
    }
    Ok(Connections { control, silent })
}

impl Connections {
    fn all(&mut self) -> impl Iterator<Item = (Line, &mut Connection)> {
        let silent = self.silent.iter_mut().enumerate();
        let silent = silent.filter_map(|(index, it)| Some((Line::Silent(index), it.as_mut()?)));
        [(Line::Control, &mut self.control)].into_iter().chain(silent)
    }

    /// Waits until something has come, or for the deadline.
    fn wait(&mut self, deadline: Instant) -> io::Result<()> {
        let left = deadline.saturating_duration_since(Instant::now());
        // Rounded up: a wait that ends a little too soon would be repeated at once.
        let millis = left.as_nanos().div_ceil(1_000_000);
        let limit = PollTimeout::try_from(millis).unwrap_or(PollTimeout::MAX);
        let mut waited: Vec<_> = self
            .all()
            .map(|(_, connection)| PollFd::new(connection.stream.as_fd(), PollFlags::POLLIN))
            .collect();
        match poll(&mut waited, limit) {
            Err(nix::errno::Errno::EINTR) | Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Reads everything that has come on any connection.
    fn read(&mut self, watch: &mut Watch) {
        for (line, connection) in self.all() {
            connection.read(line, watch);
        }
        self.close_final(watch);
    }

    /// Sends every heartbeat that is due.
    fn send(&mut self, watch: &mut Watch) {
        while let Some(line) = watch.due(Instant::now()) {
            let connection = match line {
                Line::Control => Some(&mut self.control),
                Line::Silent(index) => self.silent[index].as_mut(),
            };
            let connection = connection.expect("a connection that is due is open");
            connection.send(line, watch);
        }
        self.close_final(watch);
    }

    fn close_final(&mut self, watch: &Watch) {
        for (connection, silence) in self.silent.iter_mut().zip(&watch.silences) {
            connection.take_if(|_| silence.fate.is_final());
        }
    }
}

impl Connection {
    fn read(&mut self, line: Line, watch: &mut Watch) {
        loop {
            let read = (&self.stream).read(self.replies.space());
            let now = Instant::now();
            match read {
                Ok(0) => return watch.ended(line, Look::EndOfStream, now),
                Ok(received) => {
                    let text = self.replies.take(received, |reply| match reply {
                        Reply::Acknowledgement(_) => watch.answered(line, now),
                        Reply::Probe => watch.probed(line, now),
                    });
                    if !text.is_empty() {
                        return watch.void(Why::WrongReply(text.to_vec()), now);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return watch.ended(line, Look::of_error(&error), now),
            }
        }
    }

    /// Sends a heartbeat. Its nine bytes always have room on a connection on which at most one
    /// heartbeat is in flight.
    fn send(&mut self, line: Line, watch: &mut Watch) {
        let now = Instant::now();
        self.replies.expect(SentHeartbeat { number: Some(1), after_lines: 0, at: now });
        match (&self.stream).write_all(HEARTBEAT) {
            Ok(()) => watch.sent(line, now),
            Err(error) => watch.ended(line, Look::of_error(&error), now),
        }
    }
}

/// How long the machine has slept since it was started. `Instant` does not count that.
fn time_asleep() -> Duration {
    #[cfg(target_os = "linux")]
    {
        use nix::time::ClockId;

        // In this order: a process that is stopped between the two clocks takes no time for sleep.
        let [all, awake] = [ClockId::CLOCK_BOOTTIME, ClockId::CLOCK_MONOTONIC]
            .map(|clock| clock.now().map(Duration::from).unwrap_or_default());
        all.saturating_sub(awake)
    }
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}
