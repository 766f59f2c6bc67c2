//! `lab live`: everything that moves, on one screen, and keys that break it.
//!
//! What comes to the lab is an [`input`]: a program's event, a sample of the kernel, a segment
//! on the wire, a key. The [`world`] takes inputs and knows no terminal, socket or clock, and
//! [`draw`] draws it. The [`history`] has the moments of a run, so the screen can step back. A
//! [recording](record) of the inputs [replays](replay) a run. Any moment can be drawn as a file,
//! too: a [`snapshot`] draws the screen, and [`picture`] makes SVG of it.
//!
//! [`outside`] has the real programs, the [`kernel`]'s figures, and the wire, seen through a
//! [`tap`]; a [`reset`] needs what the tap sees. A [`session`] connects outside and world: it takes
//! what comes, and carries out what a key or a [`script`] asks for. The [`player`] plays the
//! script, and the [`ideas`] are scripts, too. By [`join`] a client comes from another terminal.
//!
//! A session is [shown](show) on the screen of a [`terminal`], whose [`keys`] are read. Without a
//! terminal its story is [told](tell) as [`lines`].

pub mod draw;
pub mod history;
pub mod ideas;
pub mod input;
pub mod join;
pub mod kernel;
pub mod keys;
pub mod lines;
pub mod mailbox;
pub mod outside;
pub mod picture;
pub mod player;
pub mod record;
pub mod replay;
pub mod reset;
pub mod script;
pub mod session;
pub mod show;
pub mod snapshot;
pub mod tap;
pub mod tell;
pub mod terminal;
pub mod world;
