//! The lab: the real programs, started and broken on purpose, for the person who wants to
//! see how each failure looks and who notices it.
//!
//! What happens in a run is a list of [`event`]s. A [`diagram`] draws them in a terminal as
//! they come, [`svg`] as one picture.

pub mod diagram;
pub mod event;
pub mod readable;
pub mod svg;
