use std::{
    env,
    process::{Command, Stdio},
};

use libtest_mimic::{Arguments, Failed, Trial};
use nix::sys::signal::Signal;
use tests::{proc, tools::is_installed, wait_until};

use crate::{
    program::{self, NO_SCREEN, QUIT},
    pty::Pty,
};

/// Set where this binary is the program on the terminal.
const PROGRAM: &str = "LAB_TEST_SCREEN";

const SIZE: [u16; 2] = [60, 10];

pub(crate) fn run() {
    if env::var_os(PROGRAM).is_some() {
        return program::run();
    }
    let arguments = Arguments::from_args();
    let has_terminals = is_installed("setsid");
    if !has_terminals && !arguments.list {
        println!("ignored: setsid is not installed, which gives a test its terminal");
    }
    let trials = vec![
        trial("a_screen_is_drawn_without_a_cursor_beside_what_was_there", is_drawn),
        trial("q_leaves_the_terminal_as_before", || after(|pty| pty.press("q"), 0)),
        trial("ctrl_c_leaves_the_terminal_as_before", || after(|pty| pty.press("\x03"), QUIT)),
        trial("sigint_leaves_the_terminal_as_before", || after_signal(Signal::SIGINT)),
        trial("sigterm_leaves_the_terminal_as_before", || after_signal(Signal::SIGTERM)),
        trial("sighup_leaves_the_terminal_as_before", || after_signal(Signal::SIGHUP)),
        trial("a_panic_in_any_thread_is_told_on_the_terminal_of_before", is_told),
        trial("every_frame_is_one_synchronised_update", is_synchronised),
        trial("a_screen_follows_the_size_of_its_terminal", follows_the_size),
        trial("after_a_change_of_size_the_next_frame_is_drawn_whole", is_drawn_whole),
        trial("keys_are_reported", keys_are_reported),
        trial("a_terminal_that_takes_no_more_bytes_does_not_keep_the_lab", does_not_keep),
        trial("without_its_terminal_the_lab_quits_even_if_sighup_is_ignored", quits_without),
        trial("there_is_no_screen_without_a_terminal", no_screen),
    ];
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(!has_terminals));
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn trial(name: &str, test: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || -> Result<(), Failed> {
        test();
        Ok(())
    })
}

fn program() -> Command {
    let mut program = Command::new(env::current_exe().expect("this binary has a path"));
    program.env(PROGRAM, "1").env("TERM", "xterm-256color").env_remove("RUST_BACKTRACE");
    program
}

/// The program with its first frame on the screen.
fn open() -> Pty {
    let pty = Pty::start(&program(), SIZE).expect("a terminal");
    pty.wait_for_text("60x10 open");
    pty
}

fn is_drawn() {
    let pty = open();
    let shown = pty.shown();
    assert!(shown.screen().alternate_screen());
    assert!(shown.screen().hide_cursor());
    assert_eq!(shown.screen().contents(), ["60x10 open"; 10].join("\n"));
    assert!(!pty.has_mode_of_before());
}

fn after(leave: impl FnOnce(&mut Pty) -> std::io::Result<()>, code: i32) {
    let mut pty = open();
    leave(&mut pty).expect("the program runs");
    assert_eq!(pty.wait_for_end(), code);
    pty.expect_as_before();
}

fn after_signal(signal: Signal) {
    after(|pty| pty.signal(signal), 130);
}

fn is_told() {
    for (key, message) in [("t", "a thread panics"), ("f", "a frame panics")] {
        let mut pty = open();
        pty.press(key).expect("the program runs");
        assert_eq!(pty.wait_for_end(), 101);
        pty.expect_as_before();
        let text = pty.shown().screen().contents();
        assert!(text.contains(message) && text.contains("panicked at"), "{text}");
    }
}

fn is_synchronised() {
    let mut pty = open();
    for (key, text) in [("x", "Key(Char('x'))"), ("y", "Key(Char('y'))")] {
        pty.press(key).expect("the program runs");
        pty.wait_for_text(text);
    }
    pty.press("q").expect("the program runs");
    pty.wait_for_end();
    let bytes = String::from_utf8_lossy(&pty.shown().bytes).into_owned();
    let mut updates = bytes.split("\x1b[?2026h").skip(1);
    for (text, next) in [("60x10", ""), ("x", ""), ("y", "\x1b[?2026l")] {
        let update = updates.next().expect("there is a frame");
        let (frame, after) = update.split_once("\x1b[?2026l").expect("the update ends");
        assert!(frame.contains(text), "{frame:?}");
        assert!(after.starts_with(next) && (next.is_empty() == after.is_empty()), "{after:?}");
    }
    assert_eq!(updates.next(), None);
}

