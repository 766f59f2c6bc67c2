//! The program on the terminal. It has the lab's screen, and each key has it do something.

use std::{io, process, sync::mpsc, thread};

use common::start::{keep_ignored_signals, on_interrupt};
use lab::{
    live::{
        input::Key,
        keys::{self, Pressed},
        terminal::{Screen, restore_on_panic},
    },
    processes,
};
use ratatui::{Frame, text::Text};

/// The exit code if the lab has no screen.
pub(crate) const NO_SCREEN: i32 = 2;

/// The exit code after [`Pressed::Quit`].
pub(crate) const QUIT: i32 = 3;

pub(crate) fn run() {
    keep_ignored_signals();
    restore_on_panic();
    on_interrupt(|| processes::abandon(130)).expect("signals can be caught");
    let code = match Screen::open() {
        Ok(screen) => play(screen).expect("the terminal is there"),
        Err(error) => {
            println!("no screen: {error}");
            NO_SCREEN
        }
    };
    process::exit(code);
}

fn play(mut screen: Screen) -> io::Result<i32> {
    let (sender, pressed) = mpsc::channel();
    keys::read(move |pressed| _ = sender.send(pressed))?;
    screen.draw(|frame| show(frame, "open"))?;
    let mut keys = 0;
    for pressed in pressed {
        match pressed {
            Pressed::Quit => return Ok(QUIT),
            Pressed::Key(Key::Char('q')) => return Ok(0),
            Pressed::Key(Key::Char('t')) => {
                let panic = thread::spawn(|| panic!("a thread panics"));
                let _ = panic.join();
            }
            Pressed::Key(Key::Char('f')) => screen.draw(|_| panic!("a frame panics"))?,
            Pressed::Key(Key::Char('o')) => overflow(&mut screen)?,
            Pressed::Resized { .. } | Pressed::Key(Key::Char('r')) => screen.resized(),
            Pressed::Key(_) => keys += 1,
        }
        screen.draw(|frame| show(frame, &format!("{keys} {pressed:?}")))?;
    }
    Ok(0)
}

/// Draws until the terminal takes no more.
fn overflow(screen: &mut Screen) -> io::Result<()> {
    for digit in ('0'..='9').cycle() {
        screen.draw(|frame| show(frame, &format!("overflow {digit}")))?;
    }
    Ok(())
}

/// Fills the frame with rows of its size and this text.
fn show(frame: &mut Frame<'_>, text: &str) {
    let area = frame.area();
    let row = format!("{}x{} {text}\n", area.width, area.height);
    frame.render_widget(Text::from(row.repeat(area.height.into())), area);
}
