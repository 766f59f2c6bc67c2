//! Compares what an end detected with what was predicted for it.

mod back;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    event::Role,
    in_seconds,
    observe::LastWords,
    predict::fault::{Detection, Means, Window},
};

pub use self::back::Back;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The means of the detection, if the reason tells it.
    pub by: Option<Means>,
    pub reason: String,
    /// What the kernel's evidence says about the other end, if the log tells it.
    pub finding: Option<String>,
    #[serde(rename = "after_s", with = "in_seconds")]
    pub after: Duration,
}

/// The prediction for one end and what it detected.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub role: Role,
    /// The ways in which it might detect the fault. None means never.
    pub predicted: Vec<Detection>,
    pub observed: Option<Observed>,
    /// How far the moment lies outside the predicted window, in seconds: 0 within, negative
    /// before. `None` if nothing was detected, or by means that were not predicted.
    pub deviation_s: Option<f64>,
    pub as_predicted: bool,
}

/// A moment may lie this far outside its window: programs are started, stopped and read by
/// others, which takes time.
const LEAST_TOLERANCE: Duration = Duration::from_millis(300);

/// How far a moment may lie outside the window: a fifth of the bound that is nearer to it, or
/// 0.3 s if that is more. The kernel's timers may be an eighth late.
fn tolerance(window: Window, after: Duration) -> Duration {
    let nearer = if after < window.earliest { window.earliest } else { window.latest };
    (nearer / 5).max(LEAST_TOLERANCE)
}

/// How far the moment lies outside the window, in seconds; negative before it.
fn deviation(window: Window, after: Duration) -> f64 {
    let early = window.earliest.saturating_sub(after).as_secs_f64();
    after.saturating_sub(window.latest).as_secs_f64() - early
}

fn is_tolerable(window: Window, after: Duration) -> bool {
    deviation(window, after).abs() <= tolerance(window, after).as_secs_f64()
}

/// How long after a fault to wait for what is predicted: beyond the tolerance, so that it is
/// measured and reported as late if it is.
pub fn patience(window: Window) -> Duration {
    window.latest + tolerance(window, Duration::MAX) + Duration::from_secs(3)
}

/// The deviation in words: `within`, `+0.04s`; nothing if there is none.
fn deviation_in_words(deviation: Option<f64>) -> String {
    match deviation {
        None => String::new(),
        Some(deviation) if deviation.abs() < 0.005 => "within".to_owned(),
        Some(deviation) => format!("{deviation:+.2}s"),
    }
}

fn verdict(deviation: Option<f64>, as_predicted: bool) -> String {
    let verdict = if as_predicted { "as predicted" } else { "NOT AS PREDICTED" };
    match deviation_in_words(deviation) {
        deviation if deviation.is_empty() => verdict.to_owned(),
        deviation => format!("{deviation}: {verdict}"),
    }
}

impl Comparison {
    /// Compares the prediction for a fault at the moment `fault` with the end's last words. The
    /// lab watched for `watched` after the fault.
    pub fn new(
        role: Role,
        predicted: Vec<Detection>,
        words: Option<&LastWords>,
        fault: Duration,
        watched: Duration,
    ) -> Self {
        let observed = words.map(|words| Observed {
            by: Means::of_reason(&words.reason, &predicted),
            reason: words.reason.clone(),
            finding: words.finding.clone(),
            after: words.at.saturating_sub(fault),
        });
        let nearest = observed.as_ref().and_then(|observed| {
            let fitting = predicted.iter().filter(|way| Some(way.by) == observed.by);
            let deviations = fitting.map(|way| (*way, deviation(way.window(), observed.after)));
            deviations.min_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs()))
        });
        let as_predicted = match (&observed, nearest) {
            (None, _) => predicted.iter().all(|way| way.earliest > watched),
            (Some(_), None) => false,
            (Some(observed), Some((way, _))) => is_tolerable(way.window(), observed.after),
        };
        let deviation_s = nearest.map(|(_, deviation)| deviation);
        Self { role, predicted, observed, deviation_s, as_predicted }
    }

    /// What was measured: `2.26s by heartbeat`, or `not within 8.0s`.
    pub fn measured(&self, watched: Duration) -> String {
        match &self.observed {
            Some(observed) => {
                format!("{:.2}s by {}", observed.after.as_secs_f64(), observed.means())
            }
            None => format!("not within {:.1}s", watched.as_secs_f64()),
        }
    }

    pub fn deviation(&self) -> String {
        deviation_in_words(self.deviation_s)
    }

    pub fn verdict(&self) -> String {
        verdict(self.deviation_s, self.as_predicted)
    }
}

impl Observed {
    /// The means, or the log's reason if that does not tell it.
    pub fn means(&self) -> String {
        self.by.map_or_else(|| self.reason.replace('_', " "), |by| by.to_string())
    }

    /// The finding in a few words; nothing if there is none.
    pub fn finding_in_words(&self) -> &str {
        match self.finding.as_deref() {
            Some("service_silent") => "kernel answers",
            Some("not_reading") => "window closed",
            Some("host_silent") => "kernel silent",
            Some("nothing_asked") => "kernel not asked",
            Some("not_sent") => "cannot send",
            Some("undecided") => "undecided",
            other => other.unwrap_or_default(),
        }
    }
}
