//! The ideas of the live lab, played with the real programs, where they can be played.

#[cfg(target_os = "linux")]
mod suite;

fn main() {
    #[cfg(target_os = "linux")]
    suite::run();
}
