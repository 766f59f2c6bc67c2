//! The pane of the kernel: the timer, the bytes and the last signs of life of both ends.

use std::time::Duration;

use ratatui::text::{Line, Span};
use textwrap::core::display_width;

use super::{
    BOLD, CLIENT, Content, DIM, PLAIN, SERVER, Scene,
    text::{bytes, padded, rounded, short},
};
use crate::{
    event::Role,
    live::{
        input::{Socket, TimerKind},
        world::client::Client,
    },
};

/// Columns of the timer.
const TIMER: usize = 25;

/// From so many columns on more is shown that the kernel tells. The first parts need no more.
const WIDE: usize = 102;

/// The clients that have or had a connection, the chosen one first.
pub(super) fn connections<'a>(scene: &'a Scene) -> Vec<&'a Client> {
    let chosen = scene.chosen().map(|client| &client.name);
    let mut clients = scene.clients();
    clients.retain(|client| client.port().is_some() && !client.is_over());
    clients.sort_by_key(|client| Some(&client.name) != chosen);
    clients
}

/// Whether the server has not accepted its connection yet.
pub(super) fn waits_in_backlog(scene: &Scene, client: &Client) -> bool {
    let socket = client.port().and_then(|port| scene.world.socket(Role::Server, port));
    socket.is_some_and(Socket::waits_in_backlog)
}

pub(super) fn pane(scene: &Scene, rows: usize) -> Content {
    let chosen = scene.chosen();
    let name = chosen.map_or_else(String::new, |client| scene.text(&client.name));
    let of = match chosen {
        None => String::new(),
        Some(_) if rows > 2 => "of every connection".to_owned(),
        Some(_) => format!("of {name}"),
    };
    let source = scene.world.start.no_diag.as_ref();
    let source = source.map(|why| format!("from /proc/net/tcp alone: {}", scene.text(why)));
    let old = scene.world.kernel_is_old.as_ref();
    let old = old.map(|why| format!("these figures are old: {}", scene.text(why)));
    let about: Vec<_> =
        [Some(of), old, source].into_iter().flatten().filter(|it| !it.is_empty()).collect();
    let title = format!("KERNEL  {}", about.join(", "));
    let title = title.trim_end().to_owned();
    if rows > 2 {
        return Content { title, rows: every(scene, rows) };
    }
    let rows = match chosen.map(|client| (client, client.port())) {
        None => vec![Line::raw(" There is no connection.")],
        Some((client, None)) if client.is_over() => {
            vec![Line::raw(format!(" {name} has ended; the lab saw no connection of it."))]
        }
        Some((_, None)) => vec![Line::raw(format!(" No connection of {name} was seen yet."))],
        Some((_, Some(port))) => ends(scene, port, None),
    };
    Content { title, rows }
}

fn every(scene: &Scene, rows: usize) -> Vec<Line<'static>> {
    let clients = connections(scene);
    if clients.is_empty() {
        return vec![Line::raw(" There is no connection.")];
    }
    let names = clients.iter().map(|client| display_width(&scene.text(&client.name)));
    let names = names.max().unwrap_or(0).clamp(3, 12);
    let room = if clients.len() * 2 <= rows { clients.len() } else { (rows - 1) / 2 };
    let of_client = |client: &&Client| {
        let name = padded(&scene.text(&client.name), names);
        client.port().map_or_else(Vec::new, |port| ends(scene, port, Some(name)))
    };
    let mut lines: Vec<_> = clients.iter().take(room).flat_map(of_client).collect();
    if room < clients.len() {
        lines.push(Line::styled(format!(" … and {} more", clients.len() - room), DIM));
    }
    lines
}

