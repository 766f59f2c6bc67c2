//! The picture of the growth: one panel for each figure, with a line for each server.

use std::{error::Error, iter, path::Path};

use plotters::{
    prelude::{
        BLACK, BindKeyPoints as _, ChartBuilder, Circle, Color as _, DashedLineSeries,
        EmptyElement, IntoLogRange as _, LineSeries, RGBColor, Rectangle, Text, TextStyle,
        TriangleMarker, WHITE,
    },
    style::text_anchor::{HPos, Pos, VPos},
};

use super::Step;
use crate::{
    picture::{Area, BLUE, CAPTION, WORDS, font, picture},
    servers::{Figures, Kind},
};

/// The size of a panel, in pixels.
const PANEL: (u32, u32) = (900, 300);

/// Room for the servers' names beside their lines, and the least distance of two names, in pixels.
const NAMES: (u32, i32) = (130, 20);

const RUST: RGBColor = RGBColor(170, 70, 20);

/// Draws the replies per second and the CPU time per reply to an SVG file. The steps are in the
/// order of their connections, and there is one at least.
pub fn draw(steps: &[Step], plot: &Path) -> Result<(), Box<dyn Error>> {
    let title = "Replies per second and CPU time per reply of three servers over the number of \
                 connections";
    picture(plot, (PANEL.0, 2 * PANEL.1), title, |area| {
        let (upper, lower) = area.split_vertically(PANEL.1);
        let rate = |[rate, ..]: &Figures| rate / 1e3;
        draw_one(&upper, steps, "thousands of replies per second: more is better", rate)?;
        let cpu = |[_, cpu, ..]: &Figures| *cpu;
        draw_one(&lower, steps, "microseconds of CPU time per reply: less is better", cpu)
    })
}

#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn draw_one(
    panel: &Area<'_>,
    steps: &[Step],
    caption: &str,
    figure: impl Fn(&Figures) -> f64,
) -> Result<(), Box<dyn Error>> {
    let connections: Vec<f64> = steps.iter().map(|step| step.connections as f64).collect();
    let (fewest, most) = (connections[0], connections[connections.len() - 1]);
    let lines = [0, 1, 2].map(|server| {
        let figures = steps.iter().map(|step| figure(&step.medians[server]));
        connections.iter().copied().zip(figures).collect::<Vec<_>>()
    });
    let highest = lines.iter().flatten().map(|point| point.1).fold(5.0, f64::max);
    let mut chart = ChartBuilder::on(panel)
        .caption(caption, font(CAPTION))
        .margin(8)
        .margin_right(NAMES.0)
        .x_label_area_size(50)
        .y_label_area_size(50)
        .build_cartesian_2d(
            (fewest / 1.2..most * 1.2).log_scale().with_key_points(connections),
            0.0..highest * 1.15,
        )?;
    chart
        .configure_mesh()
        .disable_mesh()
        .label_style(font(WORDS))
        .x_desc("connections")
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_labels(6)
        .y_label_formatter(&|y| format!("{y:.0}"))
        .draw()?;

    let [ours, bare_loop, tokio] = lines;
    chart.draw_series(LineSeries::new(ours.clone(), BLUE.stroke_width(5)))?;
    chart.draw_series(ours.iter().map(|&point| Circle::new(point, 7, BLUE.filled())))?;
    chart.draw_series(DashedLineSeries::new(tokio.clone(), 3, 5, RUST.stroke_width(3)))?;
    chart.draw_series(tokio.iter().map(|&point| TriangleMarker::new(point, 9, RUST)))?;
    let dashes = DashedLineSeries::new(bare_loop.clone(), 9, 6, BLACK.stroke_width(2));
    chart.draw_series(dashes)?;
    chart.draw_series(bare_loop.iter().map(|&point| {
        let corners = [(-4, -4), (4, 4)];
        EmptyElement::at(point)
            + Rectangle::new(corners, WHITE.filled())
            + Rectangle::new(corners, BLACK.stroke_width(2))
    }))?;

    // Where lines end close together, a name gives way to the one above it.
    let colors = [BLUE, BLACK, RUST];
    let ends = [ours, bare_loop, tokio].map(|line| line[line.len() - 1]);
    let mut names: Vec<_> = iter::zip(Kind::ALL, iter::zip(ends, colors))
        .map(|(kind, (end, color))| (chart.backend_coord(&end).1, kind.name(), end, color))
        .collect();
    names.sort_by_key(|&(height, ..)| height);
    let mut free = i32::MIN;
    for (height, name, end, color) in names {
        let at = height.max(free);
        free = at + NAMES.1;
        let style = TextStyle::from(font(WORDS)).color(&color);
        let style = style.pos(Pos::new(HPos::Left, VPos::Center));
        let name = Text::new(name, (14, at - height), style);
        chart.draw_series([EmptyElement::at(end) + name])?;
    }
    Ok(())
}
