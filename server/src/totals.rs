//! What the server has done: the figures of its last line.

use std::fmt;

use common::console::Count;

use crate::ending::Ending;

/// What passed through a connection.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Traffic {
    /// Heartbeats answered.
    pub heartbeats: u64,
    /// Bytes read.
    pub bytes_in: u64,
    /// Bytes written.
    pub bytes_out: u64,
}

/// What the server did, from start to stop.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Connections that have ended.
    pub served: u64,
    /// Those of them that the reaper ended.
    pub evicted: u64,
    /// What passed through all of them.
    pub traffic: Traffic,
}

impl Totals {
    /// Enters a connection that has ended.
    pub fn add(&mut self, ending: &Ending, traffic: Traffic) {
        self.served += 1;
        self.evicted += u64::from(ending.is_eviction());
        self.traffic.heartbeats += traffic.heartbeats;
        self.traffic.bytes_in += traffic.bytes_in;
        self.traffic.bytes_out += traffic.bytes_out;
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { served, evicted, traffic } = self;
        let served = Count(*served, "connection");
        let heartbeats = Count(traffic.heartbeats, "heartbeat");
        let Traffic { bytes_in, bytes_out, .. } = traffic;
        write!(
            f,
            "{served} served, {evicted} evicted, {heartbeats}, {bytes_in} bytes in, {bytes_out} out"
        )
    }
}
