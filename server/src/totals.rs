//! What the server has done: the figures of its last line.

use std::{collections::BTreeMap, fmt};

use common::words::Count;
use tracing::info;

use crate::ending::{Ending, Traffic};

/// What the server did, from start to stop.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Totals {
    /// Connections that have ended.
    pub served: u64,
    pub evicted: u64,
    pub reasons: BTreeMap<&'static str, u64>,
    pub traffic: Traffic,
}

impl Totals {
    pub fn add(&mut self, ending: &Ending, traffic: Traffic) {
        self.served += 1;
        self.evicted += u64::from(matches!(ending, Ending::Evicted(_)));
        *self.reasons.entry(ending.reason()).or_default() += 1;
        self.traffic.heartbeats += traffic.heartbeats;
        self.traffic.bytes_in += traffic.bytes_in;
        self.traffic.bytes_out += traffic.bytes_out;
    }

    pub fn log(&self) {
        let Self { served, evicted, traffic, .. } = self;
        let count = |reason| self.reasons.get(reason).copied().unwrap_or_default();
        info!(
            event = "stopped",
            served,
            evicted,
            heartbeats = traffic.heartbeats,
            bytes_in = traffic.bytes_in,
            bytes_out = traffic.bytes_out,
            closed_by_client = count("closed_by_client"),
            silent = count("silent"),
            not_reading = count("not_reading"),
            host_silent = count("host_silent"),
            reset = count("reset"),
            aborted = count("aborted"),
            gave_up = count("gave_up"),
            server_stopped = count("server_stopped"),
            failed = count("failed"),
            panicked = count("panicked"),
            "stopped; {self}"
        );
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let served = Count(self.served, "connection");
        let Traffic { heartbeats, bytes_in, bytes_out } = self.traffic;
        let heartbeats = Count(heartbeats, "heartbeat");
        write!(
            f,
            "{served} served, {} evicted, {heartbeats}, {bytes_in} bytes in, {bytes_out} out",
            self.evicted
        )?;
        for (number, (reason, count)) in self.reasons.iter().enumerate() {
            let separator = if number == 0 { ';' } else { ',' };
            write!(f, "{separator} {count} {}", reason.replace('_', " "))?;
        }
        Ok(())
    }
}
