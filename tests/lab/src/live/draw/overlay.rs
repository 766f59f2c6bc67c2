//! What lies over the panes: the list of experiments, or the help.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Style,
    text::{Line, Span},
};
use textwrap::core::display_width;

use super::{
    BAD, BOLD, CLIENT, Content, DIM, PLAIN, SERVER, Scene, TOLD, YOURS,
    frame::boxed,
    text::{cut, padded, wrapped},
};
use crate::live::{ideas::IDEAS, world::keys::Mode};

/// The widest box.
const WIDEST: usize = 100;

pub(super) fn draw(scene: &Scene, area: Rect, buffer: &mut Buffer) {
    match scene.world.view.mode {
        Mode::Ideas(chosen) => boxed(buffer, area, ideas(scene, area, chosen)),
        Mode::Help => boxed(buffer, area, help(scene)),
        Mode::Watching | Mode::Typing(_) => {}
    }
}

fn ideas(scene: &Scene, area: Rect, chosen: usize) -> Content {
    let columns = scene.columns.min(WIDEST) - 2;
    let room = usize::from(area.height).saturating_sub(8).max(1);
    let first = (chosen + 1).saturating_sub(room);
    let names = IDEAS.iter().map(|idea| display_width(idea.name)).max().unwrap_or(0);
    let shown = IDEAS.iter().enumerate().skip(first).take(room);
    let mut rows: Vec<_> = shown
        .map(|(index, idea)| {
            let (mark, style) = if index == chosen { (">", BOLD) } else { (" ", PLAIN) };
            let title = cut(idea.title, columns.saturating_sub(names + 5));
            Line::styled(format!("{mark}{}  {title}", padded(idea.name, names)), style)
        })
        .collect();
    let hidden = IDEAS.len().saturating_sub(rows.len());
    if hidden > 0 {
        rows.push(Line::styled(format!(" … {hidden} more above and below"), DIM));
    }
    rows.push(Line::raw(""));
    let note = "Enter begins anew, without your clients, and plays the idea that is marked. \
                ↑ and ↓ choose. Esc closes the list.";
    rows.extend(wrapped(note, columns - 2).into_iter().map(|line| Line::raw(format!(" {line}"))));
    Content { title: "IDEAS  experiments that set themselves up".to_owned(), rows }
}

const KEYS: [[(&str, &str); 2]; 8] = [
    [("a", "adds a client"), ("S", "stops the server, or ends that")],
    [("t", "types text as the chosen one"), ("K", "kills it, or starts it again")],
    [("s", "stops it, or ends that"), ("x", "cuts the line, or mends it")],
    [("k", "kills it"), ("e", "shows ideas: experiments")],
    [("d", "makes it deaf, or ends that"), ("Space", "freezes the screen")],
    [("r", "resets its connection"), ("← →", "step back and forward")],
    [("1-9 ↑ ↓", "choose a client"), ("w", "writes recording, picture")],
    [("?", "shows this; any key closes it"), ("q", "quits and ends everything")],
];

fn help(scene: &Scene) -> Content {
    let columns = scene.columns.min(WIDEST) - 2;
    let mut rows: Vec<_> = KEYS.iter().map(keys).collect();
    rows.push(Line::raw(""));
    let said = |text: &'static str| (text, PLAIN);
    rows.extend([
        about("SERVER", &[said("bar: time left. A client that is heard goes to the back")]),
        about(
            "CLIENTS",
            &[
                ("♥", CLIENT.patch(BOLD)),
                said(" heartbeat ("),
                ("♦", CLIENT.patch(BOLD)),
                said(" probe) sent, 2 to come, "),
                ("●", BOLD),
                said(" now, "),
                ("✗", BAD),
                said(" verdict, "),
                ("‖", BAD.patch(BOLD)),
                said(" halted"),
            ],
        ),
        about("KERNEL", &[said("unacked: not acknowledged; unread: not read; (2×) tries")]),
        about("WIRE", &[said("► arrived, "), ("✗ lost", BAD), said("; faint: TCP's own segments")]),
        about(
            "STORY",
            &[
                ("▸ you", YOURS),
                said(", · a program, "),
                ("= how it came out", BOLD),
                said(", "),
                ("» experiment", TOLD),
                said(", "),
                ("! trouble", BAD),
            ],
        ),
        about(
            "colours",
            &[
                ("cyan", CLIENT),
                said(" client, "),
                ("green", SERVER),
                said(" server, "),
                ("red", BAD),
                said(" broken, "),
                ("magenta", YOURS),
                said(" yours"),
            ],
        ),
    ]);
    let start = &scene.world.start;
    let join = format!("To join from another terminal: {}", start.join);
    let no_network = start.no_network.as_ref().map(|why| format!("Nothing can be cut: {why}"));
    for text in [Some(join), no_network].into_iter().flatten() {
        let lines = wrapped(&scene.text(&text), columns - 2);
        rows.extend(lines.into_iter().map(|line| Line::raw(format!(" {line}"))));
    }
    Content { title: "HELP".to_owned(), rows }
}

fn keys(row: &[(&'static str, &'static str); 2]) -> Line<'static> {
    let [(one, does), (other, other_does)] = *row;
    Line::from(vec![
        Span::styled(format!(" {}", padded(one, 9)), BOLD),
        Span::raw(padded(does, 32)),
        Span::styled(padded(other, 6), BOLD),
        Span::raw(other_does),
    ])
}

fn about(pane: &str, texts: &[(&'static str, Style)]) -> Line<'static> {
    let name = Span::styled(format!(" {}", padded(pane, 9)), BOLD);
    let texts = texts.iter().map(|(text, style)| Span::styled(*text, *style));
    [name].into_iter().chain(texts).collect::<Vec<_>>().into()
}
