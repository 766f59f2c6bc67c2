//! Our server beside other servers, in alternating runs.

use std::io;

use serde_json::json;

use crate::{
    load::Load,
    median,
    output::say,
    progress,
    servers::{Figures, Kind, Servers},
};

type Pair = (Figures, Figures);

/// Prints the ratios of `pairs` alternating pairs of runs: our server to the bare loop and to a
/// tokio server, each saturated; then to the tokio server at a tenth and at half of the rate that
/// saturated ours.
pub fn compare(load: Load, pairs: usize, as_json: bool) -> io::Result<()> {
    let servers = Servers::build()?;
    if !as_json {
        say(format_args!(
            "| connections | load | beside | replies per second, ours / theirs = ratio | CPU time \
             per reply in us, ours / theirs = ratio | p50 in us | p99 in us |"
        ))?;
        say(format_args!("| --- | --- | --- | --- | --- | --- | --- |"))?;
    }
    let mut saturation = 0.0;
    for (name, peer) in [("limit", Kind::BareLoop), ("tokio", Kind::Tokio)] {
        let runs = alternate(&servers, peer, load, pairs)?;
        print(load.connections, "saturated", name, &runs, as_json)?;
        saturation = median(runs.iter().map(|(ours, _)| ours[0]));
    }
    for (share, fraction) in [("a tenth of that", 0.1), ("half of that", 0.5)] {
        let load = Load { rate: Some(saturation * fraction), ..load };
        let runs = alternate(&servers, Kind::Tokio, load, pairs)?;
        print(load.connections, share, "tokio", &runs, as_json)?;
    }
    Ok(())
}

/// Runs our server and the other one in pairs. Which of the two is loaded first alternates.
fn alternate(servers: &Servers, other: Kind, load: Load, pairs: usize) -> io::Result<Vec<Pair>> {
    let mut runs = Vec::new();
    for pair in 0..pairs {
        progress(&format!("{} connections: pair {pair} of {pairs} ", load.connections));
        runs.push(if pair % 2 == 0 {
            let ours = servers.measure(Kind::Ours, load)?;
            (ours, servers.measure(other, load)?)
        } else {
            let theirs = servers.measure(other, load)?;
            (servers.measure(Kind::Ours, load)?, theirs)
        });
    }
    progress("");
    Ok(runs)
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
