//! The lab: the real programs, started and broken on purpose, for the person who wants to
//! see how each failure looks, who notices it, and why just then.
//!
//! [`predict`] works out from the programs' own rules what they will do, without running
//! them; [`settings`] are the programs' own flags, which every command of the lab takes.
//! What happens in a run is a list of [`event`]s. A [`diagram`] draws them in a terminal as
//! they come, [`svg`] as one picture.

pub mod diagram;
pub mod event;
pub mod predict;
pub mod readable;
pub mod settings;
pub mod svg;
