//! The load program's command line.

#![forbid(unsafe_code)]

mod report;

use std::{
    error::Error,
    io::{self, Write as _},
    ops::RangeInclusive,
    path::PathBuf,
    process::ExitCode,
};

#[cfg(unix)]
use clap::{CommandFactory as _, error::ErrorKind};
use clap::{Parser, builder::RangedU64ValueParser, value_parser};
use common::{
    args::{self, host_and_port},
    period::Period,
};
#[cfg(unix)]
use load::scenarios::Scenario;
#[cfg(target_os = "linux")]
use load::soak::Soak;
use load::{
    compare::compare,
    growth::growth,
    load::Load,
    output::is_reader_gone,
    progress,
    room::{Need, Room},
};

/// Loads a line-echo server with many connections, and checks and times every reply.
///
/// Without --rate each connection sends its next line when the last one is answered, which
/// saturates the server. With --rate the lines are due at that rate whatever the server does, and
/// a latency counts from the moment when its line was due.
#[derive(Parser)]
#[command(
    name = "load",
    after_help = "Examples:\n  \
    load --server 127.0.0.1:5005 --connections 64\n  \
    load --server 127.0.0.1:5005 --connections 64 --rate 10000 --pid PID\n  \
    load --compare --connections 1,64,1000,5000\n  \
    load --scenario storm --connections 10000\n  \
    load --scenario herd --connections 10000 --plot herd.svg\n  \
    load --soak 10m\n  \
    load --plot growth.svg --connections 1,10,100,1000,10000"
)]
struct Cli {
    /// The server to load, at the first address of its host that answers
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005", value_parser = host_and_port)]
    server: String,

    /// Start our server, the bare loop in its shape and a tokio server in turn, load each, and
    /// print the ratios
    #[arg(long, conflicts_with_all = ["server", "pid", "rate"])]
    compare: bool,

    /// Measure one of the programs' promises, on a server of its own
    #[cfg(unix)]
    #[arg(long, value_enum, conflicts_with_all = ["compare", "server", "line", "duration", "rate", "pairs", "pid", "json"])]
    scenario: Option<Scenario>,

    /// Let clients of every kind come and go at random for this long, on a server of its own, and
    /// compare what they counted with what the server counted
    #[cfg(target_os = "linux")]
    #[arg(long, value_name = "DURATION", conflicts_with_all = ["compare", "scenario", "plot", "server", "line", "duration", "rate", "pairs", "pid", "json"])]
    soak: Option<Period>,

    /// Repeat the random choices of an earlier --soak
    #[cfg(target_os = "linux")]
    #[arg(long, value_name = "SEED", requires = "soak")]
    seed: Option<u32>,

    /// Saturate the servers of --compare with each of --connections, and draw the growth of their
    /// cost to this SVG; with --scenario herd, draw the herd instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "server", "rate", "pairs", "pid", "json"])]
    plot: Option<PathBuf>,

    /// Connections; several numbers for several runs
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "64", value_parser = whole(1..=65_535))]
    connections: Vec<usize>,

    /// Bytes in a line, with its newline
    #[arg(long, value_name = "BYTES", default_value = "32", value_parser = whole(2..=16_384))]
    line: usize,

    /// How long replies are counted, after half a second of warm-up
    #[arg(long, value_name = "DURATION", default_value = "3s")]
    duration: Period,

    /// Lines per second on all connections together
    #[arg(long, value_name = "RATE", value_parser = rate)]
    rate: Option<f64>,

    /// Alternating pairs of runs behind each ratio of --compare
    #[arg(long, value_name = "N", default_value = "5", value_parser = whole(1..=1000))]
    pairs: usize,

    /// The server's process, to measure its CPU time and memory
    #[arg(long, value_name = "PID", value_parser = value_parser!(u32).range(1..))]
    pid: Option<u32>,

    /// Print the figures as JSON, one object per line
    #[arg(long)]
    json: bool,
}

fn whole(range: RangeInclusive<u64>) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(range)
}

/// Reads a rate: from a line every quarter of an hour to far more than one thread can send.
fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|error| format!("{error}"))?;
    if (0.001..=1e7).contains(&rate) {
        Ok(rate)
    } else {
        Err("must be from 0.001 to 10000000 lines per second".to_owned())
    }
}

fn main() -> ExitCode {
    match run(&args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if is_reader_gone(&*error) => ExitCode::SUCCESS, // as `load … | head -1`
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Checks that there is room for the largest load.
fn check_room(cli: &Cli) -> Result<(), String> {
    let connections = cli.connections.iter().copied().max().unwrap_or_default();
    let has_own_server = cli.compare || cli.plot.is_some();
    #[cfg(unix)]
    let has_own_server = has_own_server || cli.scenario.is_some();
    #[cfg(target_os = "linux")]
    if cli.soak.is_some() {
        // A client of a soak may be a program, with three pipes, behind a relay.
        return Room::with_our_server().check(Need { connections, descriptors: 8 });
    }
    let room = if has_own_server { Room::with_our_server() } else { Room::here() };
    room.check(Need { connections, descriptors: 1 })
}

/// Ends the program because these flags do not go together.
#[cfg(unix)]
fn conflict(message: &str) -> ! {
    Cli::command().error(ErrorKind::ArgumentConflict, message).exit()
}

#[cfg(unix)]
fn measure(scenario: Scenario, cli: &Cli) -> Result<(), Box<dyn Error>> {
    let plot = cli.plot.as_deref();
    if plot.is_some() && !scenario.has_plot() {
        conflict("of the scenarios, --plot draws the herd alone");
    }
    if plot.is_some() && cli.connections.len() > 1 {
        conflict("--plot draws the herd of a single number of --connections");
    }
    cli.connections.iter().try_for_each(|&connections| scenario.measure(connections, plot))
}

fn run(cli: &Cli) -> Result<(), Box<dyn Error>> {
    check_room(cli)?;
    let load =
        Load { connections: 1, line: cli.line, duration: cli.duration.get(), rate: cli.rate };
    #[cfg(unix)]
    if let Some(scenario) = cli.scenario {
        return measure(scenario, cli);
    }
    if let Some(plot) = &cli.plot {
        return growth(load, &cli.connections, plot);
    }
    #[cfg(target_os = "linux")]
    if let Some(duration) = cli.soak {
        let [clients] = cli.connections[..] else {
            conflict("--soak takes a single number of --connections")
        };
        let seed = cli.seed.unwrap_or_else(|| fastrand::u32(..));
        return Ok(report::soak(Soak { duration: duration.get(), clients, seed })?);
    }
    for &connections in &cli.connections {
        let load = Load { connections, ..load };
        if cli.compare {
            compare(load, cli.pairs, cli.json)?;
            continue;
        }
        let show = |replies| progress(&format!("{replies} replies "));
        let measured = load
            .run(&cli.server, cli.pid, show)
            .map_err(|error| format!("cannot load {}: {error}", cli.server))?;
        progress("");
        report::measurement(connections, &measured, cli.json)?;
    }
    Ok(())
}
