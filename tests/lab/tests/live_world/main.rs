//! The world of the live lab, on a clock that is only counted.

#![cfg(target_os = "linux")]

mod cases;
mod history;
mod keys;
mod playing;
mod programs;
mod support;
mod wire;
