//! What a client and a server with given settings will do, computed without running them: no
//! socket, no waiting.
//!
//! [`Prediction`] collects the answers, as text or as JSON.

pub mod back;
pub mod cost;
pub mod detection;
pub mod entry;
pub mod fault;
pub mod kernel;
mod text;
pub mod timeline;
pub mod warnings;

use std::time::Duration;

use serde::Serialize;

use self::{
    back::Back,
    cost::Cost,
    detection::detections,
    entry::Entry,
    fault::{Detection, FAULTS, Fault},
    timeline::timeline,
    warnings::{Warning, warnings},
};
use crate::{event::Role, settings::Settings};

#[derive(Debug, Serialize)]
pub struct Prediction {
    #[serde(skip)]
    settings: Settings,
    #[serde(rename = "settings")]
    arguments: Vec<String>,
    warnings: Vec<Warning>,
    client_timeline: Vec<Entry>,
    server_timeline: Vec<Entry>,
    detections: Vec<Row>,
    /// For a client with `--reconnect`.
    pub back: Vec<Back>,
    /// `None` if the server evicts idle clients.
    cost_per_hour: Option<Cost>,
    clients: u32,
}

#[derive(Debug, Serialize)]
struct Row {
    fault: Fault,
    #[serde(skip)]
    what: &'static str,
    detected_by: Role,
    ways: Vec<Detection>,
}

impl Prediction {
    /// Predicts what the programs will do, the cost of so many clients, and what a middlebox
    /// that forgets an idle line after `middlebox` means for them.
    pub fn new(settings: &Settings, clients: u32, middlebox: Option<Duration>) -> Self {
        let rows = FAULTS.map(|(fault, what)| {
            [Role::Client, Role::Server].map(|detected_by| {
                let ways = detections(settings, detected_by, fault);
                Row { fault, what, detected_by, ways }
            })
        });
        Self {
            settings: *settings,
            arguments: settings.lab_arguments(),
            warnings: warnings(settings, middlebox),
            client_timeline: timeline(settings, Role::Client),
            server_timeline: timeline(settings, Role::Server),
            detections: rows.into_iter().flatten().collect(),
            back: FAULTS.map(|(fault, what)| Back::new(settings, fault, what)).to_vec(),
            cost_per_hour: Cost::per_hour(settings),
            clients,
        }
    }
}
