//! `lab live`: everything that moves, on one screen, and keys that break it.

pub mod draw;
pub mod history;
pub mod ideas;
pub mod input;
pub mod kernel;
pub mod keys;
pub mod mailbox;
pub mod picture;
pub mod record;
pub mod reset;
pub mod script;
pub mod snapshot;
pub mod tap;
pub mod tell;
pub mod terminal;
pub mod world;
