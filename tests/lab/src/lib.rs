//! The lab: the real programs, started and broken on purpose, for the person who wants to
//! see how each failure looks, who notices it, and why just then.
//!
//! [`predict`] works out from the programs' own rules what they will do, without running
//! them; [`settings`] are the programs' own flags, which every command of the lab takes.
//!
//! A [`scene`] has a [`plot`], and is [`play`]ed on a [`stage`], where the programs are started, watched and broken,
//! with a [`relay`] between them where that falsifies nothing. What the two logs and the
//! relay tell are [`note`]s; they become a [`story`], a list of [`event`]s. A [`diagram`] draws them in a
//! terminal as they come, [`svg`] as one picture; a [`verdict`] holds them against what was
//! predicted. [`tell`] says all that to a person, and the [`matrix`] is every fault in every
//! mode.

pub mod diagram;
pub mod event;
#[cfg(unix)]
pub mod matrix;
pub mod note;
#[cfg(unix)]
pub mod play;
#[cfg(unix)]
pub mod plot;
pub mod predict;
pub mod readable;
pub mod relay;
#[cfg(unix)]
pub mod scene;
pub mod settings;
#[cfg(unix)]
pub mod stage;
pub mod story;
pub mod svg;
#[cfg(unix)]
pub mod table;
#[cfg(unix)]
pub mod tell;
pub mod verdict;
