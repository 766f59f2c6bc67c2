//! How cost grows with the number of connections, as a table and a plot.

use std::{error::Error, path::Path, process::Command};

use plotters::prelude::{
    BLACK, ChartBuilder, Circle, IntoDrawingArea as _, IntoFont as _, IntoLogRange as _,
    LineSeries, SVGBackend, WHITE,
};

use super::{
    Plan,
    process::{self, Started},
    run,
};
use tests::binaries::binary;

/// What so many connections cost.
struct Point {
    connections: f64,
    rate: f64,
    processor: f64,
}

/// Saturates our server with each number of connections, prints a table, and draws the plot.
///
/// # Errors
/// When the server cannot be started or loaded, or the plot cannot be written.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
pub fn growth(plan: Plan, connections: &[usize], plot: &Path) -> Result<(), Box<dyn Error>> {
    println!("| connections | replies a second | processor time a reply | p50 | p99 | memory |");
    println!("| --- | --- | --- | --- | --- | --- |");
    let mut points = Vec::new();
    for &connections in connections {
        let mut command = Command::new(binary("server"));
        command.args(["-q", "--listen", "127.0.0.1:0", "--max-connections", "12000"]);
        let server = Started::start(&mut command)?;
        let mut before = None;
        let plan = Plan { connections, ..plan };
        let outcome =
            run(server.address, plan, |_| (), || before = process::cost(server.pid()).ok())?;
        let (before, after) = (before.ok_or("the server is there")?, process::cost(server.pid())?);
        let processor = after.micros_a_reply(&before, outcome.replies);
        let millis = |percent| outcome.percentile(percent).as_secs_f64() * 1e3;
        println!(
            "| {connections} | {:.0} | {processor:.1} us | {:.2} ms | {:.2} ms | {:.1} MiB |",
            outcome.rate(),
            millis(50.0),
            millis(99.0),
            after.memory as f64 / 1024.0 / 1024.0
        );
        points.push(Point { connections: connections as f64, rate: outcome.rate(), processor });
    }
    draw(&points, plot)
}

/// Two plots above each other, over the logarithm of the number of connections.
fn draw(points: &[Point], plot: &Path) -> Result<(), Box<dyn Error>> {
    let area = SVGBackend::new(plot, (720, 560)).into_drawing_area();
    area.fill(&WHITE)?;
    let (upper, lower) = area.split_vertically(280);
    let most = points.iter().map(|point| point.connections).fold(10.0, f64::max);
    let rates: Vec<f64> = points.iter().map(|point| point.rate).collect();
    let processor: Vec<f64> = points.iter().map(|point| point.processor).collect();
    let halves = [
        (upper, "replies a second, saturated", rates),
        (lower, "microseconds of the server's processor time a reply", processor),
    ];
    for (half, caption, figures) in halves {
        let highest = figures.iter().copied().fold(0.0, f64::max) * 1.1;
        let mut chart = ChartBuilder::on(&half)
            .caption(caption, ("sans-serif", 18).into_font())
            .margin(12)
            .x_label_area_size(36)
            .y_label_area_size(64)
            .build_cartesian_2d((1.0..most).log_scale(), 0.0..highest)?;
        chart.configure_mesh().x_desc("connections").draw()?;
        let places = points.iter().map(|point| point.connections).zip(figures);
        chart.draw_series(LineSeries::new(places.clone(), &BLACK))?;
        chart.draw_series(places.map(|place| Circle::new(place, 3, BLACK)))?;
    }
    area.present()?;
    Ok(())
}
