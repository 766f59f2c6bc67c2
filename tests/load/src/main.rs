//! The load program's command line.

#![forbid(unsafe_code)]

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    net::{SocketAddr, ToSocketAddrs as _},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
#[cfg(target_os = "linux")]
use clap::{CommandFactory as _, error::ErrorKind};
#[cfg(unix)]
use common::args::choice;
#[cfg(target_os = "linux")]
use common::args::number;
use common::args::{checked, duration, host_and_port, positive};
#[cfg(unix)]
use load::scenarios::{self, Scenario};
#[cfg(target_os = "linux")]
use load::soak;
use load::{
    Outcome, Plan, args, compare, growth,
    process::{self, Cost},
    run,
};
use serde_json::json;

/// Loads a line-echo server with many connections, checks and times every reply.
///
/// Without --rate each connection sends its next line when the last is answered: the server
/// is saturated. With --rate lines are due at that rate whatever the server does, and a
/// latency counts from the moment its line was due.
#[derive(Parser)]
#[command(
    name = "load",
    after_help = "Examples:\n  \
    load --server 127.0.0.1:5005 --connections 64\n  \
    load --server 127.0.0.1:5005 --connections 64 --rate 10000 --pid $(pgrep -x server)\n  \
    load --compare --connections 1,64,1000,5000\n  \
    load --scenario storm --connections 10000\n  \
    load --soak 10m\n  \
    load --plot growth.svg --connections 1,10,100,1000,10000"
)]
struct Cli {
    /// The server to load
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005", value_parser = checked(host_and_port))]
    server: String,

    /// Start our server, the bare loop in its shape and a tokio server in turn, load each, and
    /// print the ratios
    #[arg(long, conflicts_with_all = ["server", "pid", "rate"])]
    compare: bool,

    /// Measure one of the server's promises, on a server of its own
    #[cfg(unix)]
    #[arg(long, value_parser = choice::<Scenario>(), conflicts_with_all = ["compare", "plot", "server", "line", "duration", "rate", "pairs", "pid", "json"])]
    scenario: Option<Scenario>,

    /// Let clients of every kind come and go at random for this long, on a server of its own,
    /// and hold all accounts against each other
    #[cfg(target_os = "linux")]
    #[arg(long, value_name = "DURATION", value_parser = checked(duration), conflicts_with_all = ["compare", "scenario", "plot", "server", "line", "duration", "rate", "pairs", "pid", "json"])]
    soak: Option<Duration>,

    /// Repeat the choices of an earlier --soak
    #[cfg(target_os = "linux")]
    #[arg(long, value_name = "SEED", requires = "soak", value_parser = checked(number))]
    seed: Option<u32>,

    /// Saturate our server with each of --connections, and draw how cost grows to this SVG
    #[arg(long, value_name = "FILE", conflicts_with_all = ["compare", "server", "rate", "pairs", "pid", "json"])]
    plot: Option<PathBuf>,

    /// Connections; several numbers for several runs
    #[arg(long, value_name = "N", value_delimiter = ',', default_value = "64", value_parser = checked(args::connections))]
    connections: Vec<usize>,

    /// Bytes of a line, with its newline
    #[arg(long, value_name = "BYTES", default_value = "32", value_parser = checked(args::line))]
    line: usize,

