//! How many rows each pane has.

use super::{Scene, kernel};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pane {
    Server,
    Clients,
    Kernel,
    Why,
    Wire,
    Story,
}

/// From this size on, in columns and rows, the kernel's side of every connection is shown, and
/// the pane that says why.
const LARGE: (usize, usize) = (110, 36);

/// The panes of a screen of so many rows, from the top, with the rows that each has inside.
pub(super) fn panes(scene: &Scene, rows: usize) -> Vec<(Pane, usize)> {
    let mut panes = vec![
        (Pane::Server, 4),
        (Pane::Clients, 4),
        (Pane::Kernel, 2),
        (Pane::Wire, 3),
        (Pane::Story, 3),
    ];
    let is_large = scene.columns + 2 >= LARGE.0 && rows >= LARGE.1;
    if is_large {
        panes.insert(3, (Pane::Why, 4));
    }
    // The header, a border above each pane, the border below the last one, and the footer.
    let taken: usize = 3 + panes.iter().map(|(_, rows)| rows + 1).sum::<usize>();
    let mut spare = rows.saturating_sub(taken);
    if is_large {
        let more = kernel_rows(kernel::connections(scene).len(), 2 + spare * 2 / 3) - 2;
        panes[2].1 += more;
        spare -= more;
    }
    // The story and the wire can use any number of rows.
    let wishes = [
        (Pane::Story, usize::MAX),
        (Pane::Wire, usize::MAX),
        (Pane::Server, scene.world.queue.entries().len()),
        (Pane::Clients, scene.clients().len() + 1),
    ];
    while spare > 0 {
        for (pane, wished) in wishes {
            let own = panes.iter_mut().find(|(it, rows)| *it == pane && *rows < wished);
            if let (Some((_, rows)), 1..) = (own, spare) {
                *rows += 1;
                spare -= 1;
            }
        }
    }
    panes
}

/// Two rows for each connection, or for as many as there is room for and one that says how many
/// more there are.
fn kernel_rows(connections: usize, room: usize) -> usize {
    let all = 2 * connections.max(1);
    if all <= room { all } else { ((room - 1) / 2 * 2 + 1).max(2) }
}
