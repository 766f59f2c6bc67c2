//! The client's command line.

#![forbid(unsafe_code)]

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    process::{self, ExitCode},
    time::Duration,
};

use clap::{CommandFactory as _, Parser, error::ErrorKind};
use client::{
    connect::connect,
    ending::Ending,
    liveness::HeartbeatRule,
    report::Report,
    session::{AtInputEnd, Session},
};
use common::{
    args::{self, DetectArgs},
    console::{self, Seconds, Verbosity},
    detect::Detect,
};
use tracing::{debug, error, info, warn};

/// Sends lines to an echo server, keeps the connection alive while nothing is typed, and
/// notices when the server is gone.
///
/// Lines from stdin go out; their echoes come to stdout, byte for byte; everything else
/// is said on stderr. When nothing has come from the server for --idle, a heartbeat is
/// sent, and up to --retries more, one every --retry-interval. Any byte from the server
/// starts over. When all go unanswered, the server is dead.
#[derive(Parser)]
#[command(
    version,
    after_help = "A dead server is noticed idle + (retries + 1) x retry-interval after its last byte:\n\
        55s by default, just inside the server's 60s.\n\n\
        Exit codes:\n  \
          0    everything was sent and answered, or the reader of stdout has gone\n  \
          1    could not connect, or an I/O error\n  \
          2    usage\n  \
          3    the server closed the connection\n  \
          4    the heartbeats went unanswered\n  \
          5    the kernel declared the connection dead\n  \
          130  interrupted (Ctrl-C, SIGTERM or SIGHUP)"
)]
struct Cli {
    /// The server; of a host name, each address is tried
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:5005", value_parser = args::checked(args::host_and_port))]
    server: String,

    /// Send a heartbeat when nothing has come from the server for this long
    #[arg(long, value_name = "DURATION", default_value = "25s", value_parser = args::checked(args::duration))]
    idle: Duration,

    /// Wait this long for an answer before the next heartbeat
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = args::checked(args::duration))]
    retry_interval: Duration,

    /// Heartbeats after the first before giving up
    #[arg(long, value_name = "N", default_value = "5", value_parser = args::checked(args::number))]
    retries: u32,

    /// After stdin's end keep the connection and its heartbeats until Ctrl-C
    #[arg(long)]
    stay: bool,

    #[command(flatten)]
    detect: DetectArgs,

    #[command(flatten)]
    verbosity: Verbosity,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let detect = cli.detect.detect().unwrap_or_else(|message| {
        Cli::command().error(ErrorKind::ArgumentConflict, message).exit()
    });
    match run(&cli, detect) {
        Ok(ending) => ending.exit_code().into(),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli, detect: Detect) -> Result<Ending, Box<dyn Error>> {
    let _log = console::start_log(cli.verbosity)?;
    let rule = HeartbeatRule::new(cli.idle, cli.retries, cli.retry_interval)?;
    let at_input_end = if cli.stay { AtInputEnd::Stay } else { AtInputEnd::Finish };

    let (stream, address) = connect(&cli.server)?;
    let session = Session::new(stream);
    let end = session.end();
    ctrlc::set_handler(move || {
        // What ended it before may still wait for an output that takes nothing. The log's
        // last lines may be lost by that, as with any second Ctrl-C.
        if !end.signal(Ending::Interrupted) {
            process::exit(Ending::Interrupted.exit_code().into());
        }
    })?;

    if let Some(keepalive) = detect.keepalive() {
        let held = keepalive.apply(session.stream())?;
        info!("{held}");
    }
    if let Some(warning) = args::warning(detect) {
        warn!("{warning}");
    }
    let hint = if io::stdin().is_terminal() { "; type a line, Ctrl-D ends" } else { "" };
    info!("connected to {address}{hint}");
    debug!("a dead server will be noticed after {}", Seconds(rule.detection_time()));
    let rule = detect.by_heartbeat().then_some(rule);
    let report = session.run(rule, at_input_end, io::stdin(), io::stdout())?;
    say(&report);
    Ok(report.ending)
}

fn say(report: &Report) {
    if matches!(report.ending, Ending::OutputClosed) {
        return; // as `yes | head -1` ends
    }
    info!("{report}");
    match report.ending.exit_code() {
        0 | 130 => info!("{}", report.last_line()),
        _ => error!("{}", report.last_line()),
    }
}
