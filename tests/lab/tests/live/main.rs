//! The parts of `lab live` that need no terminal.
#![cfg(target_os = "linux")]

mod drawn;
mod picture;
mod record;
