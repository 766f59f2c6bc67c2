//! The pane of the clients: the state of each, where it stands in its rule, and what is next.

use std::time::Duration;

use client::liveness::HeartbeatRule;
use common::detect::Keepalive;
use ratatui::text::{Line, Span};
use textwrap::core::display_width;

use super::{
    BAD, BOLD, CLIENT, Content, DIM, PLAIN, Scene,
    text::{cut, figure, padded, short},
    track::{Scale, Track},
};
use crate::{
    event::Role,
    live::{
        input::TimerKind,
        world::client::{Client, Next, Progress, State},
    },
};

pub(super) fn pane(scene: &Scene, rows: usize) -> Content {
    let clients = scene.clients();
    let names = clients.iter().map(|client| display_width(&scene.text(&client.name)));
    let names = names.max().unwrap_or(0).clamp(3, 12);
    let has_room = clients.len() <= rows;
    let shown = if has_room { clients.len() } else { rows.saturating_sub(1) };
    let chosen = scene.chosen().map(|client| &client.name);
    let index = clients.iter().position(|client| Some(&client.name) == chosen).unwrap_or(0);
    let first = (index + 1).saturating_sub(shown).min(clients.len() - shown);
    let mut lines: Vec<_> = clients[first..first + shown]
        .iter()
        .map(|client| row(scene, client, names, Some(&client.name) == chosen))
        .collect();
    if !has_room {
        let more = clients.len() - shown;
        lines.push(Line::styled(format!(" … and {more} more; ↑ and ↓ choose"), DIM));
    }
    if clients.is_empty() {
        lines.push(Line::raw(" No client yet: a adds one, e shows ideas, ? explains every key."));
    }
    if lines.len() < rows {
        lines.push(join(scene));
    }
    Content { title: title(scene), rows: lines }
}

/// How a client in another terminal joins.
fn join(scene: &Scene) -> Line<'static> {
    let command = scene.text(&scene.world.start.join);
    let before = [" join from another terminal: ", " join: "];
    let fits = |before: &&str| before.len() + display_width(&command) <= scene.columns;
    let before = before.into_iter().find(fits).unwrap_or(" ");
    Line::from(vec![Span::styled(before, DIM), Span::raw(command)])
}

/// The rule of the chosen client, which may have flags of its own.
fn title(scene: &Scene) -> String {
    let world = scene.world;
    let chosen = scene.chosen().filter(|client| client.settings != world.settings);
    let (of, settings) = chosen.map_or_else(
        || (String::new(), &world.settings),
        |client| (format!(" of {}", scene.text(&client.name)), &client.settings),
    );
    let rule = |scale: Scale, heartbeats: &str| {
        format!(
            "{} idle, {} {heartbeats} {} apart, dead at {}",
            figure(scale.idle),
            scale.heartbeats,
            figure(scale.interval),
            figure(scale.verdict())
        )
    };
    let keepalive = settings.detect.keepalive().map(|it| rule(of_keepalive(it), "probes"));
    let heartbeat = settings.detect.uses_heartbeat().then(|| {
        let heartbeats = if settings.retries == 0 { "heartbeat" } else { "heartbeats" };
        rule(of_rule(settings.rule()), heartbeats)
    });
    match (heartbeat, keepalive) {
        (Some(heartbeat), Some(keepalive)) => {
            format!("CLIENTS  the rule{of}: {heartbeat}; keepalive: {keepalive}")
        }
        (Some(rule), None) => format!("CLIENTS  the rule{of}: {rule}"),
        (None, Some(rule)) => format!("CLIENTS  keepalive{of}: {rule}"),
        (None, None) => "CLIENTS".to_owned(),
    }
}

fn of_rule(rule: HeartbeatRule) -> Scale {
    let heartbeats = rule.retries.saturating_add(1);
    Scale { idle: rule.idle.get(), interval: rule.interval.get(), heartbeats, mark: '♥' }
}

fn of_keepalive(keepalive: Keepalive) -> Scale {
    let Keepalive { idle, interval, count, .. } = keepalive;
    Scale { idle, interval, heartbeats: count, mark: '♦' }
}

