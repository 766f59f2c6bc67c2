//! How the cost of our server, and of those that it is compared with, grows with the number of
//! connections: a table and a plot.

mod draw;

use std::{array, collections::BTreeSet, error::Error, io, path::Path};

pub use self::draw::draw;

use crate::{
    load::Load,
    median,
    output::say,
    progress,
    servers::{Figures, Kind, Servers},
};

/// Runs of each server behind each figure. They alternate.
const ROUNDS: usize = 5;

/// What was measured with a number of connections.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub connections: usize,
    /// The medians of each server, in the order of [`Kind::ALL`].
    pub medians: [Figures; 3],
}

/// Saturates each server with each number of connections, prints a table, and draws the plot.
pub fn growth(load: Load, connections: &[usize], plot: &Path) -> Result<(), Box<dyn Error>> {
    let servers = Servers::build()?;
    say(format_args!(
        "| connections | server | replies per second | CPU time per reply | p50 | p99 | memory |"
    ))?;
    say(format_args!("| --- | --- | --- | --- | --- | --- | --- |"))?;
    let mut steps = Vec::new();
    for connections in connections.iter().copied().collect::<BTreeSet<_>>() {
        let step = measure(&servers, Load { connections, ..load })?;
        print(&step)?;
        steps.push(step);
    }
    draw(&steps, plot)
}

/// Loads the servers in turn. Each round begins with another one.
fn measure(servers: &Servers, load: Load) -> io::Result<Step> {
    let connections = load.connections;
    let mut runs: [Vec<Figures>; 3] = array::from_fn(|_| Vec::new());
    for round in 0..ROUNDS {
        progress(&format!("{connections} connections: round {round} of {ROUNDS} "));
        for turn in 0..runs.len() {
            let server = (round + turn) % runs.len();
            runs[server].push(servers.measure(Kind::ALL[server], load)?);
        }
    }
    progress("");
    let medians =
        runs.map(|runs| array::from_fn(|figure| median(runs.iter().map(|run| run[figure]))));
    Ok(Step { connections, medians })
}

fn print(step: &Step) -> io::Result<()> {
    let connections = step.connections;
    for (kind, [rate, cpu, p50, p99, memory]) in Kind::ALL.into_iter().zip(step.medians) {
        say(format_args!(
            "| {connections} | {} | {rate:.0} | {cpu:.1} us | {:.2} ms | {:.2} ms | {:.1} MiB |",
            kind.name(),
            p50 / 1e3,
            p99 / 1e3,
            memory / 1024.0 / 1024.0
        ))?;
    }
    Ok(())
}
