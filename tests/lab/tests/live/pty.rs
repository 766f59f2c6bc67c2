//! A terminal for tests: a program on a pseudo-terminal, and the screen that it shows.
//!
//! A shell starts the program, as in a person's terminal, and says how it has ended. So the
//! terminal can be compared with what it was before. If the program itself led the session, the
//! kernel would reset the terminal at its end.

use std::{
    fs::File,
    io::{self, PipeWriter, Read as _, Write as _},
    num::NonZero,
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::OpenOptionsExt as _,
    },
    process::{Child, Command},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use common::streams::wait;
use nix::{
    fcntl::OFlag,
    poll::{PollFd, PollFlags},
    pty::{grantpt, posix_openpt, ptsname_r, unlockpt},
    sys::{
        signal::{Signal, kill},
        termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr},
    },
    unistd::Pid,
};
use tests::{proc, wait_until};
use vt100::{Parser, Screen};

/// What the shell shows before the program starts, and after it has ended.
pub(crate) const BEFORE: &str = "the shell was here before";
const ENDED: &str = "the program has ended with ";

pub(crate) struct Pty {
    shell: Child,
    slave: File,
    master: Option<File>,
    /// The reader ends when this is dropped.
    stop: Option<PipeWriter>,
    reader: Option<JoinHandle<()>>,
    shown: Arc<Mutex<Shown>>,
    before: Termios,
}

/// What the terminal has received.
pub(crate) struct Shown {
    pub(crate) bytes: Vec<u8>,
    parser: Parser,
}

impl Pty {
    /// Starts the command on a new terminal.
    pub(crate) fn start(command: &Command, size: [u16; 2]) -> io::Result<Self> {
        let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let mut slave = File::options();
        slave.read(true).write(true).custom_flags(OFlag::O_NOCTTY.bits());
        let slave = slave.open(ptsname_r(&master)?)?;
        set_size(&slave, size)?;
        // Not what every terminal has, so that a reset does not pass for a restoration.
        let mut modes = tcgetattr(&slave)?;
        modes.local_flags.remove(LocalFlags::ECHOCTL);
        tcsetattr(&slave, SetArg::TCSANOW, &modes)?;
        let before = tcgetattr(&slave)?;
        let script = format!("echo '{BEFORE}'; \"$@\"; echo \"{ENDED}$?.\"; read -r _");
        let mut shell = Command::new("setsid");
        shell.args(["--ctty", "sh", "-c", &script, "sh"]);
        shell.arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        if let Some(folder) = command.get_current_dir() {
            shell.current_dir(folder);
        }
        shell.stdin(slave.try_clone()?).stdout(slave.try_clone()?);
        let shell = shell.stderr(slave.try_clone()?).spawn()?;
        let [columns, rows] = size.map(at_least_one);
        let parser = Parser::new(rows, columns, 0);
        let shown = Arc::new(Mutex::new(Shown { bytes: Vec::new(), parser }));
        let (stopped, stop) = io::pipe()?;
        let master = File::from(OwnedFd::from(master));
        let (from, to) = (master.try_clone()?, shown.clone());
        let reader = thread::spawn(move || read(from, &stopped, &to));
        let (reader, master, stop) = (Some(reader), Some(master), Some(stop));
        Ok(Self { shell, slave, master, stop, reader, shown, before })
    }

    /// Types these bytes.
    pub(crate) fn press(&mut self, keys: &str) -> io::Result<()> {
        let gone = || io::Error::other("the terminal is gone");
        self.master.as_mut().ok_or_else(gone)?.write_all(keys.as_bytes())
    }

