//! The real terminal: the lab's screen, and the way back to what was there before.
//!
//! A [`Screen`] needs a terminal on both stdin, for the keys, and stdout. There is only one. The
//! lab may end in any thread, so the way back is a function without arguments, [`restore`]. It is
//! called when the screen is dropped, when a thread panics, and when a signal ends the lab: see
//! [`processes::abandon`]. After SIGKILL nobody restores the terminal.
//!
//! Ctrl-Z is a key like any other. To stop the lab would stop its screen, but not its programs.

use std::{
    env,
    io::{self, IsTerminal as _, Write},
    mem,
    os::fd::AsFd as _,
    panic,
    sync::Arc,
    time::{Duration, Instant},
};

use common::streams::{self, Stream};
use crossterm::{
    cursor, queue,
    style::{Colored, ResetColor},
    terminal::{
        BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
        LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    },
};
use nix::poll::{PollFd, PollFlags};
use parking_lot::Mutex;
use ratatui::{
    Frame, Terminal,
    backend::CrosstermBackend,
    buffer::Buffer,
    layout::{Position, Rect},
    style::Color,
};

use crate::processes;

/// Whether there is a screen. Everything that it writes is written under this lock, so nothing
/// follows what [`restore`] writes.
static IS_OPEN: Mutex<bool> = Mutex::new(false);

/// How long [`restore`] waits for a terminal that takes no more bytes, such as that of a stalled
/// SSH connection.
const PATIENCE: Duration = Duration::from_secs(1);

/// The exit code after a panic, which is also that of Rust's own runtime.
const PANICKED: i32 = 101;

/// Whether there can be a screen: stdin and stdout are terminals, and `TERM` is not `dumb`.
pub fn is_possible() -> bool {
    let is_dumb = env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb
}

/// Leaves the terminal as it was before the screen was opened. Does nothing without a screen.
///
/// It can be called by any thread and more than once. It never waits long for a terminal that is
/// gone or takes no more bytes: then only the terminal's mode is restored.
pub fn restore() {
    let mut is_open = IS_OPEN.try_lock_for(PATIENCE);
    let _ = disable_raw_mode();
    if is_open.as_deref_mut().is_some_and(mem::take) {
        let _ = write_way_back();
    }
}

fn write_way_back() -> io::Result<()> {
    let mut way_back = Vec::new();
    queue!(way_back, EndSynchronizedUpdate, ResetColor, LeaveAlternateScreen, cursor::Show)?;
    let mut stdout = streams::stdout()?;
    let mut room = [PollFd::new(stdout.as_fd(), PollFlags::POLLOUT)];
    streams::wait(&mut room, Some(Instant::now() + PATIENCE))?;
    if room[0].any() == Some(true) { stdout.write_all(&way_back) } else { Ok(()) }
}

/// From now on a panic in any thread ends the lab with exit code 101. The panic's message comes
/// after the terminal is restored, and no program of the lab is left.
pub fn restore_on_panic() {
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        restore();
        report(panic);
        processes::abandon(PANICKED);
    }));
}

/// The lab's screen. The terminal is restored when it is dropped.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Bytes>>,
    is_resized: bool,
    bytes: Bytes,
    stdout: Stream,
}

impl Screen {
    /// Opens the screen: raw mode, the alternate screen, no cursor. From now on
    /// [`processes::abandon`] restores the terminal.
    ///
    /// # Errors
    /// When stdin or stdout is no terminal, or is gone.
    pub fn open() -> io::Result<Self> {
        if !is_possible() {
            let message = "a screen needs a terminal on stdin and stdout that is not TERM=dumb";
            return Err(io::Error::other(message));
        }
        processes::before_leaving(restore);
        let bytes = Bytes::default();
        let terminal = Terminal::new(CrosstermBackend::new(bytes.clone()))?;
        let mut screen = Self { terminal, is_resized: false, bytes, stdout: streams::stdout()? };
        {
            let mut is_open = IS_OPEN.lock();
            enable_raw_mode()?;
            *is_open = true;
        }
        // A screen that was left by SIGKILL may still show what was on it.
        queue!(screen.bytes, EnterAlternateScreen, Clear(ClearType::All), cursor::Hide)?;
        screen.write()?;
        Ok(screen)
    }

    /// Draws a frame. What has changed since the last one is sent in one piece, and a terminal
    /// that knows synchronised updates shows it at once.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, render: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        queue!(self.bytes, BeginSynchronizedUpdate)?;
        if mem::take(&mut self.is_resized) {
            let size = self.terminal.size()?;
            self.terminal.resize(Rect::from((Position::ORIGIN, size)))?;
        }
        let has_colours = !Colored::ansi_color_disabled_memoized();
        self.terminal.draw(|frame| {
            render(frame);
            if !has_colours {
                remove_colours(frame.buffer_mut());
            }
        })?;
        queue!(self.bytes, EndSynchronizedUpdate)?;
        self.write()
    }

    /// Has the next frame drawn whole. To be called when the terminal's size has changed, since
    /// terminals move or cut text then, even if the size changes back before the next frame.
    pub fn resized(&mut self) {
        self.is_resized = true;
    }

    /// Sends what has been collected, unless another thread has restored the terminal.
    fn write(&mut self) -> io::Result<()> {
        let bytes = mem::take(&mut *self.bytes.0.lock());
        let is_open = IS_OPEN.lock();
        if *is_open { self.stdout.write_all(&bytes) } else { Ok(()) }
    }
}

/// With `NO_COLOR`, crossterm writes a change of colour as a reset of everything, so that what is
/// bold or faint would be lost, too.
fn remove_colours(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        (cell.fg, cell.bg) = (Color::Reset, Color::Reset);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Collects what ratatui writes, which flushes several times per frame.
#[derive(Clone, Default)]
struct Bytes(Arc<Mutex<Vec<u8>>>);

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
