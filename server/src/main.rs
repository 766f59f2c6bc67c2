//! The server's command line.

#![forbid(unsafe_code)]

use std::{error::Error, io::Write as _, process::ExitCode, time::Duration};

use clap::{CommandFactory as _, Parser, error::ErrorKind};
use common::{
    args::{self, DetectArgs},
    console::{self, ALWAYS, Count, Verbosity},
};
use server::{config::Config, listen::listen, room, server::Server};
use tracing::{info, warn};

/// An echo server that evicts the clients that fall silent.
///
/// It sends each line back in capitals and answers each heartbeat (`HeartBeat`) with
/// `OK`. A client from which nothing has come for --timeout is evicted.
#[derive(Parser)]
#[command(
    version,
    after_help = "Ctrl-C stops it: it closes every connection and prints what it did.\n\
        Exit codes: 0 stopped, 1 could not listen, 2 usage.\n\n\
        Try it: run `server` in one terminal and `client` in another."
)]
struct Cli {
    /// Where to listen; 0.0.0.0:5005 or [::]:5005 opens it to the network, port 0 picks a free port
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005", value_parser = args::checked(args::host_and_port))]
    listen: String,

    /// Evict a client from which nothing has come for this long
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = args::checked(args::duration))]
    timeout: Duration,

    /// Ask a client that has been silent for this long for a sign of life; shorter than --timeout
    #[arg(long, value_name = "DURATION", value_parser = args::checked(args::duration))]
    probe: Option<Duration>,

    /// Close new connections at once while this many are held
    #[arg(long, value_name = "N", default_value = "5000", value_parser = args::checked(args::positive))]
    max_connections: u32,

    #[command(flatten)]
    detect: DetectArgs,

    #[command(flatten)]
    verbosity: Verbosity,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let config = configure(&cli).unwrap_or_else(|message| {
        Cli::command().error(ErrorKind::ArgumentConflict, message).exit()
    });
    match run(&cli, config) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn configure(cli: &Cli) -> Result<Config, String> {
    let wanted = usize::try_from(cli.max_connections).unwrap_or(usize::MAX);
    let max_connections = wanted.min(room::for_connections());
    Config::new(cli.timeout, cli.probe, max_connections, cli.detect.detect()?)
        .map_err(|error| error.to_string())
}

fn run(cli: &Cli, config: Config) -> Result<(), Box<dyn Error>> {
    let _log = console::start_log(cli.verbosity)?;
    if config.max_connections() == 0 {
        return Err(
            "no room for a single connection: raise the limit of open files (ulimit -n)".into()
        );
    }
    let listener = listen(&cli.listen)?;
    let address = listener.local_addr()?;
    let server = Server::new(listener, config);
    let stopper = server.stopper();
    ctrlc::set_handler(move || stopper.stop())?;

    let held = config.max_connections();
    if u32::try_from(held).is_ok_and(|held| held < cli.max_connections) {
        let room = Count(u64::try_from(held)?, "connection");
        warn!(
            "this process has room for {room}, not for {} (--max-connections)",
            cli.max_connections
        );
    }
    if let Some(warning) = args::warning(config.detect()) {
        warn!("{warning}");
    }
    info!(target: ALWAYS, "listening on {address}");
    let totals = server.run()?;
    info!("stopped; {totals}");
    Ok(())
}
