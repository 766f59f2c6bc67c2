//! The outages that a session outlives: a client with `--reconnect` is back after each of them.

use std::time::Duration;

use crate::{
    event::Role,
    predict::{
        back::{FailedAttempt, same_server, second_server},
        detection::detections,
        fault::{Fault, Window},
    },
    settings::Settings,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    /// The server is killed, and started again at the same address.
    Restart,
    /// The server hangs from now on, and there is a second one.
    Hang,
    /// The line is cut while nothing is in flight, and mended when both ends have given up.
    Cut,
}

/// From the server's death to its restart.
const RESTART: Duration = Duration::from_secs(1);

/// From the last verdict of both ends to the end of the cut.
const AFTER_VERDICT: Duration = Duration::from_secs(1);

impl Outage {
    /// What it is to the programs that are left.
    pub fn fault(self) -> Fault {
        match self {
            Self::Restart => Fault::Killed,
            Self::Hang => Fault::Stopped,
            Self::Cut => Fault::CutIdle,
        }
    }

    /// How many servers the client knows.
    pub fn servers(self) -> usize {
        if self == Self::Hang { 2 } else { 1 }
    }

    /// How long the lab lets it last. `None` if it lasts to the end of the scene.
    pub fn lasts(self, settings: &Settings) -> Option<Duration> {
        match self {
            Self::Restart => Some(RESTART),
            Self::Hang => None,
            Self::Cut => {
                let verdicts = [Role::Client, Role::Server]
                    .into_iter()
                    .flat_map(|role| detections(settings, role, self.fault()));
                let last = verdicts.map(|way| way.latest).max().unwrap_or_default();
                Some(last + AFTER_VERDICT)
            }
        }
    }

    /// When the client should be back, counted from the fault. `None` if it never detects it.
    pub fn back(self, settings: &Settings) -> Option<Window> {
        let same_server = |meets| {
            let healthy = self.lasts(settings).unwrap_or_default();
            same_server(settings, self.fault(), healthy, meets)
        };
        match self {
            Self::Restart => same_server(FailedAttempt::REFUSED),
            Self::Hang => second_server(settings, self.fault()),
            Self::Cut => same_server(FailedAttempt::SILENT),
        }
    }
}
