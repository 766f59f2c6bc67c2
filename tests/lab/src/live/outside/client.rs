//! A client of the lab: what is typed into it, and what it prints.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    process::{ChildStdin, ChildStdout},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle, Thread},
};

use common::start::thread_error;
use tests::program::Program;

use crate::live::{input::What, mailbox::Mailbox};

/// The longest line of a client's output that is sent on whole.
const SHOWN: usize = 200;

pub(super) struct Client {
    pub(super) program: Program,
    /// What its typist types. The typist ends with this. An empty line only wakes it.
    lines: Sender<Vec<u8>>,
    is_deaf: Arc<AtomicBool>,
    reader: Thread,
}

impl Client {
    /// Lets go of its program. Its reader and its typist end with it.
    pub(super) fn into_program(self) -> Program {
        self.is_deaf.store(false, Ordering::Release);
        self.reader.unpark();
        self.program
    }

    pub(super) fn new(name: &str, mut program: Program, happened: Mailbox) -> io::Result<Self> {
        let (lines, typed) = mpsc::channel();
        let is_deaf = Arc::<AtomicBool>::default();
        let (stdin, stdout) = (program.take_stdin()?, program.take_stdout()?);
        let deaf = Arc::clone(&is_deaf);
        spawn("typist", move || type_lines(stdin, &typed, &deaf))?;
        let (deaf, name) = (Arc::clone(&is_deaf), name.to_owned());
        let reader = spawn("reader", move || read_lines(stdout, &deaf, &name, &happened))?;
        Ok(Self { program, lines, is_deaf, reader: reader.thread().clone() })
    }

    /// Types a line, given without its newline. It waits for nothing.
    pub(super) fn type_in(&self, line: &str) -> io::Result<()> {
        self.send(format!("{line}\n").into_bytes())
    }

    /// Stops or goes on reading its output. While it is stopped, lines flood into its input.
    pub(super) fn deafen(&self, is_deaf: bool) -> io::Result<()> {
        self.is_deaf.store(is_deaf, Ordering::Release);
        self.reader.unpark();
        self.send(Vec::new())
    }

    fn send(&self, line: Vec<u8>) -> io::Result<()> {
        self.lines.send(line).map_err(|_| io::Error::other("its input has ended"))
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map_err(|error| thread_error(name, &error))
}

/// Types lines as they come, and without a pause while the client is deaf.
fn type_lines(mut stdin: ChildStdin, lines: &Receiver<Vec<u8>>, is_deaf: &AtomicBool) {
    let flood = [&b"read this, ".repeat(3000)[..], b"and this\n"].concat();
    while let Ok(line) = lines.recv() {
        if stdin.write_all(&line).is_err() {
            return;
        }
        while is_deaf.load(Ordering::Acquire) {
            if stdin.write_all(&flood).is_err() {
                return;
            }
        }
    }
}

/// Reads what the client prints, unless it is deaf.
fn read_lines(stdout: ChildStdout, is_deaf: &AtomicBool, name: &str, happened: &Mailbox) {
    let mut stdout = BufReader::new(stdout);
    loop {
        while is_deaf.load(Ordering::Acquire) {
            thread::park();
        }
        let mut line = Vec::new();
        match stdout.by_ref().take(SHOWN as u64).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) if line.last() == Some(&b'\n') => drop(line.pop()),
            Ok(_) => drop(stdout.skip_until(b'\n')),
        }
        let line = String::from_utf8_lossy(&line).into_owned();
        let what = What::Printed { client: name.to_owned(), line };
        happened.offer(what);
    }
}
