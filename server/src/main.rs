//! The server's command line.

#![forbid(unsafe_code)]

use std::{io::Write as _, process::ExitCode, time::Duration};

use clap::Parser;
use common::{
    args,
    console::{self, ALWAYS, Verbosity},
};
use server::{
    listen::listen,
    server::{Config, Server},
};
use tracing::info;

/// An echo server that drops the clients that fall silent.
///
/// It sends each line back in capitals and answers each heartbeat (`HeartBeat`) with
/// `OK`. A client from which nothing has come for --timeout is dropped.
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

    /// Drop a client from which nothing has come for this long
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = args::checked(args::duration))]
    timeout: Duration,

    /// Close new connections at once while this many are held
    #[arg(long, value_name = "N", default_value = "5000", value_parser = args::checked(args::positive))]
    max_connections: u32,

    #[command(flatten)]
    verbosity: Verbosity,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    console::start_log(cli.verbosity);
    match run(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), Box<dyn std::error::Error>> {
    let listener = listen(&cli.listen)?;
    let address = listener.local_addr()?;
    let max_connections = usize::try_from(cli.max_connections)?;
    let server = Server::new(listener, Config { timeout: cli.timeout, max_connections });

    let stopper = server.stopper()?;
    ctrlc::set_handler(move || stopper.stop())?;
    info!(target: ALWAYS, "listening on {address}");
    let totals = server.run()?;
    info!("stopped; {totals}");
    Ok(())
}
