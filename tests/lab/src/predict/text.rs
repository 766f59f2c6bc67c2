//! A prediction as text, for a terminal of 100 columns.

mod back;

use std::time::Duration;

use super::{
    Prediction,
    back::Back,
    cost::short,
    detection::longest_silence,
    entry::{Action, Entry},
    fault::Means,
    kernel,
};
use crate::{draw::hanging, event::Role, settings::Settings};

const WIDTH: usize = 96;

/// Of a longer run of similar entries only the first two and the last are shown.
const RUN: usize = 7;

impl Prediction {
    pub fn text(&self) -> String {
        let warnings = self.warnings.iter();
        let mut lines: Vec<_> =
            warnings.map(|warning| hanging("WARNING: ", &warning.text, WIDTH)).collect();
        if !lines.is_empty() {
            lines.push(String::new());
        }
        for role in [Role::Client, Role::Server] {
            lines.push(format!("{role} {}", self.settings.arguments(role).join(" ")));
        }
        for (silent, other, entries) in [
            (Role::Server, Role::Client, &self.client_timeline),
            (Role::Client, Role::Server, &self.server_timeline),
        ] {
            let heading = format!("\nTHE {silent} FALLS SILENT: ").to_uppercase();
            lines.push(format!("{heading}what its {other} does after the last byte"));
            lines.extend(self.timeline_lines(entries));
        }
        let mut entries = self.client_timeline.iter().chain(&self.server_timeline);
        if entries.any(|entry| entry.action.is_the_kernels()) {
            let when = "This is what happens when the line is cut. If the other process only \
                        hangs, its kernel goes on acknowledging, and our kernel does not end the \
                        connection.";
            lines.push(hanging("  ", when, WIDTH));
        }
        lines.extend(self.detection_lines());
        lines.extend(back::lines(&self.back));
        lines.extend(self.cost_lines());
        lines.join("\n") + "\n"
    }

    fn timeline_lines(&self, entries: &[Entry]) -> Vec<String> {
        let line = |Entry { at, action }: &Entry| match action {
            Action::Detected(means) => {
                format!("{:>14}  {action} ({})", plain(*at), formula(*means, &self.settings))
            }
            _ => format!("{:>14}  {action}", plain(*at)),
        };
        let shown = |run: &[Entry]| match run {
            [first, second, .., last] if run.len() > RUN => {
                vec![line(first), line(second), format!("{:>14}", "…"), line(last)]
            }
            _ => run.iter().map(line).collect(),
        };
        entries.chunk_by(|a, b| a.action.is_like(b.action)).flat_map(shown).collect()
    }

    fn detection_lines(&self) -> Vec<String> {
        let mut lines = vec![
            "\nHOW LONG AFTER A FAULT IT IS DETECTED".to_owned(),
            cells("what happens to the other end", "detected by", "how long after", "means"),
        ];
        for row in &self.detections {
            let what = if row.detected_by == Role::Client { row.what } else { "" };
            let (mut what, mut by) = (what, format!("the {}", row.detected_by));
            if row.ways.is_empty() {
                lines.push(cells(what, &by, "never", ""));
            }
            for way in &row.ways {
                lines.push(cells(what, &by, &way.window().when(plain), &way.by.to_string()));
                (what, by) = ("", String::new());
            }
        }
        lines.push(hanging("  ", &why_sooner(&self.settings), WIDTH));
        if self.settings.detect.keepalive().is_some() {
            let coarse = "The kernel's long timers are coarse: up to an eighth late, never early.";
            lines.push(hanging("  ", coarse, WIDTH));
        }
        lines
    }

