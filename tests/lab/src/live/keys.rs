//! What the person does at the terminal, reported by two threads. One blocks in a read of the
//! next key; the other waits for the terminal's end, in which that read would spin.
//!
//! Neither can be woken, so both last as long as the process.

use std::{io, os::fd::AsFd as _, thread, time::Duration};

use common::{start::thread_error, streams};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use nix::poll::{PollFd, PollFlags};

use super::input::Key;

/// What the person has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// A key of the lab. Other keys are not reported.
    Key(Key),
    /// Ctrl-C, which is a key in raw mode; or the terminal is gone.
    Quit,
    /// The terminal has this size now.
    Resized { columns: u16, rows: u16 },
}

/// Calls `report` from now on, from two threads. A [`Screen`](super::terminal::Screen) must be
/// open. No change of its size is missed after this has returned.
///
/// # Errors
/// When the terminal cannot be read, or the system refuses a thread.
pub fn read(report: impl Fn(Pressed) + Clone + Send + 'static) -> io::Result<()> {
    event::poll(Duration::ZERO)?; // the first call sets the handler of SIGWINCH
    let quit = report.clone();
    spawn("terminal", move || {
        wait_for_end();
        quit(Pressed::Quit);
    })?;
    spawn("keys", move || {
        while let Ok(event) = event::read() {
            if let Some(pressed) = pressed(&event) {
                report(pressed);
            }
        }
        report(Pressed::Quit);
    })
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let thread = thread::Builder::new().name(name.to_owned()).spawn(run);
    thread.map(drop).map_err(|error| thread_error(name, &error))
}

/// Returns when the terminal is gone.
fn wait_for_end() {
    let stdin = io::stdin();
    // Ends and errors are always reported, and nothing else is asked for.
    let _ = streams::wait(&mut [PollFd::new(stdin.as_fd(), PollFlags::empty())], None);
}

fn pressed(event: &Event) -> Option<Pressed> {
    match event {
        Event::Key(key) if key.is_press() => key_pressed(*key),
        Event::Resize(columns, rows) => Some(Pressed::Resized { columns: *columns, rows: *rows }),
        _ => None,
    }
}

fn key_pressed(key: KeyEvent) -> Option<Pressed> {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(Pressed::Key(match key.code {
        KeyCode::Char('c') if control => return Some(Pressed::Quit),
        KeyCode::Char(_) if key.modifiers.intersects(!KeyModifiers::SHIFT) => return None,
        KeyCode::Char(character) => Key::Char(character),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        _ => return None,
    }))
}
