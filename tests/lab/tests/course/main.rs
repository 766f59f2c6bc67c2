//! The course: its commands print what it says, and its parts are complete.

#[cfg(target_os = "linux")]
mod suite;

fn main() {
    #[cfg(target_os = "linux")]
    suite::run();
}