    fn cost_lines(&self) -> Vec<String> {
        let Some(cost) = self.cost_per_hour else {
            return vec!["\nAN IDLE LINE HAS NO COST: the server evicts its client.".to_owned()];
        };
        let of_all = |text: String| if self.clients == 1 { String::new() } else { text };
        let mut lines = vec![
            "\nWHAT AN IDLE LINE COSTS PER HOUR".to_owned(),
            cells("", "1 client", &of_all(format!("{} clients", self.clients)), ""),
        ];
        for (what, number, unit) in [
            ("heartbeats, probes and answers", cost.messages, ""),
            ("  their bytes", cost.message_bytes, "B"),
            ("keepalive probes, both ways", cost.keepalive_probes, ""),
            ("TCP segments", cost.segments, ""),
            ("  their bytes, as IP packets", cost.segment_bytes, "B"),
        ] {
            let all = number * f64::from(self.clients);
            let per_second = match unit {
                "B" => short(all * 8.0 / 3600.0, "bit/s"),
                _ => format!("{} per second", short(all / 3600.0, "")),
            };
            if number > 0.0 {
                lines.push(cells(
                    what,
                    &short(number, unit),
                    &of_all(short(all, unit)),
                    &per_second,
                ));
            }
        }
        let assumed = "Assumed: IPv4, 52 bytes of headers per segment (20 IP, 20 TCP, 12 \
                       timestamps); each message in its own segment; the server acknowledges with \
                       its answer, the client with an empty segment; nothing is lost.";
        lines.push(hanging("  ", assumed, WIDTH));
        lines
    }
}

/// Why a fault is detected sooner than the timelines say.
fn why_sooner(settings: &Settings) -> String {
    let silence = longest_silence(settings);
    let period = settings.detect.keepalive().map(kernel::keepalive_period);
    let mut why = Vec::new();
    match silence {
        Some(silence) if silence == settings.timeout() => why.push(format!(
            "The programs count from the last byte. An idle line lasts for {} at most, until the \
             server evicts its client. A fault may come at any moment before, and is detected \
             that much sooner.",
            plain(silence)
        )),
        Some(silence) => why.push(format!(
            "The programs count from the last byte. On a healthy idle line one comes every {0}. A \
             fault may come at any moment in the {0} after it, and is detected that much sooner.",
            plain(silence)
        )),
        None => {}
    }
    if let Some(period) = period.filter(|period| silence.is_none_or(|silence| *period < silence)) {
        why.push(format!(
            "Keepalive counts from the last segment. On a healthy idle line one comes every {0}, \
             the answer to a probe. A fault may come at any moment in the {0} after it.",
            plain(period)
        ));
    }
    why.join(" ")
}

/// Where the moment of the verdict comes from.
fn formula(means: Means, settings: &Settings) -> String {
    let [idle, interval] = [settings.idle(), settings.retry_interval.get()].map(plain);
    match means {
        Means::Heartbeat => {
            let retries = settings.retries;
            format!("--idle {idle} + (--retries {retries} + 1) x --retry-interval {interval}")
        }
        Means::Timeout => format!("--timeout {}", plain(settings.timeout())),
        Means::Keepalive => settings.detect.keepalive().map_or_else(String::new, |figures| {
            let dead = kernel::keepalive_verdict(figures);
            let probes = kernel::steps(dead.saturating_sub(figures.idle), figures.interval);
            let [idle, interval] = [figures.idle, figures.interval].map(plain);
            format!("--keepalive-idle {idle} + {probes} x --keepalive-interval {interval}")
        }),
        Means::UserTimeout | Means::Retransmission => {
            let limit = settings.user_timeout().map(|limit| ("--user-timeout ", limit));
            let (name, limit) = limit.unwrap_or(("tcp_retries2, ", kernel::RETRANSMISSION));
            format!("{name}{} after the first bytes in flight", plain(limit))
        }
        Means::EndOfStream | Means::Reset => String::new(),
    }
}

/// A duration for people: `2h 11m 15s`.
fn plain(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

fn cells(what: &str, first: &str, second: &str, third: &str) -> String {
    let row = format!("  {what:<34}{first:<14}{second:<32}{third}");
    row.trim_end().to_owned()
}
