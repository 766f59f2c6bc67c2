//! The lab's screen on a terminal: what it shows, and that the terminal is as before afterwards.

#[cfg(target_os = "linux")]
mod program;
#[cfg(target_os = "linux")]
#[path = "../live/pty.rs"]
mod pty;
#[cfg(target_os = "linux")]
mod suite;

fn main() {
    #[cfg(target_os = "linux")]
    suite::run();
}
