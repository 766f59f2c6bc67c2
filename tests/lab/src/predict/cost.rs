//! What an idle line costs.
//!
//! Assumed, as measured on Linux 6.18: IPv4 and TCP timestamps; each message travels in its own
//! segment; the server acknowledges with its answer, the client with an empty segment; nothing
//! is lost. Each kernel sends its own keepalive probes, and a probe from the other kernel does
//! not postpone them.

use std::time::Duration;

use common::{
    detect::Keepalive,
    wire::{ACKNOWLEDGEMENT, HEARTBEAT},
};

use serde::Serialize;

use super::{detection::sign_of_life_every, kernel};
use crate::settings::Settings;

/// An IPv4 header, a TCP header, and its timestamps with their padding (RFC 791, RFC 9293,
/// RFC 7323).
const HEADERS: usize = 20 + 20 + 12;

/// What passes on one idle line in one hour, both directions together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    pub messages: f64,
    pub message_bytes: f64,
    /// Keepalive probes; each is answered by an empty segment.
    pub keepalive_probes: f64,
    /// TCP segments, keepalive's among them.
    pub segments: f64,
    /// The bytes of those, as IP packets.
    pub segment_bytes: f64,
}

impl Cost {
    /// The cost of one line per hour. `None` if the server evicts an idle client, since then
    /// no idle line lasts.
    pub fn per_hour(settings: &Settings) -> Option<Self> {
        if sign_of_life_every(settings).is_some_and(|every| every >= settings.timeout()) {
            return None;
        }
        let idle = settings.idle();
        let probe = settings.probe().filter(|probe| *probe < idle);
        let keepalive = settings.detect.keepalive();
        let answered = HEARTBEAT.len() + ACKNOWLEDGEMENT.len();
        let (period, messages, message_bytes, acknowledgements) = match (probe, keepalive) {
            (_, Some(figures)) if !settings.detect.uses_heartbeat() => {
                (kernel::keepalive_period(figures), 0, 0, 0)
            }
            (None, _) => (idle, 2, answered, 1),
            (Some(probe), _) => (probe, 3, HEARTBEAT.len() + answered, 2),
        };
        let probes = match keepalive {
            None => 0.0,
            Some(_) if messages == 0 => 2.0,
            Some(figures) => 2.0 * between(period, figures),
        };
        let segments = number(messages + acknowledgements) + 2.0 * probes;
        let times = 3600.0 / period.as_secs_f64();
        Some(Self {
            messages: number(messages) * times,
            message_bytes: number(message_bytes) * times,
            keepalive_probes: probes * times,
            segments: segments * times,
            segment_bytes: (segments * number(HEADERS) + number(message_bytes)) * times,
        })
    }
}

/// How many probes a kernel sends between two exchanges of messages. If the interval is no
/// longer than the idle time, that is a whole number; otherwise it is an average, one probe per
/// interval.
fn between(exchanges: Duration, figures: Keepalive) -> f64 {
    if exchanges <= figures.idle {
        0.0
    } else if figures.interval <= figures.idle {
        exchanges.div_duration_f64(figures.idle).ceil() - 1.0
    } else {
        exchanges.div_duration_f64(figures.interval)
    }
}

fn number(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::INFINITY, f64::from)
}

/// A number with the SI prefix that makes it short, and a unit: `24.0 kB`, `1.58 M`, `144`.
pub fn short(number: f64, unit: &str) -> String {
    const PREFIXES: [&str; 6] = ["", "k", "M", "G", "T", "P"];
    let (mut number, mut prefix) = (number, 0);
    while number >= 999.5 && prefix + 1 < PREFIXES.len() {
        number /= 1000.0;
        prefix += 1;
    }
    let digits = match number {
        _ if (number - number.round()).abs() < 0.001 => 0,
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{number:.digits$} {}{unit}", PREFIXES[prefix]).trim_end().to_owned()
}
