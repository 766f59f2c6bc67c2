//! What a client and a server with given settings will do, worked out without running them:
//! no socket, no waiting.
//!
//! | part | question |
//! | --- | --- |
//! | [`timeline`] | what happens in a silence, moment by moment |
//! | [`notice`] | who notices which fault, by what, and how soon |
//! | [`cost`] | what an idle line costs |
//! | [`warnings`] | what is doubtful about the settings |
//! | [`kernel`] | what the kernel does on its own, on which all of them stand |
//!
//! [`Prediction`] puts the answers on a screen or two.

pub mod cost;
pub mod kernel;
pub mod notice;
mod table;
pub mod timeline;
pub mod warnings;

use std::fmt;

use self::{
    cost::{Cost, short},
    notice::{Fault, Side, rhythm},
    table::{cells, moment, plain, wrapped},
    timeline::{Event, What, timeline},
};
use crate::lab::settings::Settings;

/// Columns that a text may take.
const WIDTH: usize = 96;

/// Everything that can be said of these settings, as a text.
pub struct Prediction<'a>(pub &'a Settings);

impl fmt::Display for Prediction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.0;
        writeln!(f, "client {}", settings.client_arguments().join(" "))?;
        writeln!(f, "server {}", settings.server_arguments().join(" "))?;
        writeln!(f, "\nTHE LINE DIES: what the client does after the server's last byte")?;
        write_timeline(f, settings, Side::Client)?;
        writeln!(f, "\nTHE LINE DIES: what the server does after the client's last byte")?;
        write_timeline(f, settings, Side::Server)?;
        write_notices(f, settings)?;
        write_cost(f, settings)?;
        write_warnings(f, settings)
    }
}

/// Of a long run of the same, the first two and the last are shown.
const RUN: usize = 7;

fn write_timeline(f: &mut fmt::Formatter<'_>, settings: &Settings, side: Side) -> fmt::Result {
    let events = timeline(settings, side);
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
        What::Noticed(notice) => format!(" ({})", notice.formula(settings)),
        _ => String::new(),
    };
    writeln!(f, "{:>14}  {what}{why}", plain(*at))
}

fn write_notices(f: &mut fmt::Formatter<'_>, settings: &Settings) -> fmt::Result {
    writeln!(f, "\nHOW LONG AFTER A FAULT IT IS NOTICED")?;
    cells(f, ["what happens to the other side", "by the client", "by the server"])?;
    for fault in Fault::ALL {
        let [client, server] = [Side::Client, Side::Server]
            .map(|side| moment(&notice::notices(settings, side, fault)));
        cells(f, [fault.words(), &client, &server])?;
    }
    let why = match (rhythm(settings), settings.detect().keepalive()) {
        (Some(rhythm), _) => format!(
            "The programs count from the last byte. On a healthy idle line one comes every {0}: a \
             fault falls anywhere in the {0} after it, and is noticed that much sooner.",
            plain(rhythm)
        ),
        (None, Some(figures)) => format!(
            "The kernel counts from the last segment. On a healthy idle line it gets one every {0}, \
             the answer to its probe: a fault falls anywhere in the {0} after it, and is noticed \
             that much sooner.",
            plain(figures.idle)
        ),
        (None, None) => String::new(),
    };
    wrapped(f, "  ", &why)?;
    if settings.detect().keepalive().is_some() {
        wrapped(f, "  ", "The kernel's long timers are coarse: up to an eighth late, never early.")?;
    }
    Ok(())
}

fn write_cost(f: &mut fmt::Formatter<'_>, settings: &Settings) -> fmt::Result {
    let cost = Cost::an_hour(settings);
    writeln!(f, "\nWHAT AN IDLE LINE COSTS, each hour")?;
    cells(f, ["", "one client", "a million clients"])?;
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
            let million = format!("{} ({each_second})", short(million, unit));
            cells(f, [what, &short(number, unit), &million])?;
        }
    }
    wrapped(
        f,
        "  ",
        "Assumed: IPv4, 52 bytes of headers a segment (20 IP, 20 TCP, 12 timestamps); a message in \
         a segment of its own, which acknowledges the one before; an empty segment for the last; \
         nothing lost.",
    )
}

fn write_warnings(f: &mut fmt::Formatter<'_>, settings: &Settings) -> fmt::Result {
    let warnings = warnings::warnings(settings);
    if warnings.is_empty() {
        return writeln!(f, "\nNOTHING TO WARN OF");
    }
    writeln!(f, "\nTHINK ABOUT")?;
    warnings.iter().try_for_each(|warning| wrapped(f, "- ", &warning.text))
}