    /// Sends the program a signal.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = i32::try_from(self.program()?.pid).map_err(io::Error::other)?;
        Ok(kill(Pid::from_raw(pid), signal)?)
    }

    /// The process of the program.
    pub(crate) fn program(&self) -> io::Result<proc::Child> {
        let none = || io::Error::other("the program does not run");
        proc::children(self.shell.id())?.pop().ok_or_else(none)
    }

    /// What the terminal shows. It receives nothing more until the guard is dropped.
    pub(crate) fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the terminal shows a screen for which the condition holds.
    #[track_caller]
    pub(crate) fn wait_for(&self, what: &str, condition: impl Fn(&Screen) -> bool) -> Screen {
        let waited = wait_until(|| Ok(condition(self.shown().screen())));
        let screen = self.shown().screen().clone();
        assert!(waited.is_ok(), "{what} does not come. The terminal shows:\n{}", screen.contents());
        screen
    }

    /// Waits until the terminal shows this text.
    #[track_caller]
    pub(crate) fn wait_for_text(&self, text: &str) -> Screen {
        self.wait_for(text, |screen| screen.contents().contains(text))
    }

    /// Waits for the program's end, and returns its exit code as a shell has it.
    #[track_caller]
    pub(crate) fn wait_for_end(&self) -> i32 {
        let contents = self.wait_for_text(ENDED).contents();
        let (_, code) = contents.rsplit_once(ENDED).expect("it has been waited for");
        let (code, _) = code.split_once('.').expect("the shell writes a line at once");
        code.parse().expect("the shell writes a number")
    }

    /// Checks that the terminal is as it was before the program started.
    #[track_caller]
    pub(crate) fn expect_as_before(&self) {
        let screen = self.shown().screen().clone();
        assert!(!screen.alternate_screen(), "the alternate screen was not left");
        assert!(!screen.hide_cursor(), "the cursor was not shown again");
        assert!(screen.contents().starts_with(BEFORE), "{}", screen.contents());
        let colours = [screen.fgcolor(), screen.bgcolor()];
        assert_eq!(colours, [vt100::Color::Default; 2]);
        assert!(!screen.bold() && !screen.dim() && !screen.inverse());
        assert!(self.has_mode_of_before(), "{:?}", tcgetattr(&self.slave));
    }

    /// Whether the terminal's mode is the one from before the program started.
    pub(crate) fn has_mode_of_before(&self) -> bool {
        tcgetattr(&self.slave).is_ok_and(|modes| modes == self.before)
    }

    pub(crate) fn resize(&self, size: [u16; 2]) -> io::Result<()> {
        let [columns, rows] = size.map(at_least_one);
        let mut shown = self.shown();
        shown.parser.set_size(rows, columns);
        set_size(&self.slave, size)
    }

    /// Takes the terminal away, as when a connection breaks or a window is closed.
    pub(crate) fn hang_up(&mut self) {
        self.stop = None;
        if let Some(reader) = self.reader.take() {
            let _ = reader.join();
        }
        self.master = None;
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.signal(Signal::SIGKILL);
        self.hang_up();
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

impl Shown {
    pub(crate) fn screen(&self) -> &Screen {
        self.parser.screen()
    }
}

fn read(mut master: File, stopped: &io::PipeReader, shown: &Mutex<Shown>) {
    let mut buffer = [0; 4096];
    loop {
        let mut watched =
            [master.as_fd(), stopped.as_fd()].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        let waited = wait(&mut watched, None);
        if waited.is_err() || watched[1].any() == Some(true) {
            return;
        }
        let Ok(count) = master.read(&mut buffer) else { return };
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.bytes.extend(&buffer[..count]);
        shown.parser.process(&buffer[..count]);
    }
}

fn at_least_one(count: u16) -> NonZero<u16> {
    NonZero::new(count).unwrap_or(NonZero::<u16>::MIN)
}

/// Without unsafe code only another program can do this.
fn set_size(terminal: &File, size: [u16; 2]) -> io::Result<()> {
    let [columns, rows] = size.map(|count| count.to_string());
    let mut stty = Command::new("stty");
    stty.args(["columns", &columns, "rows", &rows]).stdin(terminal.try_clone()?);
    if stty.status()?.success() { Ok(()) } else { Err(io::Error::other("stty failed")) }
}
