//! `lab idle-limit`: its rules, and the command on real connections.
#![cfg(unix)]

mod relay;
mod rules;
mod runs;
