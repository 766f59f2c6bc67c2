//! The picture of a run for a slide: 16:9, in type as large as its rows allow. Only the heading
//! stands above the drawing, since the speaker says the rest.

use super::{
    centred, lines,
    picture::{BOLD, Row, Run, drawn},
    svg::{COLUMN, MARGIN, ROW, document},
    terminal::NARROWEST,
};

const PIXELS: [usize; 2] = [1600, 900];

/// In more columns the type would be too small for a lecture room.
const MOST_COLUMNS: usize = 88;

/// A slide of so many columns is 16:9, and has room for this many rows.
#[derive(Clone, Copy)]
struct Size {
    columns: usize,
    width: usize,
    height: usize,
}

impl Size {
    fn new(columns: usize) -> Self {
        let width = columns * COLUMN + 2 * MARGIN;
        Self { columns, width, height: width * PIXELS[1] / PIXELS[0] }
    }

    fn rows(self) -> usize {
        (self.height - 2 * MARGIN) / ROW
    }
}

/// The picture of a run for a slide. Of a run with too many rows it shows the beginning and the
/// end, and says how many rows it leaves out.
pub fn slide(run: &Run<'_>) -> String {
    let rows = |size: Size| {
        let heading = lines(run.heading, size.columns).into_iter();
        let heading = heading.map(|line| Row::new(line, BOLD));
        let blank = Row::new(String::new(), "");
        (size, heading.chain([blank]).chain(run.rows(size.columns)).collect())
    };
    // The fewer columns, the larger the type.
    let mut sizes = (NARROWEST..=MOST_COLUMNS).map(Size::new).map(rows);
    let fits = |(size, rows): &(Size, Vec<Row>)| rows.len() <= size.rows();
    let (size, rows) = sizes.find(fits).unwrap_or_else(|| {
        let (size, mut rows) = rows(Size::new(MOST_COLUMNS));
        fold(&mut rows, size);
        (size, rows)
    });
    document([size.width, size.height], PIXELS, [run.heading, run.text], &drawn(&rows))
}

/// Puts one row in the place of those in the middle for which there is no room.
fn fold(rows: &mut Vec<Row>, size: Size) {
    let left_out = rows.len() - (size.rows() - 1);
    let start = size.rows() / 2;
    let text = centred(&format!("… {left_out} rows are left out …"), " ", size.columns);
    rows.splice(start..start + left_out, [Row::new(text, BOLD)]);
}
