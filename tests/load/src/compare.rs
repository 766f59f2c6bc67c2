//! Our server beside other servers, in alternating runs: one with the same threads and nothing
//! else, and one on an async runtime.

use std::{io, process::Command};

use serde_json::json;
use tests::{
    binaries::{Server, build},
    tied::tied_to_us,
};

use crate::{load::Load, median, output::say, progress, server_command};

/// What one run measured: replies per second, CPU time per reply, and the 50th and the 99th
/// percentile of the latency. The times are in microseconds.
type Figures = [f64; 4];

type Pair = (Figures, Figures);

/// Prints the ratios of `pairs` alternating pairs of runs: our server to the bare loop and to a
/// tokio server, each saturated; then to the tokio server at a tenth and at half of the rate that
/// saturated ours.
pub fn compare(load: Load, pairs: usize, as_json: bool) -> io::Result<()> {
    let build = |name| build("load", name, &["peers"]);
    let (limit, tokio) = (build("limit")?, build("tokio_echo")?);
    if !as_json {
        say(format_args!(
            "| connections | load | beside | replies per second, ours / theirs = ratio | CPU time \
             per reply in us, ours / theirs = ratio | p50 in us | p99 in us |"
        ))?;
        say(format_args!("| --- | --- | --- | --- | --- | --- | --- |"))?;
    }
    let mut saturation = 0.0;
    for (name, peer) in [("limit", &limit), ("tokio", &tokio)] {
        let runs = alternate(load, pairs, || tied_to_us(&Command::new(peer)))?;
        print(load.connections, "saturated", name, &runs, as_json)?;
        saturation = median(runs.iter().map(|(ours, _)| ours[0]));
    }
    for (share, fraction) in [("a tenth of that", 0.1), ("half of that", 0.5)] {
        let load = Load { rate: Some(saturation * fraction), ..load };
        let runs = alternate(load, pairs, || tied_to_us(&Command::new(&tokio)))?;
        print(load.connections, share, "tokio", &runs, as_json)?;
    }
    Ok(())
}

/// Runs both servers in pairs. Which of the two is loaded first alternates.
fn alternate(load: Load, pairs: usize, theirs: impl Fn() -> Command) -> io::Result<Vec<Pair>> {
    let mut runs = Vec::new();
    for pair in 0..pairs {
        progress(&format!("{} connections: pair {pair} of {pairs} ", load.connections));
        runs.push(if pair % 2 == 0 {
            let ours = measure(load, &mut server_command()?)?;
            (ours, measure(load, &mut theirs())?)
        } else {
            let theirs = measure(load, &mut theirs())?;
            (measure(load, &mut server_command()?)?, theirs)
        });
    }
    progress("");
    Ok(runs)
}

fn measure(load: Load, command: &mut Command) -> io::Result<Figures> {
    let server = Server::from_command(command)?;
    let measured = load.run(&server.address, Some(server.program.pid()), |_| ())?;
    let cpu = measured.cpu_micros().unwrap_or(f64::NAN);
    Ok([measured.rate(), cpu, measured.micros(50.0), measured.micros(99.0)])
}

fn print(
    connections: usize,
    load: &str,
    peer: &str,
    runs: &[Pair],
    as_json: bool,
) -> io::Result<()> {
    let [rate, cpu, p50, p99] = [0, 1, 2, 3].map(|figure| {
        let ours = median(runs.iter().map(|(ours, _)| ours[figure]));
        let theirs = median(runs.iter().map(|(_, theirs)| theirs[figure]));
        let ratio = median(runs.iter().map(|(ours, theirs)| ours[figure] / theirs[figure]));
        (ours, theirs, ratio)
    });
    if as_json {
        let figures = json!({
            "connections": connections, "load": load, "peer": peer, "pairs": runs.len(),
            "replies_per_second": rate, "cpu_us_per_reply": cpu, "p50_us": p50, "p99_us": p99,
        });
        return say(format_args!("{figures}"));
    }
    say(format_args!(
        "| {connections} | {load} | {peer} | {:.0} / {:.0} = **{:.2}** | {:.2} / {:.2} = **{:.2}** \
         | {:.0} / {:.0} | {:.0} / {:.0} |",
        rate.0, rate.1, rate.2, cpu.0, cpu.1, cpu.2, p50.0, p50.1, p99.0, p99.1
    ))
}