/// A line for each end of the connection, with the client's name in front if there are several.
fn ends(scene: &Scene, port: u16, name: Option<String>) -> Vec<Line<'static>> {
    let [mut first, mut second] = [String::new(), String::new()];
    if let Some(name) = name {
        second = format!(" {}", " ".repeat(display_width(&name)));
        first = format!(" {name}");
    }
    [(first, Role::Client, CLIENT), (second, Role::Server, SERVER)]
        .into_iter()
        .map(|(name, role, style)| {
            let (text, is_known) = match scene.world.socket(role, port) {
                Some(socket) => (told(scene, socket), true),
                None => ("the kernel shows no such end now".to_owned(), false),
            };
            let style_of_text = if is_known { PLAIN } else { DIM };
            Line::from(vec![
                Span::styled(name, BOLD),
                Span::styled(format!(" {role} end  "), style),
                Span::styled(text, style_of_text),
            ])
        })
        .collect()
}

/// What is known of one end, in columns.
fn told(scene: &Scene, socket: &Socket) -> String {
    let unread = format!("unread {}", bytes(socket.unread));
    if socket.waits_in_backlog() {
        return format!("its kernel accepted it, the server has never heard of it  {unread}");
    }
    let ago = |name: &str, at: Option<f64>| {
        let at = Duration::try_from_secs_f64(at?).ok()?;
        Some(format!("{name} {} ago", rounded(scene.since(at))))
    };
    let unacked = format!("unacked {}", bytes(socket.unacked));
    let [byte, ack] = [("byte", socket.data_came_s), ("ack", socket.ack_came_s)];
    let is_client = socket.end == Role::Client;
    let last = if is_client { ack } else { byte };
    // Where there is room, both ends have the same columns.
    if scene.columns >= WIDE {
        let all = [
            (timer(scene, socket), TIMER + 3),
            (unacked, 13),
            (unread, 12),
            (ago("byte", byte.1).unwrap_or_default(), 14),
            (ago("ack", ack.1).unwrap_or_default(), 13),
        ];
        return in_columns(&all) + &rest(socket, scene.columns - WIDE);
    }
    let ((first, second), is_plain) = if is_client {
        ((unacked, unread), socket.unread == 0)
    } else {
        ((unread, unacked), socket.unacked == 0)
    };
    let timer = (timer(scene, socket), TIMER);
    let text = if is_plain {
        let last = ago(&format!("last {} came", last.0), last.1).unwrap_or_default();
        in_columns(&[timer, (first, 12), (last, 0)])
    } else {
        in_columns(&[
            timer,
            (first, 12),
            (second, 12),
            (ago(last.0, last.1).unwrap_or_default(), 0),
        ])
    };
    text.trim_end().to_owned()
}

/// The texts, each in so many columns and one more, or in as many as it needs.
fn in_columns(texts: &[(String, usize)]) -> String {
    let texts = texts.iter().map(|(text, columns)| format!("{text:<columns$}"));
    texts.collect::<Vec<_>>().join(" ")
}

/// What else is known. Each comes whole or not at all.
fn rest(socket: &Socket, room: usize) -> String {
    let again = socket.retransmissions.filter(|it| *it > 0).map(|it| format!(" {it} sent again"));
    let round_trip = socket.round_trip_ms.map(|it| format!(" round trip {it:.2} ms"));
    let window = socket.window.map(|it| format!(" room for {}", bytes(it)));
    let mut rest = String::new();
    for part in [again, round_trip, window].into_iter().flatten() {
        if rest.len() + part.len() <= room {
            rest += &part;
        }
    }
    rest
}

fn timer(scene: &Scene, socket: &Socket) -> String {
    let state = match &*socket.state {
        "established" => String::new(),
        state => format!("{}, ", scene.text(state)),
    };
    let timer = socket.timer.map_or_else(
        || "timer none".to_owned(),
        |timer| {
            let name = match timer.kind {
                TimerKind::TimeWait => "forgotten".to_owned(),
                kind => kind.name().replace('_', " "),
            };
            let fires = Duration::try_from_secs_f64(timer.fires_s).unwrap_or_default();
            format!("timer {name} in {}", short(fires.saturating_sub(scene.now)))
        },
    );
    let tries = if socket.tries > 0 { format!(" ({}×)", socket.tries) } else { String::new() };
    let whole = format!("{state}{timer}{tries}");
    if display_width(&whole) <= TIMER {
        return whole;
    }
    format!("{state}{}{tries}", timer.trim_start_matches("timer "))
}
