//! A prediction as text, for a terminal of 100 columns.

use std::{fmt, time::Duration};

use super::{
    Prediction,
    cost::short,
    detection::longest_silence,
    fault::Means,
    kernel,
    timeline::{Action, Entry},
};
use crate::{draw::hanging, event::Role, settings::Settings};

const WIDTH: usize = 96;

impl fmt::Display for Prediction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for warning in &self.warnings {
            wrapped(f, "WARNING: ", &warning.text)?;
        }
        if !self.warnings.is_empty() {
            writeln!(f)?;
        }
        for role in [Role::Client, Role::Server] {
            writeln!(f, "{role} {}", self.settings.arguments(role).join(" "))?;
        }
        writeln!(f, "\nTHE SERVER FALLS SILENT: what its client does after the last byte")?;
        self.write_timeline(f, &self.client_timeline)?;
        writeln!(f, "\nTHE CLIENT FALLS SILENT: what its server does after the last byte")?;
        self.write_timeline(f, &self.server_timeline)?;
        let mut entries = self.client_timeline.iter().chain(&self.server_timeline);
        if entries.any(|entry| entry.action.is_the_kernels()) {
            wrapped(
                f,
                "  ",
                "This is what happens when the line is cut. If the other process only hangs, its \
                 kernel goes on acknowledging, and our kernel does not end the connection.",
            )?;
        }
        self.write_detections(f)?;
        self.write_cost(f)
    }
}

/// Of a longer run of similar entries only the first two and the last are shown.
const RUN: usize = 7;

impl Prediction {
    fn write_timeline(&self, f: &mut fmt::Formatter<'_>, entries: &[Entry]) -> fmt::Result {
        for run in entries.chunk_by(|a, b| a.action.is_like(b.action)) {
            match run {
                [first, second, .., last] if run.len() > RUN => {
                    self.write_entry(f, first)?;
                    self.write_entry(f, second)?;
                    writeln!(f, "{:>14}", "…")?;
                    self.write_entry(f, last)?;
                }
                _ => run.iter().try_for_each(|entry| self.write_entry(f, entry))?,
            }
        }
        Ok(())
    }

    fn write_entry(&self, f: &mut fmt::Formatter<'_>, entry: &Entry) -> fmt::Result {
        let Entry { at, action } = entry;
        let why = match action {
            Action::Detected(means) => format!(" ({})", formula(*means, &self.settings)),
            _ => String::new(),
        };
        writeln!(f, "{:>14}  {action}{why}", plain(*at))
    }

    fn write_detections(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nHOW LONG AFTER A FAULT IT IS DETECTED")?;
        cells(f, ["what happens to the other end", "detected by", "how long after", "means"])?;
        for row in &self.detections {
            let what = if row.detected_by == Role::Client { row.what } else { "" };
            let mut first = [what.to_owned(), format!("the {}", row.detected_by)];
            if row.ways.is_empty() {
                cells(f, [&first[0], &first[1], "never", ""])?;
            }
            for way in &row.ways {
                cells(f, [&first[0], &first[1], &way.when(plain), &way.by.to_string()])?;
                first = Default::default();
            }
        }
        wrapped(f, "  ", &why_sooner(&self.settings))?;
        if self.settings.detect.keepalive().is_some() {
            let coarse = "The kernel's long timers are coarse: up to an eighth late, never early.";
            wrapped(f, "  ", coarse)?;
        }
        Ok(())
    }

    fn write_cost(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(cost) = self.cost_per_hour else {
            return writeln!(f, "\nAN IDLE LINE HAS NO COST: the server evicts its client.");
        };
        writeln!(f, "\nWHAT AN IDLE LINE COSTS PER HOUR")?;
        let all = match self.clients {
            1 => String::new(),
            clients => format!("{clients} clients"),
        };
        cells(f, ["", "1 client", &all, ""])?;
        let rows = [
            ("heartbeats, probes and answers", cost.messages, ""),
            ("  their bytes", cost.message_bytes, "B"),
            ("keepalive probes, both ways", cost.keepalive_probes, ""),
            ("TCP segments", cost.segments, ""),
            ("  their bytes, as IP packets", cost.segment_bytes, "B"),
        ];
        for (what, number, unit) in rows.into_iter().filter(|(_, number, _)| *number > 0.0) {
            let all = number * f64::from(self.clients);
            let per_second = match unit {
                "B" => short(all * 8.0 / 3600.0, "bit/s"),
                _ => format!("{} per second", short(all / 3600.0, "")),
            };
            let shown = if self.clients == 1 { String::new() } else { short(all, unit) };
            cells(f, [what, &short(number, unit), &shown, &per_second])?;
        }
        wrapped(
            f,
            "  ",
            "Assumed: IPv4, 52 bytes of headers per segment (20 IP, 20 TCP, 12 timestamps); each \
             message in its own segment; the server acknowledges with its answer, the client \
             with an empty segment; nothing is lost.",
        )
    }
}

/// Why a fault is detected sooner than the timelines say.
fn why_sooner(settings: &Settings) -> String {
    let silence = longest_silence(settings);
    let period = settings.detect.keepalive().map(kernel::keepalive_period);
    let mut why = Vec::new();
    match silence {
        Some(silence) if silence == settings.timeout => why.push(format!(
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
    let rule = settings.rule;
    match (means, settings.detect.keepalive()) {
        (Means::Heartbeat, _) => format!(
            "--idle {} + (--retries {} + 1) x --retry-interval {}",
            plain(rule.idle.get()),
            rule.retries,
            plain(rule.interval.get())
        ),
        (Means::Timeout, _) => format!("--timeout {}", plain(settings.timeout)),
        (Means::Keepalive, Some(figures)) => {
            let dead = kernel::keepalive_verdict(figures);
            let probes = kernel::steps(dead.saturating_sub(figures.idle), figures.interval);
            format!(
                "--keepalive-idle {} + {probes} x --keepalive-interval {}",
                plain(figures.idle),
                plain(figures.interval)
            )
        }
        (Means::UserTimeout, _) => format!(
            "--user-timeout {} after the first bytes in flight",
            settings.user_timeout().map_or_else(String::new, plain)
        ),
        (Means::Retransmission, _) => format!(
            "tcp_retries2, {} after the first bytes in flight",
            plain(kernel::RETRANSMISSION)
        ),
        (Means::Keepalive, None) | (Means::EndOfStream | Means::Reset, _) => String::new(),
    }
}

/// A duration for people: `2h 11m 15s`.
fn plain(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

fn cells(f: &mut fmt::Formatter<'_>, [what, first, second, third]: [&str; 4]) -> fmt::Result {
    let row = format!("  {what:<34}{first:<14}{second:<32}{third}");
    writeln!(f, "{}", row.trim_end())
}

/// A text in lines, with `before` in front of the first and blanks in front of the others.
fn wrapped(f: &mut fmt::Formatter<'_>, before: &str, text: &str) -> fmt::Result {
    writeln!(f, "{}", hanging(before, text, WIDTH))
}
