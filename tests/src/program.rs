//! A program as a process: what goes in, what comes out, how it ends.

use std::{
    io::{BufRead as _, BufReader, Read, Write as _},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread::{self, JoinHandle},
    time::Instant,
};

use crate::DEADLINE;

/// A running program. It is killed when dropped.
pub struct Program {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<JoinHandle<Vec<u8>>>,
    log: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    /// Starts `command` with all three of its standard streams piped.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start(command: &mut Command) -> Self {
        let mut program = Self::start_unread(command);
        program.read_stdout();
        program
    }

    /// As [`start`](Self::start), but its stdout is read by nobody until
    /// [`read_stdout`](Self::read_stdout).
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start_unread(command: &mut Command) -> Self {
        Self::start_watched(command, |_| ())
    }

    /// As [`start_unread`](Self::start_unread); each line of the log is shown to `watch` as it
    /// comes, and none at the end of the log, which is the program's end.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn start_watched(
        command: &mut Command,
        mut watch: impl FnMut(Option<&str>) + Send + 'static,
    ) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdin = child.stdin.take();
        let stderr = BufReader::new(child.stderr.take().expect("stderr is piped"));
        let (lines, log) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line).into_owned();
                watch(Some(&line));
                let _ = lines.send(line);
            }
            watch(None);
        });
        Self { child, stdin, stdout: None, log, seen: Vec::new() }
    }

    /// Reads the program's stdout from now on, for [`finish`](Self::finish) to return.
    ///
    /// # Panics
    /// Never: what cannot be read fails the test where it is waited for.
    pub fn read_stdout(&mut self) {
        let Some(mut stdout) = self.child.stdout.take() else {
            return;
        };
        self.stdout = Some(thread::spawn(move || {
            let mut bytes = Vec::new();
            stdout.read_to_end(&mut bytes).expect("stdout can be read");
            bytes
        }));
    }

    /// Closes the reading end of the program's stdout, if nobody reads it yet.
    pub fn close_stdout(&mut self) {
        self.child.stdout = None;
    }

    /// The next line of the log that contains `text`; lines before it are passed over.
    ///
    /// # Panics
    /// If the program ends, or the deadline passes, without such a line.
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) => {
                    self.seen.push(line.clone());
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(error) => {
                    panic!("no line with {text:?} ({error}) in:\n{}", self.seen.join("\n"))
                }
            }
        }
    }

    /// Writes to the program's stdin.
    ///
    /// # Panics
    /// If stdin is closed.
    pub fn type_in(&mut self, text: impl AsRef<[u8]>) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(text.as_ref()).expect("the program takes input");
    }

    /// Takes the program's stdin, to be written to from another thread.
    ///
    /// # Panics
    /// If stdin is closed.
    #[must_use]
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.stdin.take().expect("stdin is open")
    }

    /// Ends the program's stdin.
    pub fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    ///
    /// # Panics
    /// If the process is gone.
    #[cfg(unix)]
    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        nix::sys::signal::kill(self.process(), signal).expect("it is running");
    }

    /// Stops the program as Ctrl-Z does, and waits until each of its threads has stopped.
    ///
    /// # Panics
    /// If the process is gone.
    #[cfg(unix)]
    pub fn pause(&self) {
        use nix::sys::{
            signal::Signal,
            wait::{WaitPidFlag, waitpid},
        };

        self.signal(Signal::SIGSTOP);
        waitpid(self.process(), Some(WaitPidFlag::WUNTRACED)).expect("it is running");
    }

    #[cfg(unix)]
    fn process(&self) -> nix::unistd::Pid {
        nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a process id fits"))
    }

    /// Types the last words, ends stdin, and checks that the program ends well, with this as
    /// the whole of its stdout.
    ///
    /// # Panics
    /// If it does not.
    #[track_caller]
    pub fn finish_with(mut self, last_words: &str, stdout: &[u8]) {
        self.type_in(last_words);
        self.close_stdin();
        let finished = self.finish();
        finished.expect_code(0);
        assert_eq!(finished.stdout.escape_ascii().to_string(), stdout.escape_ascii().to_string());
    }

    /// Waits for the program to end by itself.
    ///
    /// # Panics
    /// If it does not, within the deadline.
    pub fn finish(mut self) -> Finished {
        let deadline = Instant::now() + DEADLINE;
        // The log ends with the program, and can be waited for with a deadline.
        loop {
            match self.log.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    panic!("the program does not end; its log:\n{}", self.seen.join("\n"))
                }
            }
        }
        let status = self.child.wait().expect("the program can be waited for");
        let stdout = self
            .stdout
            .take()
            .map_or_else(Vec::new, |stdout| stdout.join().expect("stdout is collected"));
        Finished { status, stdout, log: std::mem::take(&mut self.seen) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// All that it wrote to stdout.
    pub stdout: Vec<u8>,
    /// The lines of its stderr.
    pub log: Vec<String>,
}

impl Finished {
    /// Checks the exit code and returns the last line of the log.
    ///
    /// # Panics
    /// If the program ended with another code; the message holds its log.
    #[track_caller]
    pub fn expect_code(&self, code: i32) -> &str {
        assert_eq!(self.status.code(), Some(code), "log:\n{}", self.log.join("\n"));
        self.log.last().map_or("", String::as_str)
    }

    /// Whether a line of the log contains `text`.
    #[must_use]
    pub fn said(&self, text: &str) -> bool {
        self.log.iter().any(|line| line.contains(text))
    }
}
