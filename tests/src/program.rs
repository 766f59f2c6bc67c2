//! One running program: what goes in, what comes out, and how it ends.

use std::{
    io::{self, Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

#[cfg(unix)]
use nix::sys::signal::Signal;

use crate::{
    assert_same_bytes,
    event::Event,
    finished::Finished,
    log::{Line, Log},
};

/// The signals that stop a program in order. Of these, Wine passes on Ctrl-C alone.
#[cfg(unix)]
#[must_use]
pub fn stop_signals() -> &'static [Signal] {
    let signals = &[Signal::SIGINT, Signal::SIGTERM];
    if crate::binaries::are_of_windows() { &signals[..1] } else { signals }
}

/// A running program. It is killed when it is dropped.
pub struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<JoinHandle<io::Result<Vec<u8>>>>,
    log: Log,
}

impl Program {
    /// Starts `command` with its three standard streams piped. All of stdout is collected.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        let mut program = Self::start_unread(command)?;
        program.read_stdout();
        Ok(program)
    }

    /// Starts `command` as [`start`](Self::start) does, but nobody reads its stdout until
    /// [`read_stdout`](Self::read_stdout) is called.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start_unread(command: &mut Command) -> io::Result<Self> {
        Self::start_watched(command, |_| ())
    }

    /// Starts `command` as [`start_unread`](Self::start_unread) does, and calls `watch` with each
    /// line of stderr as it comes. `watch` is called with `None` at the end of stderr, which is
    /// the program's end.
    ///
    /// # Errors
    /// When the program cannot be started.
    pub fn start_watched(
        command: &mut Command,
        watch: impl FnMut(Option<&Line>) + Send + 'static,
    ) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            let program = command.get_program().to_string_lossy();
            io::Error::new(error.kind(), format!("cannot start {program}: {error}"))
        })?;
        let stdin = child.stdin.take();
        let stderr = child.stderr.take().ok_or_else(|| io::Error::other("stderr is not piped"))?;
        Ok(Self { child, stdin, stdout: None, log: Log::read(stderr, watch) })
    }

    /// Reads the program's stdout from now on, for [`finish`](Self::finish) to return.
    pub fn read_stdout(&mut self) {
        if let Some(mut stdout) = self.child.stdout.take() {
            self.stdout = Some(thread::spawn(move || {
                let mut bytes = Vec::new();
                stdout.read_to_end(&mut bytes)?;
                Ok(bytes)
            }));
        }
    }

    /// Takes the reading end of the program's stdout. Dropping it closes the pipe.
    ///
    /// # Errors
    /// When it has been taken, or is being read.
    pub fn take_stdout(&mut self) -> io::Result<ChildStdout> {
        self.child.stdout.take().ok_or_else(|| io::Error::other("stdout has been taken"))
    }

    /// Waits for the next event with this name for which `condition` holds. Other lines are
    /// passed over.
    ///
    /// # Errors
    /// When the program ends, or [`DEADLINE`](crate::DEADLINE) passes, without such an event.
    pub fn wait_for(
        &mut self,
        name: &str,
        condition: impl Fn(&Event) -> bool,
    ) -> io::Result<Event> {
        let wanted = |event: &&Event| event.name() == name && condition(event);
        self.log.find(&format!("the event `{name}`"), |line| {
            line.event.as_ref().filter(wanted).cloned()
        })
    }

    /// Waits for the next event of any name for which `condition` holds.
    ///
    /// # Errors
    /// When the program ends, or [`DEADLINE`](crate::DEADLINE) passes, without such an event.
    pub fn wait_for_any(&mut self, condition: impl Fn(&Event) -> bool) -> io::Result<Event> {
        self.log
            .find("the event", |line| line.event.as_ref().filter(|event| condition(event)).cloned())
    }

    /// Waits for the next line of stderr that contains `text`. Other lines are passed over.
    ///
    /// # Errors
    /// When the program ends, or [`DEADLINE`](crate::DEADLINE) passes, without such a line.
    pub fn wait_for_line(&mut self, text: &str) -> io::Result<String> {
        self.log.find(&format!("a line with {text:?}"), |line| {
            line.text.contains(text).then(|| line.text.clone())
        })
    }

    /// Forgets the lines of stderr that have come so far. A program that is only watched would
    /// pile them up.
    pub fn forget_log(&mut self) {
        self.log.forget();
    }

    /// Waits for the address where a server says that it listens.
    pub(crate) fn wait_for_address(&mut self) -> io::Result<String> {
        self.log.find("the address where it listens", Line::listening_address)
    }

    /// Writes to the program's stdin.
    ///
    /// # Errors
    /// When the program does not take it, or stdin is closed.
    pub fn type_in(&mut self, text: impl AsRef<[u8]>) -> io::Result<()> {
        let stdin = self.stdin.as_mut().ok_or_else(|| io::Error::other("stdin is closed"))?;
        stdin.write_all(text.as_ref())
    }

    /// Types `text` over and over from another thread, without a pause, until the program takes
    /// no more.
    ///
    /// # Errors
    /// When stdin is closed.
    pub fn flood(&mut self, text: &'static [u8]) -> io::Result<JoinHandle<()>> {
        let mut stdin = self.take_stdin()?;
        Ok(thread::spawn(move || while stdin.write_all(text).is_ok() {}))
    }

    /// Types `text` every `pause` from another thread until the program takes no more. The
    /// thread returns how often it typed.
    ///
    /// # Errors
    /// When stdin is closed.
    pub fn type_every(
        &mut self,
        pause: Duration,
        text: &'static [u8],
    ) -> io::Result<JoinHandle<u64>> {
        let mut stdin = self.take_stdin()?;
        Ok(thread::spawn(move || {
            let mut typed = 0;
            while stdin.write_all(text).is_ok() {
                typed += 1;
                thread::sleep(pause);
            }
            typed
        }))
    }

    /// Takes the program's stdin.
    ///
    /// # Errors
    /// When it is closed, or has been taken.
    pub fn take_stdin(&mut self) -> io::Result<ChildStdin> {
        self.stdin.take().ok_or_else(|| io::Error::other("stdin is closed"))
    }

    /// Ends the program's stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Whether the process has ended.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// When the process is gone.
    #[cfg(unix)]
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(nix::sys::signal::kill(self.unix_pid()?, signal)?)
    }

    /// Stops the program as Ctrl-Z does, and waits until each of its threads has stopped.
    ///
    /// # Errors
    /// When the process is gone.
    #[cfg(unix)]
    pub fn pause(&self) -> io::Result<()> {
        use nix::sys::wait::{WaitPidFlag, waitpid};

        self.signal(Signal::SIGSTOP)?;
        waitpid(self.unix_pid()?, Some(WaitPidFlag::WUNTRACED))?;
        Ok(())
    }

    #[cfg(unix)]
    fn unix_pid(&self) -> io::Result<nix::unistd::Pid> {
        i32::try_from(self.child.id()).map(nix::unistd::Pid::from_raw).map_err(io::Error::other)
    }

    /// Types the last words, ends stdin, and checks that the program ends with exit code 0 and
    /// that its whole stdout is `stdout`.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn finish_with(mut self, last_words: &str, stdout: &[u8]) {
        self.type_in(last_words).expect("the program takes its last words");
        self.close_stdin();
        let finished = self.finish().expect("the program ends");
        finished.expect_code(0);
        assert_same_bytes(&finished.stdout, stdout);
    }

    /// Waits for the program to end by itself.
    ///
    /// # Errors
    /// When it does not end within [`DEADLINE`](crate::DEADLINE).
    pub fn finish(mut self) -> io::Result<Finished> {
        // There is no wait for a process with a deadline. Stderr ends with the process.
        self.log.wait_for_end()?;
        let status = self.child.wait()?;
        let stdout = match self.stdout.take().map(JoinHandle::join) {
            Some(Ok(stdout)) => stdout?,
            Some(Err(_)) => return Err(io::Error::other("the thread that reads stdout panicked")),
            None => Vec::new(),
        };
        Ok(Finished { status, stdout, lines: self.log.take() })
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
