//! The test language of the live lab, on a clock that jumps: no program runs.

#![cfg(target_os = "linux")]

mod ideas;
mod parse;
mod player;
mod stage;
mod tell;
