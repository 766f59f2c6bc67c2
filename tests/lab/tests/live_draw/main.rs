//! The screen of `lab live`. Worlds are built from inputs, and what is drawn of them is compared
//! with the files in `screens`; other properties are checked for any world and any size.
#![cfg(target_os = "linux")]

mod any;
mod screens;
mod stage;
mod why;
