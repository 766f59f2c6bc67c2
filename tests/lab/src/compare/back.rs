//! Compares when the client was back with what was predicted.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{deviation, is_tolerable, verdict};
use crate::{observe::Observer, predict::fault::Window};

/// Whether and when a client with `--reconnect` was back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Back {
    /// `None` if it is never away.
    pub predicted: Option<Window>,
    /// How long after the fault it was back. `None` if it was not.
    pub after_s: Option<f64>,
    /// Whether each line that was typed has come back, once and in order.
    pub answered: bool,
    /// How far the moment lies outside the predicted window, in seconds: 0 within, negative
    /// before.
    pub deviation_s: Option<f64>,
    pub as_predicted: bool,
}

impl Back {
    /// Compares the prediction for a fault at the moment `fault`. The lab watched for `watched`
    /// after the fault.
    pub fn new(
        predicted: Option<Window>,
        observer: &Observer,
        fault: Duration,
        watched: Duration,
    ) -> Self {
        let after = observer.back.map(|back| back.saturating_sub(fault));
        let answered = observer.is_answered();
        let as_predicted = match (predicted, after) {
            (None, after) => after.is_none(),
            (Some(window), None) => window.earliest > watched,
            (Some(window), Some(after)) => answered && is_tolerable(window, after),
        };
        let deviation_s = predicted.zip(after).map(|(window, after)| deviation(window, after));
        let after_s = after.map(|after| after.as_secs_f64());
        Self { predicted, after_s, answered, deviation_s, as_predicted }
    }

    /// What was measured: `2.26s`, or `not within 8.0s`.
    pub fn measured(&self, watched: Duration) -> String {
        match self.after_s {
            Some(after) if self.answered => format!("{after:.2}s"),
            Some(after) => format!("{after:.2}s, and the echo is wrong or lacks a line"),
            None => format!("not within {:.1}s", watched.as_secs_f64()),
        }
    }

    pub fn verdict(&self) -> String {
        verdict(self.deviation_s, self.as_predicted)
    }
}
