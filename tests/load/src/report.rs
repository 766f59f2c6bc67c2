//! What the load program prints.

use std::io;

use load::{load::Measurement, output::say};
#[cfg(target_os = "linux")]
use load::{
    progress,
    soak::{Findings, Soak},
};
use serde_json::json;

pub(crate) fn measurement(
    connections: usize,
    measured: &Measurement,
    as_json: bool,
) -> io::Result<()> {
    let [p50, p99, p999] = [50.0, 99.0, 99.9].map(|percent| measured.micros(percent));
    let (cpu, memory) = (measured.cpu_micros(), measured.memory());
    let (connecting, slowest) =
        (measured.connecting.as_secs_f64(), measured.slowest_connect.as_secs_f64() * 1e3);
    if as_json {
        let figures = json!({
            "connections": connections,
            "replies_per_second": measured.rate(),
            "p50_us": p50, "p99_us": p99, "p999_us": p999,
            "connecting_s": connecting,
            "slowest_connect_ms": slowest,
            "server_cpu_us_per_reply": cpu,
            "server_memory_bytes": memory,
        });
        return say(format_args!("{figures}"));
    }
    say(format_args!(
        "{connections} connections (made in {connecting:.2}s, the slowest in {slowest:.1}ms): {:.0} \
         replies per second, all of them right; latency p50 {p50:.0}us, p99 {p99:.0}us, p99.9 \
         {p999:.0}us",
        measured.rate()
    ))?;
    if let (Some(cpu), Some(memory)) = (cpu, memory) {
        let kib = memory / 1024;
        say(format_args!(
            "  the server used {cpu:.2}us of CPU time per reply, and holds {kib} KiB"
        ))?;
    }
    Ok(())
}

#[cfg(target_os = "linux")]
pub(crate) fn soak(soak: Soak) -> io::Result<()> {
    say(format_args!(
        "{} clients at a time; to repeat their choices: --seed {}",
        soak.clients, soak.seed
    ))?;
    let Findings { account, size, memory, stopped } =
        soak.run(|account| progress(&format!("{account} ")))?;
    progress("\n");
    say(format_args!("clients: {account}; no reply lost, doubled or wrong"))?;
    say(format_args!("server:  {}", stopped.message()))?;
    let (before, after) = (memory.0 / 1024, memory.1 / 1024);
    say(format_args!(
        "at the start and at the end: {} threads and {} descriptors; {before} KiB of memory, then \
         {after} KiB",
        size.threads, size.descriptors
    ))
}