fn row(scene: &Scene, client: &Client, names: usize, is_chosen: bool) -> Line<'static> {
    let name = padded(&scene.text(&client.name), names);
    let mark = if is_chosen { ">" } else { " " };
    let style = if is_chosen { BOLD } else { PLAIN };
    let head = format!("{mark}{name} ");
    let room = scene.columns.saturating_sub(display_width(&head));
    let (state, state_style) = match &client.state {
        State::Ended { at, why } => {
            let why = scene.text(why);
            let text = format!("{head}ended: {why}, {} ago", short(scene.since(*at)));
            return Line::styled(text, if is_chosen { DIM.patch(BOLD) } else { DIM });
        }
        State::Connecting => {
            return Line::from(vec![Span::styled(head, style), connecting(client)]);
        }
        State::Stopped => ("STOPPED", BAD.patch(BOLD)),
        State::Running if client.is_deaf => ("DEAF   ", BAD.patch(BOLD)),
        State::Running => ("running", PLAIN),
    };
    let mut spans = vec![
        Span::styled(head, style),
        Span::styled(state.to_owned(), state_style),
        Span::raw(" "),
    ];
    let room = room.saturating_sub(8);
    let note_columns = (room / 3).clamp(25, 50);
    let track_columns = room.saturating_sub(note_columns + 2);
    match track(scene, client) {
        Ok(track) => {
            spans.extend(track.line(track_columns).spans);
            let notes = notes(scene, client, Some(track));
            spans.push(Span::raw(format!("  {}", fitting(&notes, note_columns))));
        }
        Err(why) => {
            let mut notes = notes(scene, client, None);
            notes.insert(0, why);
            spans.push(Span::raw(cut(&notes.join(", "), room)));
        }
    }
    spans.into()
}

fn connecting(client: &Client) -> Span<'static> {
    if client.heard.is_none() {
        Span::styled("connecting: it has no connection yet", CLIENT)
    } else {
        Span::styled("reconnecting: it has lost its connection and makes a new one", BAD)
    }
}

/// Where a client stands, or a sentence in place of a track.
fn track(scene: &Scene, client: &Client) -> Result<Track, String> {
    let is_still = client.state == State::Stopped;
    if let Some(rule) = client.rule() {
        let progress = client.progress(scene.now).ok_or("nothing has come to it yet")?;
        return Ok(Track { scale: of_rule(rule), progress, is_still });
    }
    if !client.has_rule() {
        return Err("another program: its rule is not known".to_owned());
    }
    let keepalive = client.settings.detect.keepalive().ok_or("it has no rule")?;
    let scale = of_keepalive(keepalive);
    let socket = client.port().and_then(|port| scene.world.socket(Role::Client, port));
    let socket = socket.ok_or("its kernel's timer is not known")?;
    let timer = socket.timer.ok_or("no timer of its kernel runs")?;
    let fires = Duration::try_from_secs_f64(timer.fires_s).unwrap_or_default();
    let left = fires.saturating_sub(scene.now);
    match timer.kind {
        TimerKind::Keepalive => {}
        TimerKind::Retransmit => {
            return Err(format!(
                "bytes are in flight: no keepalive, sent again in {}",
                short(left)
            ));
        }
        _ => return Err("its kernel's keepalive timer does not run".to_owned()),
    }
    let sent = u32::from(socket.tries);
    let next = if sent >= scale.heartbeats {
        Next::Verdict
    } else {
        Next::Heartbeat(sent.saturating_add(1))
    };
    let silent = client.heard.map_or(Duration::ZERO, |heard| scene.since(heard));
    // The kernel's timer goes on while the process is stopped.
    Ok(Track { scale, progress: Progress { silent, sent, next, left }, is_still: false })
}

/// What is to be said of it beside its track, the most important first.
fn notes(scene: &Scene, client: &Client, track: Option<Track>) -> Vec<String> {
    let mut notes = Vec::new();
    if !client.is_ours {
        let pid = client.pid.map_or_else(String::new, |pid| format!("pid {pid}, "));
        notes.push(format!("{pid}not ours"));
    }
    if super::kernel::waits_in_backlog(scene, client) {
        notes.push("not accepted yet".to_owned());
    }
    if client.is_deaf {
        notes.push("nobody reads its output".to_owned());
    }
    notes.extend(track.map(next));
    notes
}

/// What its rule does next.
fn next(track: Track) -> String {
    let Progress { sent, next, left, .. } = track.progress;
    let (mark, heartbeat) = match track.scale.mark {
        '♥' => ('♥', "heartbeat"),
        other => (other, "probe"),
    };
    let to_come = |what: String| {
        if left.is_zero() {
            format!("{what} is due now")
        } else {
            format!("{} to {what}", short(left))
        }
    };
    match next {
        _ if track.is_still => "its rule stands still".to_owned(),
        Next::Heartbeat(number) if sent == 0 => to_come(format!("{heartbeat} {number}")),
        Next::Heartbeat(number) => format!("{mark}{sent} sent, {}", to_come(number.to_string())),
        Next::Verdict if left.is_zero() => format!("{mark}{sent} sent, verdict is due"),
        Next::Verdict => format!("{mark}{sent} sent, dead in {}", short(left)),
    }
}

/// As many of the notes as have room, and at least the start of the first.
fn fitting(notes: &[String], columns: usize) -> String {
    let together = |count: &usize| notes[..*count].join(", ");
    let count = (1..=notes.len()).rev().find(|it| display_width(&together(it)) <= columns);
    cut(&together(&count.unwrap_or(1).min(notes.len())), columns)
}
