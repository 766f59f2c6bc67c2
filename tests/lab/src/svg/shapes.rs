//! The few shapes that the picture is made of. Places and sizes are in pixels.

use svg::node::element::{Line, Polygon, Polyline, Rectangle, Text};

/// Where a text stands on its line.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    From(usize),
    UpTo(usize),
    Around(usize),
}

/// A line of text on the base line `y`.
pub(crate) fn text(content: &str, place: Place, y: usize) -> Text {
    let (anchor, x) = match place {
        Place::From(x) => ("start", x),
        Place::UpTo(x) => ("end", x),
        Place::Around(x) => ("middle", x),
    };
    // Of several plain spaces only one would be seen.
    let content = content.replace("  ", " \u{a0}");
    Text::new(content).set("x", x).set("y", y).set("text-anchor", anchor)
}

pub(crate) fn bold(content: &str, size: usize, place: Place, y: usize) -> Text {
    text(content, place, y).set("font-size", size).set("font-weight", "bold")
}

pub(crate) fn line((x1, y1): (usize, usize), (x2, y2): (usize, usize)) -> Line {
    let line = Line::new().set("x1", x1).set("y1", y1).set("x2", x2).set("y2", y2);
    line.set("stroke", "black")
}

pub(crate) fn block((x, y): (usize, usize), (width, height): (usize, usize)) -> Rectangle {
    let block = Rectangle::new().set("x", x).set("y", y).set("width", width);
    block.set("height", height).set("fill", "white").set("stroke", "black")
}

/// A filled triangle with its point at `x`.
pub(crate) fn arrow_head(x: usize, y: usize, back: usize) -> Polygon {
    let (above, below) = (y - 5, y + 5);
    Polygon::new().set("points", format!("{x},{y} {back},{above} {back},{below}"))
}

/// Two strokes that cross.
pub(crate) fn cross(x: usize, y: usize) -> [Line; 2] {
    let (left, right, above, below) = (x - 5, x + 5, y - 5, y + 5);
    [line((left, above), (right, below)), line((left, below), (right, above))]
        .map(|stroke| stroke.set("stroke-width", 3))
}

/// What breaks an upright line at `x`, from `y` down to 20 pixels below.
pub(crate) fn break_in_line(x: usize, y: usize) -> (Rectangle, Polyline) {
    let (left, right, bottom) = (x - 7, x + 7, y + 20);
    let points = format!("{x},{y} {left},{} {right},{} {x},{bottom}", y + 5, y + 15);
    let zigzag = Polyline::new().set("points", points).set("fill", "none").set("stroke", "black");
    (block((left, y), (14, 20)).set("stroke", "none"), zigzag)
}
