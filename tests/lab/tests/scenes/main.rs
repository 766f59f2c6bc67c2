//! The lab's scenes, where they can be played.

#[cfg(unix)]
mod suite;

fn main() {
    #[cfg(unix)]
    suite::run();
}
