//! The server's command line.

#![forbid(unsafe_code)]

use std::{
    error::Error,
    process::{self, ExitCode},
    sync::{Arc, OnceLock},
};

use clap::{ArgAction, Parser};
use common::{
    args,
    detect::Detect,
    log::{Log, LogArgs},
    period::Period,
    start::{keep_ignored_signals, on_interrupt},
    targets::ALWAYS,
    words::Count,
};
use server::{
    limits,
    listen::listen,
    server::{Config, Server},
    stopper::{Stop, Stopper},
};
use tracing::{info, warn};

/// An echo server that evicts clients that fall silent.
///
/// It sends each line back in capitals and answers each heartbeat (`HeartBeat`) with
/// `OK`. A client that has sent nothing, and taken none of its waiting replies, for --timeout is
/// evicted.
#[derive(Parser)]
#[command(
    version,
    after_help = "Ctrl-C stops it: it closes every connection and prints what it did.\n\
        Exit codes: 0 stopped, 1 could not listen, or could not go on, 2 usage.\n\n\
        Try it: run `server` in one terminal and `client` in another. Then hang the server with \
        `kill -STOP PID` (its first line says the PID), and wake it with `kill -CONT PID`."
)]
struct Cli {
    /// Where to listen: all addresses of the host. 0.0.0.0:5005 or [::]:5005 opens it to the network, port 0 picks a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005", value_parser = args::host_and_port)]
    listen: String,

    /// Evict a client that has sent nothing and taken nothing for this long
    #[arg(long, value_name = "DURATION", default_value_t = Config::TIMEOUT)]
    timeout: Period,

    /// Send a probe to a client that has been silent for this long; shorter than --timeout [default: no probe]
    #[arg(long, value_name = "DURATION")]
    probe: Option<Period>,

    /// Hold at most this many connections, and close further ones at once
    #[arg(long, value_name = "N", default_value_t = Config::MAX_CONNECTIONS, value_parser = args::at_least_one)]
    max_connections: usize,

    #[command(flatten)]
    detect: Detect,

    /// Also log the text that passes; twice (-vv): also each move of the timeout queue
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,

    #[command(flatten)]
    log: LogArgs,
}

fn main() -> ExitCode {
    keep_ignored_signals();
    let cli: Cli = args::parse();
    let config = configure(&cli).unwrap_or_else(|message| args::refuse::<Cli>(message));
    cli.log.run(cli.verbose, |log| run(&cli, config, log))
}

fn configure(cli: &Cli) -> Result<Config, String> {
    let Cli { timeout, probe, detect, .. } = *cli;
    if probe.is_some_and(|probe| probe >= timeout) {
        return Err("--probe must be shorter than --timeout".to_owned());
    }
    if probe.is_some() && !detect.uses_heartbeat() {
        return Err(
            "--probe needs the heartbeat's timeout: --detect heartbeat or --detect both".to_owned()
        );
    }
    let max_connections = cli.max_connections.min(limits::room());
    Ok(Config { timeout, probe, max_connections, detect })
}

fn run(cli: &Cli, config: Config, log: &Log) -> Result<ExitCode, Box<dyn Error>> {
    let room = config.max_connections;
    if room == 0 {
        return Err(
            "no room for a single connection: raise the limits of open files (ulimit -n) and of \
             memory (ulimit -v)"
                .into(),
        );
    }
    let running = Arc::new(OnceLock::<Arc<Stopper>>::new());
    on_interrupt({
        let running = Arc::clone(&running);
        move || match running.get() {
            Some(stopper) => stopper.stop(),
            None => process::exit(0), // a name is being looked up, which nothing else ends
        }
    })?;
    let listeners = listen(&cli.listen)?;
    let addresses = listeners.addresses().to_vec();
    let (server, stopper) = Server::new(listeners, config);
    let _ = running.set(stopper); // nobody else sets it

    let wanted = cli.max_connections;
    if room < wanted {
        warn!(
            event = "limited",
            room,
            wanted,
            "this process has room for {}, not for {wanted} (--max-connections)",
            Count(room as u64, "connection")
        );
    }
    if let Some(warning) = config.detect.warning() {
        warn!(event = "no_user_timeout", "{warning}");
    }
    let pid = process::id();
    for address in addresses {
        info!(target: ALWAYS, event = "listening", %address, pid, "listening on {address} (pid {pid})");
    }
    let (totals, stop) = server.run()?;
    log.make_room();
    totals.log();
    Ok(match stop {
        Stop::Asked => ExitCode::SUCCESS,
        Stop::Failed => ExitCode::FAILURE,
    })
}
