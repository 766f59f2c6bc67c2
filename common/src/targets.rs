//! The targets of events that the log treats apart. All other events have their module's.

/// The target of the few events that even a quiet log shows.
pub const ALWAYS: &str = "always";

/// The target of the events about single heartbeats, which can be hidden.
pub const HEARTBEATS: &str = "heartbeats";
