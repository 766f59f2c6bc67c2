//! `lab live` as a person uses it: the real command, with its real server and clients, on a
//! terminal.

#[cfg(target_os = "linux")]
mod joining;
#[cfg(target_os = "linux")]
mod keys;
#[cfg(target_os = "linux")]
mod leaving;
#[cfg(target_os = "linux")]
#[path = "../live/pty.rs"]
mod pty;
#[cfg(target_os = "linux")]
mod recordings;
#[cfg(target_os = "linux")]
mod refused;
#[cfg(target_os = "linux")]
mod screen;
#[cfg(target_os = "linux")]
mod stage;
#[cfg(target_os = "linux")]
mod suite;

fn main() {
    #[cfg(target_os = "linux")]
    suite::run();
}
