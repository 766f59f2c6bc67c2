//! Lines, panes and their borders in the buffer.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::Modifier,
    text::{Line, Span},
};
use textwrap::core::display_width;

use super::{
    BOLD, Content, DIM, PLAIN, SMALLEST,
    text::{cut, fit, wrapped},
};

/// A line over the whole width.
pub(super) fn line(buffer: &mut Buffer, area: Rect, row: usize, line: Line<'static>) {
    put(buffer, area, 0, row, &fit(line, area.width.into()));
}

/// The border above a pane with its title, and the pane's rows between two borders.
pub(super) fn pane(buffer: &mut Buffer, area: Rect, row: usize, rows: usize, content: Content) {
    let ends = if row <= 1 { ["┌", "┐"] } else { ["├", "┤"] };
    titled(buffer, area, row, ends, &content.title);
    let right = usize::from(area.width).saturating_sub(1);
    for below in row + 1..=row + rows {
        for column in [0, right] {
            put(buffer, area, column, below, &Span::styled("│", DIM).into());
        }
    }
    for (below, line) in content.rows.into_iter().take(rows).enumerate() {
        put(buffer, area, 1, row + 1 + below, &fit(line, right.saturating_sub(1)));
    }
}

pub(super) fn bottom(buffer: &mut Buffer, area: Rect, row: usize) {
    titled(buffer, area, row, ["└", "┘"], "");
}

/// A border with these ends, and with a title if there is one.
fn titled(buffer: &mut Buffer, area: Rect, row: usize, [left, right]: [&str; 2], title: &str) {
    let inside = usize::from(area.width).saturating_sub(2);
    let title = cut(title, inside.saturating_sub(4));
    let (name, rest) = title.split_at(title.find(' ').unwrap_or(title.len()));
    // The title is written over the border, so that the border is whole whatever a terminal thinks
    // of the title's width.
    let border = format!("{left}{}{right}", "─".repeat(inside));
    put(buffer, area, 0, row, &Span::styled(border, DIM).into());
    if !title.is_empty() {
        let spans =
            [Span::raw(" "), Span::styled(name.to_owned(), BOLD), Span::raw(format!("{rest} "))];
        let title = Line::from_iter(spans).style(PLAIN.remove_modifier(Modifier::DIM));
        put(buffer, area, 2, row, &title);
    }
}

/// What a screen that is too small says.
pub(super) fn too_small(area: Rect, buffer: &mut Buffer) {
    let (columns, rows) = SMALLEST;
    let text = format!(
        "The lab needs {columns} columns and {rows} rows; here are {} and {}. q quits.",
        area.width, area.height
    );
    let mut lines = wrapped(&text, area.width.into());
    if lines.len() > area.height.into() {
        lines.truncate(area.height.into());
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last} …"), area.width.into());
        }
    }
    for (row, text) in lines.into_iter().enumerate() {
        line(buffer, area, row, text.into());
    }
}

/// Writes a line at this column and row of the area, as far as it reaches.
fn put(buffer: &mut Buffer, area: Rect, column: usize, row: usize, line: &Line<'static>) {
    let (Ok(column), Ok(row)) = (u16::try_from(column), u16::try_from(row)) else { return };
    if column < area.width && row < area.height {
        buffer.set_line(area.x + column, area.y + row, line, area.width - column);
    }
}

/// A box with a title over what is drawn already, as wide and high as its rows need.
pub(super) fn boxed(buffer: &mut Buffer, area: Rect, content: Content) {
    let rows = content.rows.len().min(usize::from(area.height).saturating_sub(2));
    let widest = content.rows.iter().map(Line::width).max().unwrap_or(0);
    let columns = (widest.max(display_width(&content.title)) + 4).min(area.width.into());
    let (width, height) = (
        u16::try_from(columns).unwrap_or(area.width),
        u16::try_from(rows + 2).unwrap_or(area.height),
    );
    let over = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    // A blank column at each side sets the box off from the panes, except from their own border.
    let left = if over.x > area.x + 1 { over.x - 1 } else { over.x };
    let right = if over.right() + 1 < area.right() { over.right() + 1 } else { over.right() };
    for position in (Rect { x: left, width: right - left, ..over }).positions() {
        buffer[position].reset();
    }
    pane(buffer, over, 0, rows, content);
    bottom(buffer, over, rows + 1);
}
