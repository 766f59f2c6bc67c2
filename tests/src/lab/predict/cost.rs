//! What an idle line costs.
//!
//! Assumed: IPv4 and TCP timestamps; each message travels in a segment of its own, and
//! acknowledges the one before; the last of an exchange is acknowledged by an empty segment;
//! nothing is lost. Both kernels send keepalive probes of their own, and another's probe does
//! not put off one's own.

use std::time::Duration;

use common::wire::{ACKNOWLEDGEMENT, HEARTBEAT};

use crate::lab::settings::Settings;

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
    /// TCP segments, keepalive's among them.
    pub segments: f64,
    /// The bytes of those, as IP packets.
    pub segment_bytes: f64,
    /// Keepalive probes; each is answered by an empty segment.
    pub keepalive_probes: f64,
}

impl Cost {
    /// Of one line, an hour long.
    #[must_use]
    pub fn an_hour(settings: &Settings) -> Self {
        let idle = settings.rule().idle();
        let probed = settings.probe().filter(|probe| *probe < idle);
        let keepalive_idle = settings.detect().keepalive().map(|figures| figures.idle);
        let (messages, message_bytes, period, keepalive_probes) =
            if settings.detect().by_heartbeat() {
                let answered = HEARTBEAT.len() + ACKNOWLEDGEMENT.len();
                let (messages, bytes) =
                    if probed.is_some() { (3, HEARTBEAT.len() + answered) } else { (2, answered) };
                let period = probed.unwrap_or(idle);
                // Only those that fit between one exchange and the next.
                let probes = keepalive_idle.map_or(0.0, |idle| (whole(period, idle) - 1.0) * 2.0);
                (messages, bytes, period, probes)
            } else {
                (0, 0, keepalive_idle.unwrap_or(Duration::MAX), 2.0)
            };
        let acknowledgements = usize::from(messages > 0);
        let segments = number(messages + acknowledgements) + keepalive_probes * 2.0;
        let times = 3600.0 / period.as_secs_f64();
        Self {
            messages: number(messages) * times,
            message_bytes: number(message_bytes) * times,
            segments: segments * times,
            segment_bytes: (segments * number(HEADERS) + number(message_bytes)) * times,
            keepalive_probes: keepalive_probes * times,
        }
    }
}

/// How many steps it takes to go at least this far.
fn whole(distance: Duration, step: Duration) -> f64 {
    distance.div_duration_f64(step).ceil()
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
