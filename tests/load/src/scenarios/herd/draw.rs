//! The picture of herds: one panel for each kind of pauses, on the same scales.

use std::{error::Error, path::Path, time::Duration};

use plotters::{
    prelude::{
        BLACK, ChartBuilder, Color as _, DashedLineSeries, EmptyElement, Rectangle, Text, TextStyle,
    },
    style::text_anchor::{HPos, Pos, VPos},
};

use super::{BIN, Findings, Pauses};
use crate::picture::{Area, BLUE, CAPTION, WORDS, font, picture};

/// The size of a panel, in pixels.
const PANEL: (u32, u32) = (900, 260);

fn millis(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).expect("a herd is short")
}

/// The scales that all panels have.
#[derive(Clone, Copy)]
struct Scales {
    millis: u32,
    connects: u32,
}

/// Draws the connects that were begun in each [`BIN`] to an SVG file.
pub fn draw(
    connections: usize,
    herds: &[(Pauses, Findings)],
    plot: &Path,
) -> Result<(), Box<dyn Error>> {
    let most = |figure: fn(&Findings) -> u32| {
        herds.iter().map(|(_, found)| figure(found)).max().unwrap_or_default().max(1)
    };
    let (end, peak) = (most(|found| millis(found.all_back())), most(Findings::peak));
    let room_for_words = peak / 2 + 1;
    let scales = Scales { millis: end.next_multiple_of(1000), connects: peak + room_for_words };
    let title = format!(
        "Connects per {} ms of {connections} connections that lost their server at once",
        BIN.as_millis()
    );
    let size = (PANEL.0, PANEL.1 * u32::try_from(herds.len())?);
    picture(plot, size, &title, |area| {
        for (panel, (pauses, found)) in area.split_evenly((herds.len(), 1)).iter().zip(herds) {
            draw_one(panel, *pauses, found, scales)?;
        }
        Ok(())
    })
}

fn draw_one(
    panel: &Area<'_>,
    pauses: Pauses,
    found: &Findings,
    scales: Scales,
) -> Result<(), Box<dyn Error>> {
    let (bin, connects) = (millis(BIN), found.connects.len());
    let heading =
        format!("{}: {connects} connects, at most {} in {bin} ms", pauses.name(), found.peak());
    let mut chart = ChartBuilder::on(panel)
        .caption(heading, font(CAPTION))
        .margin(8)
        .x_label_area_size(50)
        .y_label_area_size(76)
        .build_cartesian_2d(0..scales.millis, 0..scales.connects)?;
    let whole_second =
        |ms: &u32| if ms.is_multiple_of(1000) { (ms / 1000).to_string() } else { String::new() };
    chart
        .configure_mesh()
        .disable_mesh()
        .label_style(font(WORDS))
        .x_labels(12)
        .x_label_formatter(&whole_second)
        .x_desc("seconds after the first connection saw its end")
        .y_labels(4)
        .y_desc(format!("connects per {bin} ms"))
        .draw()?;

    let bars = (0..).zip(found.per_bin()).filter(|&(_, count)| count > 0);
    chart.draw_series(bars.map(|(number, count)| {
        Rectangle::new([(number * bin, 0), ((number + 1) * bin, count)], BLUE.filled())
    }))?;

    // Each moment's words stand in a row of their own.
    let (upper, lower) = (scales.connects, scales.connects - scales.connects / 8);
    let moments =
        [("the server is back", found.listening, upper), ("all are back", found.all_back(), lower)];
    for (words, at, height) in moments {
        let at = millis(at);
        let line = DashedLineSeries::new([(at, 0), (at, height)], 6, 4, (&BLACK).into());
        chart.draw_series(line)?;
        let is_far_right = at > scales.millis / 4 * 3;
        let (side, gap) = if is_far_right { (HPos::Right, -6) } else { (HPos::Left, 6) };
        let style = TextStyle::from(font(WORDS)).pos(Pos::new(side, VPos::Top));
        chart.draw_series([EmptyElement::at((at, height)) + Text::new(words, (gap, 0), style)])?;
    }
    Ok(())
}
