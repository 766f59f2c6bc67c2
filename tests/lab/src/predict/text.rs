//! A prediction as a text of a screen or two.

use std::{fmt, mem::take};

use super::{
    cost::{Cost, short},
    kernel,
    notice::{Fault, Noticed, Side, notices, rhythm},
    timeline::{Event, What, timeline},
    warnings::warnings,
    words::{cells, formula, plain, wrapped},
};
use crate::settings::Settings;

/// Everything that can be said of these settings, as a text.
pub struct Prediction<'a>(pub &'a Settings);

impl fmt::Display for Prediction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.0;
        writeln!(f, "client {}", settings.client_arguments().join(" "))?;
        writeln!(f, "server {}", settings.server_arguments().join(" "))?;
        writeln!(f, "\nTHE SERVER FALLS SILENT: what its client does after the last byte")?;
        let client = timeline(settings, Side::Client);
        write_timeline(f, settings, &client)?;
        writeln!(f, "\nTHE CLIENT FALLS SILENT: what its server does after the last byte")?;
        let server = timeline(settings, Side::Server);
        write_timeline(f, settings, &server)?;
        if client.iter().chain(&server).any(|event| event.what.is_the_kernels()) {
            f.write_str("\n")?;
            wrapped(f, "  ", HANGS)?;
        }
        write_notices(f, settings)?;
        write_cost(f, settings)?;
        write_warnings(f, settings)
    }
}

/// What the kernel's lines in a timeline presume.
const HANGS: &str = "So it goes if the line is cut. If the other process only hangs, its kernel goes \
    on acknowledging, and what the kernel does here ends nothing.";

/// Of a long run of the same, the first two and the last are shown.
const RUN: usize = 7;

fn write_timeline(
    f: &mut fmt::Formatter<'_>,
    settings: &Settings,
    events: &[Event],
) -> fmt::Result {
    for run in events.chunk_by(|a, b| a.what.is_like(b.what)) {
        match run {
            [first, second, .., last] if run.len() > RUN => {
                write_event(f, settings, first)?;
                write_event(f, settings, second)?;
                writeln!(f, "{:>14}", "…")?;
                write_event(f, settings, last)?;
            }
            _ => run.iter().try_for_each(|event| write_event(f, settings, event))?,
        }
    }
    Ok(())
}

fn write_event(f: &mut fmt::Formatter<'_>, settings: &Settings, event: &Event) -> fmt::Result {
    let Event { at, what } = event;
    let why = match what {
        What::Noticed(notice) => format!(" ({})", formula(*notice, settings)),
        _ => String::new(),
    };
    writeln!(f, "{:>14}  {what}{why}", plain(*at))
}

fn write_notices(f: &mut fmt::Formatter<'_>, settings: &Settings) -> fmt::Result {
    writeln!(f, "\nHOW LONG AFTER A FAULT IT IS NOTICED")?;
    cells(f, ["what happens to the other side", "who notices", "how long after", "by what"])?;
    for fault in Fault::ALL {
        let mut what = fault.to_string();
        for side in [Side::Client, Side::Server] {
            let mut who = format!("the {side}");
            let noticed = notices(settings, side, fault);
            if noticed.is_empty() {
                cells(f, [&take(&mut what), &who, "never", ""])?;
            }
            for Noticed { by, window } in noticed {
                let (what, who) = (take(&mut what), take(&mut who));
                cells(f, [&what, &who, &window.to_string(), &by.to_string()])?;
            }
        }
    }
    wrapped(f, "  ", &why_sooner(settings))?;
    if settings.detect().keepalive().is_some() {
        let coarse = "The kernel's long timers are coarse: up to an eighth late, never early.";
        wrapped(f, "  ", coarse)?;
    }
    Ok(())
}

/// Why a fault is noticed sooner than the timelines say.
fn why_sooner(settings: &Settings) -> String {
    let rhythm = rhythm(settings);
    let period = settings.detect().keepalive().map(kernel::keepalive_period);
    let mut why = Vec::new();
    match rhythm {
        Some(rhythm) if rhythm == settings.timeout() => why.push(format!(
            "The programs count from the last byte. An idle line lives for {0} at most, until its \
             client is evicted: a fault falls anywhere within, and is noticed that much sooner.",
            plain(rhythm)
        )),
        Some(rhythm) => why.push(format!(
            "The programs count from the last byte. On a healthy idle line one comes every {0}: a \
             fault falls anywhere in the {0} after it, and is noticed that much sooner.",
            plain(rhythm)
        )),
        None => {}
    }
    if let Some(period) = period.filter(|period| rhythm.is_none_or(|rhythm| *period < rhythm)) {
        why.push(format!(
            "Keepalive counts from the last segment. On a healthy idle line it gets one every {0}, \
             the answer to its probe: a fault falls anywhere in the {0} after it.",
            plain(period)
        ));
    }
    why.join(" ")
}

fn write_cost(f: &mut fmt::Formatter<'_>, settings: &Settings) -> fmt::Result {
    let cost = Cost::an_hour(settings);
    writeln!(f, "\nWHAT AN IDLE LINE COSTS, each hour")?;
    cells(f, ["", "one client", "a million clients", ""])?;
    let rows = [
        ("heartbeats, probes and answers", cost.messages, ""),
        ("  their bytes", cost.message_bytes, "B"),
        ("keepalive probes, both ways", cost.keepalive_probes, ""),
        ("TCP segments", cost.segments, ""),
        ("  their bytes, as IP packets", cost.segment_bytes, "B"),
    ];
    for (what, number, unit) in rows {
        let million = number * 1e6;
        let each_second = match unit {
            "B" => short(million * 8.0 / 3600.0, "bit/s"),
            _ => format!("{} a second", short(million / 3600.0, "")),
        };
        if number > 0.0 {
            cells(f, [what, &short(number, unit), &short(million, unit), &each_second])?;
        }
    }
    wrapped(
        f,
        "  ",
        "Assumed: IPv4, 52 bytes of headers a segment (20 IP, 20 TCP, 12 timestamps); a message in \
         a segment of its own; the server acknowledges with its answer, the client with an empty \
         segment; nothing lost.",
    )
}

fn write_warnings(f: &mut fmt::Formatter<'_>, settings: &Settings) -> fmt::Result {
    let warnings = warnings(settings);
    if warnings.is_empty() {
        return writeln!(f, "\nNO WARNINGS");
    }
    writeln!(f, "\nWARNINGS")?;
    warnings.iter().try_for_each(|warning| wrapped(f, "- ", &warning.text))
}
