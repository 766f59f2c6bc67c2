//! What an idle line costs.
//!
//! Assumed, and so it is on Linux 6.18: IPv4 and TCP timestamps; each message travels in a
//! segment of its own; the server acknowledges with its answer, the client with an empty
//! segment; nothing is lost. Both kernels send keepalive probes of their own, and the other's
//! probe puts off nobody's.

use std::time::Duration;

use common::{
    detect::Keepalive,
    wire::{ACKNOWLEDGEMENT, HEARTBEAT},
};

use super::kernel;
use crate::settings::Settings;

/// An IPv4 header, a TCP header, and its timestamps with their padding (RFC 791, RFC 9293,
/// RFC 7323).
const HEADERS: usize = 20 + 20 + 12;

/// What passes on an idle line in an hour, both ways together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Heartbeats, their answers, and the server's probes.
    pub messages: f64,
    /// The bytes of those.
    pub message_bytes: f64,
    /// Keepalive probes; each is answered by an empty segment.
    pub keepalive_probes: f64,
    /// TCP segments, keepalive's among them.
    pub segments: f64,
    /// The bytes of those, as IP packets.
    pub segment_bytes: f64,
}

impl Cost {
    /// Of one line, an hour long.
    #[must_use]
    pub fn an_hour(settings: &Settings) -> Self {
        let idle = settings.rule().idle();
        let probe = settings.probe().filter(|probe| *probe < idle);
        let keepalive = settings.detect().keepalive();
        let answered = HEARTBEAT.len() + ACKNOWLEDGEMENT.len();
        let (period, messages, message_bytes, acknowledgements) = match (probe, keepalive) {
            (_, Some(figures)) if !settings.detect().by_heartbeat() => {
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
        Self {
            messages: number(messages) * times,
            message_bytes: number(message_bytes) * times,
            keepalive_probes: probes * times,
            segments: segments * times,
            segment_bytes: (segments * number(HEADERS) + number(message_bytes)) * times,
        }
    }
}

/// A kernel's probes between two exchanges of messages: those that fit in, if the interval is
/// no longer than the idle time; else, on average, one every interval, where one fits in.
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
#[must_use]
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
