//! Our server beside the limit of its shape and beside another shape, in alternating runs.

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    process::Command,
};

use serde_json::json;

use super::{
    Plan,
    process::{self, Started},
    run,
};
use tests::binaries::{self, binary};

/// What one run measured.
#[derive(Debug, Clone, Copy)]
struct Figures {
    rate: f64,
    /// Microseconds of processor time a reply.
    processor: f64,
    /// Microseconds.
    p50: f64,
    p99: f64,
}

/// Prints the ratios of `pairs` alternating pairs of runs, as the plan says: our server to
/// the bare loop, saturated; to a tokio server, saturated; and at a tenth and a half of what
/// saturated it.
///
/// # Errors
/// When a server cannot be built, started or loaded.
pub fn compare(plan: Plan, pairs: usize, as_json: bool) -> Result<(), Box<dyn Error>> {
    let connections = plan.connections;
    let ours = || {
        let mut command = Command::new(binary("server"));
        command.args(["-q", "--listen", "127.0.0.1:0", "--max-connections", "12000"]);
        command
    };
    let peers = [("limit", binaries::peer("limit")), ("tokio", binaries::peer("tokio_echo"))];
    if !as_json {
        println!(
            "| connections | load | beside | replies a second, ours / theirs = ratio | processor time \
             a reply in us, ours / theirs = ratio | p50 in us | p99 in us |"
        );
        println!("| --- | --- | --- | --- | --- | --- | --- |");
    }
    let mut saturation = 0.0;
    for (name, peer) in &peers {
        let theirs = || Command::new(peer);
        let runs = alternate(plan, pairs, &ours, &theirs)?;
        print(connections, "saturated", name, &runs, as_json);
        saturation = median(runs.iter().map(|(ours, _)| ours.rate));
    }
    for (share, fraction) in [("a tenth of that", 0.1), ("half of that", 0.5)] {
        let plan = Plan { rate: Some(saturation * fraction), ..plan };
        let theirs = || Command::new(&peers[1].1);
        let runs = alternate(plan, pairs, &ours, &theirs)?;
        print(connections, share, peers[1].0, &runs, as_json);
    }
    Ok(())
}

/// Pairs of runs; which of the two comes first alternates, too.
fn alternate(
    plan: Plan,
    pairs: usize,
    ours: &dyn Fn() -> Command,
    theirs: &dyn Fn() -> Command,
) -> Result<Vec<(Figures, Figures)>, Box<dyn Error>> {
    let mut runs = Vec::new();
    for pair in 0..pairs {
        if io::stderr().is_terminal() {
            let _ =
                write!(io::stderr(), "\r{} connections: pair {pair} of {pairs} ", plan.connections);
        }
        runs.push(if pair % 2 == 0 {
            let first = measure(plan, ours())?;
            (first, measure(plan, theirs())?)
        } else {
            let first = measure(plan, theirs())?;
            (measure(plan, ours())?, first)
        });
    }
    if io::stderr().is_terminal() {
        let _ = write!(io::stderr(), "\r");
    }
    Ok(runs)
}

fn measure(plan: Plan, mut command: Command) -> Result<Figures, Box<dyn Error>> {
    let server = Started::start(&mut command)?;
    let (address, pid) = (server.address, server.pid());
    let mut before = None;
    let outcome = run(address, plan, |_| (), || before = process::cost(pid).ok())?;
    let after = process::cost(pid)?;
    let before = before.ok_or("the server was there before")?;
    let micros = |percent| outcome.percentile(percent).as_secs_f64() * 1e6;
    Ok(Figures {
        rate: outcome.rate(),
        processor: after.micros_a_reply(&before, outcome.replies),
        p50: micros(50.0),
        p99: micros(99.0),
    })
}

fn print(connections: usize, load: &str, peer: &str, runs: &[(Figures, Figures)], as_json: bool) {
    let both = |figure: fn(&Figures) -> f64| {
        let ours = median(runs.iter().map(|(ours, _)| figure(ours)));
        let theirs = median(runs.iter().map(|(_, theirs)| figure(theirs)));
        let ratio = median(runs.iter().map(|(ours, theirs)| figure(ours) / figure(theirs)));
        (ours, theirs, ratio)
    };
    let (rate, processor) = (both(|run| run.rate), both(|run| run.processor));
    let (p50, p99) = (both(|run| run.p50), both(|run| run.p99));
    if as_json {
        let figures = json!({
            "connections": connections, "load": load, "peer": peer, "pairs": runs.len(),
            "replies_per_second": rate, "cpu_us_per_reply": processor, "p50_us": p50, "p99_us": p99,
        });
        println!("{figures}");
        return;
    }
    println!(
        "| {connections} | {load} | {peer} | {:.0} / {:.0} = **{:.2}** | {:.2} / {:.2} = **{:.2}** \
         | {:.0} / {:.0} | {:.0} / {:.0} |",
        rate.0, rate.1, rate.2, processor.0, processor.1, processor.2, p50.0, p50.1, p99.0, p99.1
    );
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