    /// How long replies are counted, after half a second of warm-up
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = checked(duration))]
    duration: Duration,

    /// Lines a second on all connections together
    #[arg(long, value_name = "RATE", value_parser = checked(args::rate))]
    rate: Option<f64>,

    /// Alternating pairs of runs behind each ratio of --compare
    #[arg(long, value_name = "N", default_value = "5", value_parser = checked(args::pairs))]
    pairs: usize,

    /// The server's process, to tell its processor time and memory
    #[arg(long, value_name = "PID", value_parser = checked(positive))]
    pid: Option<u32>,

    /// Print figures as JSON, one object a line
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match load(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn load(cli: &Cli) -> Result<(), Box<dyn Error>> {
    let terminal = io::stderr().is_terminal();
    if let Some(plot) = &cli.plot {
        let plan = Plan { connections: 1, line: cli.line, duration: cli.duration, rate: None };
        return growth::growth(plan, &cli.connections, plot);
    }
    #[cfg(target_os = "linux")]
    if let Some(duration) = cli.soak {
        let [clients] = cli.connections[..] else {
            let message = "--soak takes a single number of --connections";
            Cli::command().error(ErrorKind::ArgumentConflict, message).exit()
        };
        let seed = cli.seed.unwrap_or_else(|| fastrand::u32(..));
        return soak_and_tell(soak::Plan { duration, clients, seed });
    }
    for &connections in &cli.connections {
        let plan = Plan { connections, line: cli.line, duration: cli.duration, rate: cli.rate };
        #[cfg(unix)]
        if let Some(scenario) = cli.scenario {
            scenarios::measure(scenario, connections)?;
            continue;
        }
        if cli.compare {
            compare::compare(plan, cli.pairs, cli.json)?;
            continue;
        }
        let address: SocketAddr =
            cli.server.to_socket_addrs()?.next().ok_or("the host has no address")?;
        let mut before = None;
        let outcome = run(
            address,
            plan,
            |replies| {
                if terminal {
                    let _ = write!(io::stderr(), "\r{replies} replies ");
                }
            },
            || before = cli.pid.and_then(|pid| process::cost(pid).ok()),
        )
        .map_err(|error| format!("cannot load {}: {error}", cli.server))?;
        if terminal {
            let _ = write!(io::stderr(), "\r");
        }
        let after = cli.pid.and_then(|pid| process::cost(pid).ok());
        print(cli, connections, &outcome, before.zip(after));
    }
    Ok(())
}

#[cfg(target_os = "linux")]
fn soak_and_tell(plan: soak::Plan) -> Result<(), Box<dyn Error>> {
    println!("{} clients at a time; to repeat their choices: --seed {}", plan.clients, plan.seed);
    let terminal = io::stderr().is_terminal();
    let soak::Outcome { account, size, memory: (before, after), last_line } =
        soak::soak(plan, |account| {
            if terminal {
                let _ = write!(io::stderr(), "\r{account} ");
            }
        })?;
    if terminal {
        let _ = writeln!(io::stderr());
    }
    println!("clients: {account}; no reply lost, doubled or wrong");
    println!("server:  {last_line}");
    println!(
        "afterwards the server has {} threads and {} descriptors, as before; it holds {} KiB of memory, \
         before {} KiB",
        size.threads,
        size.descriptors,
        after / 1024,
        before / 1024
    );
    Ok(())
}

fn print(cli: &Cli, connections: usize, outcome: &Outcome, cost: Option<(Cost, Cost)>) {
    let micros = |percent| outcome.percentile(percent).as_secs_f64() * 1e6;
    let processor = cost.map(|(before, after)| after.micros_a_reply(&before, outcome.replies));
    let memory = cost.map(|(_, after)| after.memory);
    if cli.json {
        let figures = json!({
            "connections": connections,
            "replies_per_second": outcome.rate(),
            "p50_us": micros(50.0), "p99_us": micros(99.0), "p999_us": micros(99.9),
            "connecting_s": outcome.connecting.as_secs_f64(),
            "slowest_connect_ms": outcome.slowest_connect.as_secs_f64() * 1e3,
            "server_cpu_us_per_reply": processor,
            "server_memory_bytes": memory,
        });
        println!("{figures}");
        return;
    }
    println!(
        "{connections} connections (made in {:.2}s, the slowest in {:.1}ms): {:.0} replies a second, \
         all of them right; latency p50 {:.0}us, p99 {:.0}us, p99.9 {:.0}us",
        outcome.connecting.as_secs_f64(),
        outcome.slowest_connect.as_secs_f64() * 1e3,
        outcome.rate(),
        micros(50.0),
        micros(99.0),
        micros(99.9)
    );
    if let (Some(processor), Some(memory)) = (processor, memory) {
        println!(
            "  the server used {processor:.2}us of processor time a reply, and holds {} KiB",
            memory / 1024
        );
    }
}