fn follows_the_size() {
    let mut pty = open();
    for size @ [columns, rows] in [[80, 24], [30, 3], [1, 1], [40, 12]] {
        pty.resize(size).expect("stty is installed");
        let row = format!("{columns}x{rows} 0 Resized {{ columns: {columns}, rows: {rows} }}");
        let row = row[..row.len().min(columns.into())].trim_end();
        let whole = vec![row; rows.into()].join("\n");
        pty.wait_for(&whole, |screen| screen.contents() == whole);
    }
    pty.press("q").expect("the program runs");
    assert_eq!(pty.wait_for_end(), 0);
}

fn is_drawn_whole() {
    let mut pty = open();
    pty.press("r").expect("the program runs");
    pty.wait_for_text("Key(Char('r'))");
    let bytes = String::from_utf8_lossy(&pty.shown().bytes).into_owned();
    let (_, frame) = bytes.rsplit_once("\x1b[?2026h").expect("there is a frame");
    assert!(frame.contains("\x1b[2J") && frame.contains("60x10"), "{frame:?}");
}

fn keys_are_reported() {
    let mut pty = open();
    let keys = [
        ("a", "Char('a')"),
        ("S", "Char('S')"),
        (" ", "Char(' ')"),
        ("é", "Char('é')"),
        ("\r", "Enter"),
        ("\x7f", "Backspace"),
        ("\x1b", "Escape"),
        ("\x1b[A", "Up"),
        ("\x1b[B", "Down"),
        ("\x1b[C", "Right"),
        ("\x1b[D", "Left"),
        // Ctrl-Z, Ctrl-A, Alt-A, Tab and F1 are not reported.
        ("\x1a\x01\x1ba\t\x1bOPz", "Char('z')"),
    ];
    for (number, (bytes, key)) in (1..).zip(keys) {
        pty.press(bytes).expect("the program runs");
        pty.wait_for_text(&format!("{number} Key({key})"));
    }
}

fn does_not_keep() {
    let mut pty = open();
    pty.press("o").expect("the program runs");
    pty.wait_for_text("overflow");
    let stalled = pty.shown();
    // Its main thread only draws, so it sleeps when the terminal takes no more.
    wait_until(|| Ok(pty.program()?.state == 'S')).expect("the program is held up");
    let pid = pty.program().expect("the program runs").pid;
    pty.signal(Signal::SIGTERM).expect("the program runs");
    wait_until(|| Ok(!proc::is_alive(pid)?)).expect("the program ends");
    assert!(pty.has_mode_of_before());
    drop(stalled);
    assert_eq!(pty.wait_for_end(), 130);
}

fn quits_without() {
    let this = program();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(this.get_program());
    command.env(PROGRAM, "1").env("TERM", "xterm-256color");
    let mut pty = Pty::start(&command, SIZE).expect("a terminal");
    pty.wait_for_text("60x10 open");
    let pid = pty.program().expect("the program runs").pid;
    pty.hang_up();
    wait_until(|| Ok(!proc::is_alive(pid)?)).expect("the program ends");
}

fn no_screen() {
    let pty = Pty::start(program().env("TERM", "dumb"), SIZE).expect("a terminal");
    assert_eq!(pty.wait_for_end(), NO_SCREEN);
    let mut command = Command::new("sh");
    command.args(["-c", "\"$0\" | cat >&2; exec \"$0\" </dev/null"]);
    command.arg(env::current_exe().expect("this binary has a path"));
    command.env(PROGRAM, "1").env("TERM", "xterm-256color");
    let pty = Pty::start(&command, SIZE).expect("a terminal");
    assert_eq!(pty.wait_for_end(), NO_SCREEN);
    assert_eq!(pty.shown().screen().contents().matches("no screen").count(), 2);
    let nowhere = program().stdin(Stdio::null()).output().expect("this binary runs");
    assert_eq!(nowhere.status.code(), Some(NO_SCREEN));
}
