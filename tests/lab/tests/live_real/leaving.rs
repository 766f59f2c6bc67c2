//! The lab leaves the terminal as it was and no process behind, however it ends. What a panic
//! leaves is tested with a program that can be made to panic, in `live_terminal`.

use std::process::Command;

use nix::sys::signal::Signal;

use crate::{
    stage::{CALM, Home, Lab, SMALLEST, send},
    suite::Case,
};

pub(crate) const CASES: [Case; 9] = [
    ("q_leaves_no_trace", || leaves_no_trace(|lab| lab.press("q"), 0)),
    ("ctrl_c_leaves_no_trace", || leaves_no_trace(|lab| lab.press("\x03"), 0)),
    ("sigint_leaves_no_trace", || leaves_no_trace(|lab| signal(lab, Signal::SIGINT), 130)),
    ("sigterm_leaves_no_trace", || leaves_no_trace(|lab| signal(lab, Signal::SIGTERM), 130)),
    ("sighup_leaves_no_trace", || leaves_no_trace(|lab| signal(lab, Signal::SIGHUP), 130)),
    ("without_setpriv_a_signal_leaves_no_process", without_setpriv),
    ("a_closed_terminal_leaves_no_process", a_closed_terminal),
    ("a_killed_lab_leaves_no_process_and_no_network", a_killed_lab),
    ("a_server_that_is_killed_from_outside_can_be_started_again", a_killed_server),
];

/// A lab with three programs: its server, a client, and one that is stopped and could not end by
/// itself.
fn lab() -> Lab {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.add("c1");
    lab.add("c2");
    lab.press_for("s", &["c2", "STOPPED"]);
    assert_eq!(lab.family().children.len(), 3);
    lab
}

fn leaves_no_trace(leave: impl FnOnce(&mut Lab), code: i32) {
    let mut lab = lab();
    let family = lab.family();
    leave(&mut lab);
    assert_eq!(lab.wait_for_end(), code);
    lab.expect_as_before();
    family.expect_gone();
}

/// Here the kernel does not end the programs with the lab, so the lab must.
fn without_setpriv() {
    let home = Home::new();
    let live = home.command(&[&["live"], &CALM[..]].concat());
    let mut command = Command::new("env");
    command.arg("PATH=").arg(live.get_program()).args(live.get_args()).current_dir(home.path());
    command.envs(live.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut lab = Lab::from_command(&command, home, SMALLEST);
    lab.add("c1");
    let family = lab.family();
    signal(&mut lab, Signal::SIGTERM);
    assert_eq!(lab.wait_for_end(), 130);
    lab.expect_as_before();
    family.expect_gone();
}

fn signal(lab: &mut Lab, signal: Signal) {
    lab.signal(signal).expect("the lab runs");
}

fn a_closed_terminal() {
    let mut lab = lab();
    let family = lab.family();
    lab.hang_up();
    family.expect_gone();
}

fn a_killed_lab() {
    let mut lab = Lab::start(&CALM, SMALLEST);
    lab.add("c1");
    let family = lab.family();
    signal(&mut lab, Signal::SIGKILL);
    family.expect_gone();
}

fn a_killed_server() {
    let mut lab = lab();
    let killed = lab.family().child("server");
    lab.wait_for_row(&[&format!("server {killed} RUNNING")]);
    send(killed, Signal::SIGKILL);
    lab.wait_for_row(&["server ENDED"]);
    lab.wait_for_row(&["! the server has ended, and the lab did not end it"]);
    lab.press_for("K", &["server ", " RUNNING"]);
    assert_ne!(lab.family().child("server"), killed);
    lab.quit();
}
