//! How the server's cost grows with the number of connections, as a table and a plot.

use std::{error::Error, path::Path};

use plotters::prelude::{
    BLACK, ChartBuilder, Circle, IntoDrawingArea as _, IntoFont as _, IntoLogRange as _,
    LineSeries, SVGBackend, WHITE,
};
use tests::binaries::Server;

use crate::{load::Load, output::say, server_command};

/// A number of connections, the replies per second, and the microseconds of CPU time per reply.
type Point = [f64; 3];

/// Saturates our server with each number of connections, prints a table, and draws the plot.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
pub fn growth(load: Load, connections: &[usize], plot: &Path) -> Result<(), Box<dyn Error>> {
    say(format_args!(
        "| connections | replies per second | CPU time per reply | p50 | p99 | memory |"
    ))?;
    say(format_args!("| --- | --- | --- | --- | --- | --- |"))?;
    let mut points = Vec::new();
    for &connections in connections {
        let server = Server::from_command(&mut server_command()?)?;
        let load = Load { connections, ..load };
        let measured = load.run(&server.address, Some(server.program.pid()), |_| ())?;
        let (rate, cpu) = (measured.rate(), measured.cpu_micros().unwrap_or(f64::NAN));
        say(format_args!(
            "| {connections} | {rate:.0} | {cpu:.1} us | {:.2} ms | {:.2} ms | {:.1} MiB |",
            measured.micros(50.0) / 1e3,
            measured.micros(99.0) / 1e3,
            measured.memory().unwrap_or_default() as f64 / 1024.0 / 1024.0
        ))?;
        points.push([connections as f64, rate, cpu]);
    }
    draw(&points, plot)
}

/// Draws two plots, one above the other, over the logarithm of the number of connections.
fn draw(points: &[Point], plot: &Path) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(plot, (720, 560)).into_drawing_area();
    area.fill(&WHITE)?;
    let (upper, lower) = area.split_vertically(280);
    let most = points.iter().map(|point| point[0]).fold(10.0, f64::max);
    let halves = [
        (upper, "replies per second, saturated", 1),
        (lower, "microseconds of the server's CPU time per reply", 2),
    ];
    for (half, caption, figure) in halves {
        let highest = points.iter().map(|point| point[figure]).fold(0.0, f64::max) * 1.1;
        let mut chart = ChartBuilder::on(&half)
            .caption(caption, ("sans-serif", 18).into_font())
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(64)
            .build_cartesian_2d((1.0..most).log_scale(), 0.0..highest)?;
        chart.configure_mesh().x_desc("connections").draw()?;
        let places = points.iter().map(|point| (point[0], point[figure]));
        chart.draw_series(LineSeries::new(places.clone(), &BLACK))?;
        chart.draw_series(places.map(|place| Circle::new(place, 3, BLACK)))?;
    }
    area.present()?;
    Ok(())
}
